#include "store/audit_proof.h"

#include "tests/auditing.h"

struct found {
	unsigned count[AUDIT_FAULTS];
	unsigned all;
	uint64_t first;
};

static void on_fault(void *context, enum audit_fault fault, uint64_t seq)
{
	struct found *found = context;

	found->count[fault]++;
	if (!found->all++)
		found->first = seq;
}

static struct audit_proof prove(const struct auditing *auditing, const struct recipient *host,
				struct found *ret)
{
	char path[256];
	struct audit_proof proof = {0};
	CLEANUP_CLOSE int directory = -1;

	auditing_path(auditing, 0, path);
	*strrchr(path, '/') = '\0';
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(directory, 0);
	*ret = (struct found){.all = 0};
	cr_assert_eq(audit_prove(&(struct audit_proving){directory, org_id(auditing->org), host},
				 on_fault, ret, &proof),
		     0);
	cr_assert_eq(proof.faults, ret->all);
	return proof;
}

Test(audit_proof, a_log_is_proven_up_to_its_last_signature)
{
	AUDITING auditing = auditing_new(1 << 20);
	struct audit_proof proof;
	struct found found;

	auditing_fill(&auditing, 0, 500);
	auditing_sign(&auditing);
	auditing_fill(&auditing, 500, 7);
	cr_assert_gt(auditing_segments(&auditing), 1);
	proof = prove(&auditing, auditing.host, &found);
	cr_assert_eq(found.all, 0);
	cr_assert_eq(proof.first, 1);
	cr_assert_eq(proof.last, 507);
	cr_assert_eq(proof.records, 507);
	cr_assert_eq(proof.proven, 500);
	cr_assert_eq(proof.proven_time, 500);
	cr_assert_eq(proof.torn, 0);
}

Test(audit_proof, a_segment_that_is_done_with_vouches_for_itself)
{
	AUDITING auditing = auditing_new(1 << 20);
	struct audit_proof proof;
	struct found found;
	char path[256];

	auditing_fill(&auditing, 0, 200);
	cr_assert_eq(auditing_segments(&auditing), 2);
	auditing_path(&auditing, 1, path);
	cr_assert_eq(unlink(path), 0);
	proof = prove(&auditing, auditing.host, &found);
	cr_assert_eq(found.all, 0);
	cr_assert_gt(proof.proven, 0);
	cr_assert_eq(proof.proven, proof.last);
}

Test(audit_proof, what_was_archived_is_no_fault)
{
	AUDITING auditing = auditing_new(1 << 20);
	struct audit_proof proof;
	struct found found;
	char path[256];

	auditing_fill(&auditing, 0, 500);
	auditing_sign(&auditing);
	auditing_path(&auditing, 0, path);
	cr_assert_eq(unlink(path), 0);
	proof = prove(&auditing, auditing.host, &found);
	cr_assert_eq(found.all, 0);
	cr_assert_gt(proof.first, 1);
	cr_assert_eq(proof.proven, 500);
}

Test(audit_proof, a_segment_missing_in_between_is_found)
{
	AUDITING auditing = auditing_new(1 << 20);
	struct audit_proof proof;
	struct found found;
	char path[256];

	auditing_fill(&auditing, 0, 1000);
	auditing_sign(&auditing);
	cr_assert_gt(auditing_segments(&auditing), 3);
	auditing_path(&auditing, 1, path);
	cr_assert_eq(unlink(path), 0);
	proof = prove(&auditing, auditing.host, &found);
	cr_assert_eq(found.count[AUDIT_FAULT_MISSING], 1);
	cr_assert_gt(proof.proven, 0);
	cr_assert_lt(proof.proven, found.first, "nothing is proven beyond a gap");
	cr_assert_eq(proof.last, 1000);
}

Test(audit_proof, another_host_has_signed_nothing_here)
{
	AUDITING auditing = auditing_new(1 << 20);
	CLEANUP(recipient_freep) struct recipient *other = NULL;
	struct audit_proof proof;
	struct found found;

	cr_assert_eq(recipient_generate(auditing.pool, &other), 0);
	auditing_fill(&auditing, 0, 5);
	auditing_sign(&auditing);
	proof = prove(&auditing, other, &found);
	cr_assert_eq(found.count[AUDIT_FAULT_HEADER], 1);
	cr_assert_eq(found.count[AUDIT_FAULT_KEY], 1);
	cr_assert_eq(found.count[AUDIT_FAULT_SIGNATURE], 1);
	cr_assert_eq(proof.proven, 0);
}

