#include "store/opener.h"

#include "store/rule.h"
#include "store/seal.h"
#include "store/wire.h"

/* Open a row that is the one the map speaks of; -EBADMSG when it is not. */
static int open_row(const struct opener *opener, const struct map_row *expected,
		    enum seal_domain domain, const struct engine_row *row, struct secret **ret)
{
	const struct row_ref *ref = &expected->ref;
	const struct seal_context context = {
		.org = chain_org(opener->chain),
		.id = ref->id,
		.kind = ref->kind,
		.version = ref->version,
		.epoch = ref->epoch,
	};
	const struct epoch_key *key = keyring_get(opener->keyring, ref->epoch);
	struct digest digest = row_digest(context.org, &row->ref, row->bytes, row->size);

	if (!key || !digest_equal(&digest, &expected->digest))
		return -EBADMSG;
	return seal_open(opener->pool, key, domain, &context, row->bytes, row->size, ret);
}

static int open_record(const struct opener *opener, const struct map_row *expected,
		       const struct engine_row *row, struct record *ret)
{
	CLEANUP_SECRET struct secret *plain = NULL;
	CLEANUP_RECORD struct record record = {0};
	struct relations relations;
	int r;

	r = open_row(opener, expected, SEAL_ITEM, row, &plain);
	if (r < 0)
		return r;
	r = record_decode(secret_view(plain), secret_size(plain), &record);
	if (r < 0)
		return r;
	record.id = expected->ref.id;
	record.kind = (enum record_kind)expected->ref.kind;
	record.version = expected->ref.version;
	relations = record_relations(&record);
	if (!rule_is_sound(&record) || !relations_equal(&relations, &expected->ref.relations))
		return -EBADMSG;
	*ret = record;
	record = (struct record){0};
	return 0;
}

struct indexing {
	const struct opener *opener;
	struct index *index;
};

/* Index the record, if it is one and what it must be. */
static int take_record(void *context, const struct engine_row *row)
{
	const struct indexing *indexing = context;
	const struct opener *opener = indexing->opener;
	CLEANUP_RECORD struct record record = {0};
	const struct map_row *expected;
	int r;

	expected = map_get(chain_map(opener->chain), ROW_ITEM, row->ref.id, 0);
	if (!expected)
		return 0;
	r = open_record(opener, expected, row, &record);
	if (r < 0)
		return r == -EBADMSG || r == -EPROTONOSUPPORT ? 0 : r;
	return index_put(indexing->index, &record);
}

/* What the engine could not read of its own is damage like any other. */
static int damage_or(int r)
{
	return r == -EBADMSG || r == -EIO ? 0 : r;
}

static int fetch_records(struct indexing *indexing, const struct row_ref *ref)
{
	struct engine *engine = indexing->opener->engine;

	return engine->ops->rows(engine, chain_org(indexing->opener->chain), ROW_ITEM, ref,
				 ref ? 1 : 0, take_record, indexing);
}

/* All records in one pass; a pass that a damaged page ended is followed by a look at each that is
 * still missing. */
int opener_records(const struct opener *opener, struct index *index, size_t *ret_damaged)
{
	struct indexing indexing = {.opener = opener, .index = index};
	const struct map_row *row;
	uint64_t cursor = 0;
	size_t damaged = 0;
	int pass, r;

	pass = fetch_records(&indexing, NULL);
	r = damage_or(pass);
	while (r == 0 && (row = map_next(chain_map(opener->chain), &cursor))) {
		if (row->ref.table != ROW_ITEM || index_get(index, row->ref.id))
			continue;
		if (pass < 0)
			r = damage_or(fetch_records(&indexing, &row->ref));
		if (!index_get(index, row->ref.id))
			damaged++;
	}
	if (r == 0)
		*ret_damaged = damaged;
	return r;
}

int opener_record(const struct opener *opener, struct record_id id, struct index *index,
		  bool *ret_damaged)
{
	const struct map_row *row = map_get(chain_map(opener->chain), ROW_ITEM, id, 0);
	struct indexing indexing = {.opener = opener, .index = index};
	int r = 0;

	index_remove(index, id);
	if (row)
		r = damage_or(fetch_records(&indexing, &row->ref));
	if (r == 0)
		*ret_damaged = row && !index_get(index, id);
	return r;
}

