#include "store/audit_proof.h"

#include <fcntl.h>

#include "store/audit_numbers.h"
#include "store/audit_segment.h"

/* What was seen of each record of one segment, for the heads that name them. */
struct seen {
	struct digest digest;
	uint64_t time;
};

struct prover {
	const struct audit_proving *proving;
	audit_fault_fn *found;
	void *context;
	struct audit_proof proof;
	uint64_t next;	    /* number of the record to come; 0: any */
	struct digest head; /* what it must follow on */
	uint64_t text;	    /* where its line must begin */
	bool text_known;
	const struct audit_segment *segment;
	struct seen *seen;
	size_t seen_count;
};

static void prover_done(struct prover *prover)
{
	free(prover->seen);
}

static void fault(struct prover *prover, enum audit_fault fault, uint64_t seq)
{
	prover->proof.faults++;
	prover->found(prover->context, fault, seq);
}

static int remember(struct prover *prover, const struct audit_record *record)
{
	const size_t count = prover->seen_count;

	if ((count & (count - 1)) == 0) {
		struct seen *seen =
			reallocarray(prover->seen, count ? count * 2 : 1, sizeof(*seen));

		if (!seen)
			return -ENOMEM;
		prover->seen = seen;
	}
	prover->seen[prover->seen_count++] = (struct seen){record->digest, record->time};
	return 0;
}

/* Whether what comes stands where it must: after `prover->next - 1` and on its hash. */
static void prove_place(struct prover *prover, uint64_t seq, const struct digest *previous)
{
	if (prover->next && seq > prover->next)
		fault(prover, AUDIT_FAULT_MISSING, seq);
	else if (prover->next && (seq < prover->next || !digest_equal(previous, &prover->head)))
		fault(prover, AUDIT_FAULT_CHAIN, seq);
}

static void prove_line(struct prover *prover, const struct audit_frame *frame)
{
	uint8_t room[AUDIT_FRAME_MAX];
	struct audit_line line = {0};

	if (!prover->segment->key) {
		prover->text_known = false;
		return;
	}
	if (audit_frame_open(frame, prover->segment->key, room, &line) < 0) {
		fault(prover, AUDIT_FAULT_SEALED, frame->record.seq);
		prover->text_known = false;
		return;
	}
	if (prover->text_known && line.text != prover->text)
		fault(prover, AUDIT_FAULT_SEALED, frame->record.seq);
	prover->text = line.text + line.size;
	prover->text_known = true;
}

static int prove_record(struct prover *prover, const struct audit_frame *frame)
{
	const struct audit_record *record = &frame->record;

	prove_place(prover, record->seq, &record->previous);
	if (!audit_frame_is_whole(frame))
		fault(prover, AUDIT_FAULT_ALTERED, record->seq);
	else
		prove_line(prover, frame);
	if (!prover->proof.first)
		prover->proof.first = record->seq;
	prover->proof.last = record->seq;
	prover->proof.records++;
	prover->next = record->seq + 1;
	prover->head = record->digest;
	return remember(prover, record);
}

/* A head names a record of its segment, with the hash that it has. */
static void prove_head(struct prover *prover, const struct audit_frame *frame)
{
	const struct audit_record *record = &frame->record;
	const struct recipient_public *public = recipient_public(prover->proving->host);
	const uint64_t back = prover->next - record->seq;
	const struct seen *seen = NULL;

	if (back >= 1 && back <= prover->seen_count)
		seen = &prover->seen[prover->seen_count - back];
	if (!seen || !digest_equal(&seen->digest, &record->digest) ||
	    audit_head_verify(frame, public) < 0) {
		fault(prover, AUDIT_FAULT_SIGNATURE, record->seq);
		return;
	}
	if (prover->proof.faults == 0 && record->seq > prover->proof.proven) {
		prover->proof.proven = record->seq;
		prover->proof.proven_time = seen->time;
	}
}

static int prove_frame(void *context, const struct audit_frame *frame, uint64_t offset)
{
	struct prover *prover = context;

	(void)offset;
	if (!frame)
		fault(prover, AUDIT_FAULT_BYTES, prover->next);
	else if (frame->type == AUDIT_RECORD)
		return prove_record(prover, frame);
	else
		prove_head(prover, frame);
	return 0;
}

/* A header is a link of the chain as well. */
static void prove_header(struct prover *prover, const struct audit_header *header)
{
	if (!org_id_equal(header->org, prover->proving->org) ||
	    !recipient_id_equal(header->recipient,
				recipient_public_id(recipient_public(prover->proving->host))))
		fault(prover, AUDIT_FAULT_HEADER, header->first);
	prove_place(prover, header->first, &header->previous);
	prover->next = header->first;
	prover->head = header->digest;
	prover->text = header->text;
	prover->text_known = true;
	prover->seen_count = 0;
}

static int prove_segment(struct prover *prover, uint64_t number, bool last)
{
	CLEANUP(audit_segment_done) struct audit_segment segment = {0};
	CLEANUP_CLOSE int fd = -1;
	uint64_t end = 0;
	int r = audit_segment_open(prover->proving->directory, number, O_RDONLY, &segment, &fd);

	if (r == -ENODATA && last)
		return 0;
	if (r == -EBADMSG || r == -ENODATA) {
		fault(prover, AUDIT_FAULT_HEADER, number);
		prover->next = 0;
		return 0;
	}
	if (r < 0)
		return r;
	prove_header(prover, &segment.header);
	r = audit_segment_unlock(&segment, fd, NULL, prover->proving->host);
	if (r == -EBADMSG)
		fault(prover, AUDIT_FAULT_KEY, number);
	else if (r < 0)
		return r;
	prover->segment = &segment;
	r = audit_walk(&(struct audit_walk){fd, &segment.header, AUDIT_FRAMES_AT}, prove_frame,
		       prover, &end);
	if (r < 0 || segment.size <= end)
		return r;
	if (last)
		prover->proof.torn = segment.size - end;
	else
		fault(prover, AUDIT_FAULT_BYTES, prover->next);
	return 0;
}

int audit_prove(const struct audit_proving *proving, audit_fault_fn *found, void *context,
		struct audit_proof *ret)
{
	CLEANUP_AUDIT_NUMBERS struct audit_numbers numbers = {0};
	CLEANUP(prover_done)
	struct prover prover = {.proving = proving, .found = found, .context = context};
	int r = audit_numbers_list(proving->directory, &numbers);

	for (size_t i = 0; r == 0 && i < numbers.count; i++)
		r = prove_segment(&prover, numbers.list[i], i + 1 == numbers.count);
	if (r == 0)
		*ret = prover.proof;
	return r;
}