/* What whoever can write the files may do to ten records and the head that vouches for them. */
struct attack {
	const char *name;
	void (*make)(struct bytes *file);
	enum audit_fault fault;
	uint64_t seq; /* that it is found at */
	uint64_t proven;
};

static void cut(struct bytes *file, size_t at, size_t size)
{
	memmove(file->at + at, file->at + at + size, file->size - at - size);
	file->size -= size;
}

static size_t frame_size(const struct bytes *file, unsigned index)
{
	return auditing_frame(file, index + 1) - auditing_frame(file, index);
}

static void remove_record(struct bytes *file)
{
	cut(file, auditing_frame(file, 4), frame_size(file, 4));
}

static void remove_first(struct bytes *file)
{
	cut(file, auditing_frame(file, 0), frame_size(file, 0));
}

static void remove_last(struct bytes *file)
{
	cut(file, auditing_frame(file, 9), frame_size(file, 9));
}

static void swap_records(struct bytes *file)
{
	const size_t at = auditing_frame(file, 4), first = frame_size(file, 4),
		     second = frame_size(file, 5);
	uint8_t copy[AUDIT_FRAME_MAX];

	memcpy(copy, file->at + at, first);
	memmove(file->at + at, file->at + at + first, second);
	memcpy(file->at + at + second, copy, first);
}

static void alter_sealed(struct bytes *file)
{
	file->at[auditing_frame(file, 4) + 100] ^= 1;
}

static void alter_time(struct bytes *file)
{
	file->at[auditing_frame(file, 4) + 4 + 1 + ID_SIZE + 8 + DIGEST_SIZE] ^= 1;
}

static void alter_size(struct bytes *file)
{
	file->at[auditing_frame(file, 4)] ^= 0x21;
}

static void alter_signature(struct bytes *file)
{
	file->at[auditing_frame(file, 10) + AUDIT_HEAD_SIZE - 1] ^= 1;
}

static void alter_key(struct bytes *file)
{
	memset(file->at + AUDIT_HEADER_SIZE + 16, 7, AUDIT_WRAP_SIZE - 16);
}

static void alter_header(struct bytes *file)
{
	file->at[20] ^= 1;
}

static void repeat_record(struct bytes *file)
{
	const size_t at = auditing_frame(file, 4), size = frame_size(file, 4);

	file->at = realloc(file->at, file->size + size);
	memmove(file->at + at + size, file->at + at, file->size - at);
	file->size += size;
}

static const struct attack attacks[] = {
	{"a record removed", remove_record, AUDIT_FAULT_MISSING, 6, 0},
	{"the first record removed", remove_first, AUDIT_FAULT_MISSING, 2, 0},
	{"the last record removed", remove_last, AUDIT_FAULT_SIGNATURE, 10, 0},
	{"two records swapped", swap_records, AUDIT_FAULT_MISSING, 6, 0},
	{"a record twice", repeat_record, AUDIT_FAULT_CHAIN, 5, 0},
	{"sealed bytes altered", alter_sealed, AUDIT_FAULT_ALTERED, 5, 0},
	{"a time altered", alter_time, AUDIT_FAULT_ALTERED, 5, 0},
	{"a size altered", alter_size, AUDIT_FAULT_BYTES, 5, 0},
	{"a signature altered", alter_signature, AUDIT_FAULT_SIGNATURE, 10, 0},
	{"the key altered", alter_key, AUDIT_FAULT_KEY, 1, 0},
	{"the header altered", alter_header, AUDIT_FAULT_HEADER, 1, 0},
};

Test(audit_proof, every_attack_is_found_where_it_was_made)
{
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		AUDITING auditing = auditing_new(1 << 20);
		struct audit_proof proof;
		struct found found;
		char path[256];

		auditing_fill(&auditing, 0, 10);
		auditing_sign(&auditing);
		auditing_path(&auditing, 0, path);
		{
			BYTES file = file_read(path, "");

			attacks[i].make(&file);
			file_write(path, file.at, file.size);
		}
		proof = prove(&auditing, auditing.host, &found);
		cr_expect_gt(found.count[attacks[i].fault], 0, "%s", attacks[i].name);
		cr_expect_eq(found.first, attacks[i].seq, "%s: at %llu", attacks[i].name,
			     (unsigned long long)found.first);
		cr_expect_eq(proof.proven, attacks[i].proven, "%s: proven to %llu", attacks[i].name,
			     (unsigned long long)proof.proven);
	}
}