/* More than there can be members, since keys of who has left may still be there. */
enum { WRAPS_MAX = 2 * ENTRY_MAX / sizeof(struct recipient_public) };

struct wraps {
	struct entry_wrap *list;
	size_t count, room;
	uint32_t epoch;
};

/* One too many cannot be right, and ends the call. */
static int take_wrap(void *context, const struct engine_row *row)
{
	struct wraps *wraps = context;
	struct entry_wrap *wrap = &wraps->list[wraps->count];

	if (row->ref.epoch != wraps->epoch)
		return 0;
	if (wraps->count == wraps->room || row->size != sizeof(wrap->sealed))
		return -EBADMSG;
	memcpy(wrap->recipient.bytes, row->ref.id.bytes, ID_SIZE);
	memcpy(wrap->sealed, row->bytes, sizeof(wrap->sealed));
	wraps->count++;
	return 0;
}

static int check_wraps(const struct opener *opener, const struct entry_epoch *epoch)
{
	struct wraps wraps = {
		.room = WRAPS_MAX,
		.epoch = epoch->number,
	};
	CLEANUP_FREE struct entry_wrap *list = calloc(wraps.room, sizeof(*list));
	struct digest digest;
	int r;

	if (!list)
		return -ENOMEM;
	wraps.list = list;
	r = opener->engine->ops->rows(opener->engine, chain_org(opener->chain), ROW_WRAP, NULL, 0,
				      take_wrap, &wraps);
	if (r < 0)
		return r;
	digest = entry_wrapset(list, wraps.count);
	return digest_equal(&digest, &epoch->wrapset) ? 0 : -EBADMSG;
}

int opener_check_wraps(const struct opener *opener)
{
	const struct membership *membership = chain_membership(opener->chain);
	int r = 0;

	for (size_t i = 0; r == 0 && i < membership->epoch_count; i++)
		r = check_wraps(opener, &membership->epochs[i]);
	return r;
}

struct opening {
	const struct opener *opener;
	const struct map_row *expected;
	struct secret *plain;
};

static const enum seal_domain domains[] = {
	[ROW_ITEM] = SEAL_ITEM,
	[ROW_VALUE] = SEAL_VALUE,
};

static int open_expected(void *context, const struct engine_row *row)
{
	struct opening *opening = context;

	opening->plain = secret_free(opening->plain);
	return open_row(opening->opener, opening->expected, domains[opening->expected->ref.table],
			row, &opening->plain);
}

int opener_row(const struct opener *opener, const struct map_row *row, struct secret **ret)
{
	struct opening opening = {.opener = opener, .expected = row};
	CLEANUP_SECRET struct secret *plain = NULL;
	int r;

	r = opener->engine->ops->rows(opener->engine, chain_org(opener->chain), row->ref.table,
				      &row->ref, 1, open_expected, &opening);
	plain = opening.plain;
	if (r < 0)
		return r;
	if (!plain)
		return -EBADMSG;
	*ret = TAKE_PTR(plain);
	return 0;
}

bool opener_is_later(const struct opener *opener, const struct map_row *row)
{
	CLEANUP_SECRET struct secret *plain = NULL;
	CLEANUP_RECORD struct record record = {0};

	return row->ref.table == ROW_ITEM && opener_row(opener, row, &plain) == 0 &&
	       record_decode(secret_view(plain), secret_size(plain), &record) == -EPROTONOSUPPORT;
}

/* Take the time off the front of an opened value. */
static int split_value(struct secret *plain, uint64_t *ret_time)
{
	struct wire_reader reader = wire_reader(secret_view(plain), secret_size(plain));
	uint64_t time = wire_get_u64(&reader);
	int r;

	if (reader.failed)
		return -EBADMSG;
	memmove(secret_bytes(plain), reader.at, reader.left);
	r = secret_resize(plain, reader.left);
	if (r == 0 && ret_time)
		*ret_time = time;
	return r;
}

int opener_value(const struct opener *opener, struct record_id field, uint64_t version,
		 struct secret **ret, uint64_t *ret_time)
{
	const struct map_row *row = map_get(chain_map(opener->chain), ROW_VALUE, field, version);
	CLEANUP_SECRET struct secret *plain = NULL;
	int r;

	if (!row)
		return -ENOENT;
	r = opener_row(opener, row, &plain);
	if (r < 0)
		return r;
	r = split_value(plain, ret_time);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(plain);
	return 0;
}