Test(audit_proof, every_single_bit_counts)
{
	AUDITING auditing = auditing_new(1 << 20);
	char path[256];

	auditing_fill(&auditing, 0, 3);
	auditing_sign(&auditing);
	auditing_path(&auditing, 0, path);
	{
		BYTES file = file_read(path, "");

		for (size_t at = 0; at < file.size; at++) {
			const bool of_epoch = at >= AUDIT_HEADER_SIZE + 16 + 80 &&
					      at < AUDIT_FRAMES_AT;
			const bool of_wrap_name = at >= AUDIT_HEADER_SIZE &&
						  at < AUDIT_HEADER_SIZE + 16;
			struct audit_proof proof;
			struct found found;

			/* The wraps are no part of the chain; the host's own opens all the same. */
			if (of_epoch || of_wrap_name)
				continue;
			file.at[at] ^= (uint8_t)(1 << at % 8);
			file_write(path, file.at, file.size);
			proof = prove(&auditing, auditing.host, &found);
			/* A head that is none any more looks unfinished: then it vouches for
			 * nothing. */
			cr_expect(found.all > 0 || (proof.torn && proof.proven == 0), "byte %zu",
				  at);
			file.at[at] ^= (uint8_t)(1 << at % 8);
		}
	}
}

Test(audit_proof, a_record_forged_with_the_key_of_the_segment_is_not_vouched_for)
{
	AUDITING auditing = auditing_new(1 << 20);
	CLEANUP(audit_segment_done) struct audit_segment segment = {0};
	static const char forged[] = "{\"forged\":true}\n";
	uint8_t frame[AUDIT_FRAME_MAX], head[AUDIT_HEAD_SIZE];
	CLEANUP(recipient_freep) struct recipient *other = NULL;
	CLEANUP_CLOSE int fd = -1;
	struct audit_record record;
	struct audit_line line = {.bytes = forged, .size = sizeof(forged) - 1};
	struct audit_proof proof;
	struct found found;
	char path[256];
	size_t size = 0;

	auditing_fill(&auditing, 0, 3);
	auditing_sign(&auditing);
	line.text = audit_size(auditing.audit);
	auditing.audit = audit_close(auditing.audit);
	auditing_path(&auditing, 0, path);
	*strrchr(path, '/') = '\0';
	{
		CLEANUP_CLOSE int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		cr_assert_eq(audit_segment_open(directory, 1, O_RDWR, &segment, &fd), 0);
	}
	cr_assert_eq(audit_segment_scan(&segment, fd), 0);
	cr_assert_eq(audit_segment_unlock(&segment, fd, NULL, auditing.host), 0);
	record = (struct audit_record){
		.org = segment.header.org,
		.recipient = segment.header.recipient,
		.seq = segment.next,
		.previous = segment.head,
		.time = 9,
	};
	cr_assert_eq(audit_record_encode(&record, segment.key, &line, frame, &size), 0);
	cr_assert_eq(pwrite(fd, frame, size, (off_t)segment.end), (ssize_t)size);
	cr_assert_eq(recipient_generate(auditing.pool, &other), 0);
	audit_head_sign(&record, other, head);
	cr_assert_eq(pwrite(fd, head, sizeof(head), (off_t)(segment.end + size)),
		     (ssize_t)sizeof(head));

	proof = prove(&auditing, auditing.host, &found);
	cr_assert_eq(found.all, 1);
	cr_assert_eq(found.count[AUDIT_FAULT_SIGNATURE], 1);
	cr_assert_eq(proof.proven, 3);
	cr_assert_eq(proof.last, 4);
}

Test(audit_proof, an_unfinished_record_at_the_end_is_told_and_no_fault)
{
	AUDITING auditing = auditing_new(1 << 20);
	struct audit_proof proof;
	struct found found;
	char path[256];

	auditing_fill(&auditing, 0, 5);
	auditing_sign(&auditing);
	auditing_fill(&auditing, 5, 1);
	auditing_path(&auditing, 0, path);
	{
		BYTES file = file_read(path, "");

		file_write(path, file.at, file.size - 10);
	}
	proof = prove(&auditing, auditing.host, &found);
	cr_assert_eq(found.all, 0);
	cr_assert_eq(proof.last, 5);
	cr_assert_eq(proof.proven, 5);
	cr_assert_gt(proof.torn, 0);
}
