#include "store/commit.h"

#include <sodium.h>

#include "store/clock.h"
#include "store/grow.h"
#include "store/rule.h"
#include "store/seal.h"
#include "store/wire.h"

struct commit {
	struct chain *chain;
	struct index *index;
	const struct epoch_key *key;
	const struct recipient *host;
	enum capability can;
	uint64_t time;
	struct engine_row *rows; /* their bytes are the commit's */
	size_t row_count;
	struct change_item *folds; /* for the index, in order */
	size_t fold_count;
	uint8_t *bytes;			/* the signed entry; NULL: not yet, or nothing to sign */
	struct engine_entry entries[2]; /* it, behind the one before */
	struct engine_append append;	/* them, with the rows */
};

int commit_new(struct chain *chain, struct index *index, const struct keyring *keyring,
	       const struct recipient *host, struct commit **ret)
{
	struct recipient_id id = recipient_public_id(recipient_public(host));
	struct commit *commit = calloc(1, sizeof(*commit));

	if (!commit)
		return -ENOMEM;
	commit->chain = chain;
	commit->index = index;
	commit->key = keyring_get(keyring, chain_epoch(chain));
	commit->host = host;
	commit->time = clock_now();
	if (!chain_member(chain, id, &commit->can))
		commit->can = CAN_READ;
	*ret = commit;
	return 0;
}

void commit_date(struct commit *commit, uint64_t time)
{
	commit->time = time;
}

/* What was appended is not staged any more. */
struct commit *commit_free(struct commit *commit)
{
	if (!commit)
		return NULL;
	chain_unstage(commit->chain);
	for (size_t i = 0; i < commit->row_count; i++)
		free((void *)(uintptr_t)commit->rows[i].bytes);
	free(commit->rows);
	for (size_t i = 0; i < commit->fold_count; i++)
		record_done(&commit->folds[i].record);
	free(commit->folds);
	free(commit->bytes);
	free(commit);
	return NULL;
}

static int reserve_fold(struct commit *commit)
{
	struct change_item *folds = grow(commit->folds, commit->fold_count, sizeof(*folds));

	if (!folds)
		return -ENOMEM;
	commit->folds = folds;
	return 0;
}

/* Takes `sealed`; NULL for a removal. */
static int add_row(struct commit *commit, const struct row_ref *ref, uint8_t *sealed, size_t size)
{
	struct engine_row *rows = grow(commit->rows, commit->row_count, sizeof(*rows));

	if (!rows) {
		free(sealed);
		return -ENOMEM;
	}
	commit->rows = rows;
	commit->rows[commit->row_count++] =
		(struct engine_row){.ref = *ref, .bytes = sealed, .size = size};
	return 0;
}

int commit_add_row(struct commit *commit, const struct row_ref *ref, const uint8_t *bytes,
		   size_t size)
{
	uint8_t *copy = malloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, size);
	return add_row(commit, ref, copy, size);
}

/* Seal, stage and add one row. */
static int put_row(struct commit *commit, enum seal_domain domain, const struct row_ref *ref,
		   const uint8_t *plain, size_t plain_size)
{
	const struct org_id org = chain_org(commit->chain);
	const struct seal_context context = {
		.org = org,
		.id = ref->id,
		.kind = ref->kind,
		.version = ref->version,
		.epoch = ref->epoch,
	};
	CLEANUP_FREE uint8_t *sealed = NULL;
	struct digest digest;
	size_t size;
	int r;

	r = seal_make(commit->key, domain, &context, plain, plain_size, &sealed, &size);
	if (r < 0)
		return r;
	digest = row_digest(org, ref, sealed, size);
	r = chain_stage(commit->chain, ref, &digest);
	return r < 0 ? r : add_row(commit, ref, TAKE_PTR(sealed), size);
}

/* Stage and add the removal of a row. */
static int remove_row(struct commit *commit, const struct row_ref *ref)
{
	static const struct digest none;
	int r = chain_stage(commit->chain, ref, &none);

	return r < 0 ? r : add_row(commit, ref, NULL, 0);
}

/* The row that the map holds, by value, since staging changes the map. */
static bool get_ref(const struct commit *commit, enum row_table table, struct record_id id,
		    uint64_t version, struct row_ref *ret)
{
	const struct map_row *row = map_get(chain_map(commit->chain), table, id, version);

	if (row)
		*ret = row->ref;
	return row;
}

/* Relations of a record that is damaged cannot be compared: a manager may replace it. */
static bool may_write(const struct commit *commit, const struct record *record, bool exists)
{
	const struct record *old = index_get(commit->index, record->id);

	if (commit->can >= CAN_MANAGE)
		return true;
	if (exists && (!old || rule_change_needs_manager(old, record)))
		return false;
	return commit->can >= CAN_WRITE && !rule_needs_manager(record->kind);
}

/* A new salt tells everybody that the relations are new, and needs a manager: what they were
 * before they keep. */
static void choose_salt(const struct commit *commit, struct record *record)
{
	const struct record *old = index_get(commit->index, record->id);

	if (old && !rule_change_needs_manager(old, record))
		record->salt = old->salt;
	else
		randombytes_buf(record->salt.bytes, sizeof(record->salt.bytes));
}

/* Seal and stage the record, and have its version told. */
static int seal_record(struct commit *commit, struct record *record, bool exists,
		       uint64_t former_version)
{
	CLEANUP_FREE uint8_t *plain = NULL;
	struct row_ref ref = {
		.table = ROW_ITEM,
		.id = record->id,
		.kind = record->kind,
		.version = exists ? former_version + 1 : 1,
		.epoch = chain_epoch(commit->chain),
	};
	size_t size;
	int r;

	choose_salt(commit, record);
	ref.relations = record_relations(record);
	record->version = ref.version;
	r = record_encode(record, &plain, &size);
	return r < 0 ? r : put_row(commit, SEAL_ITEM, &ref, plain, size);
}

static int put_record(struct commit *commit, const struct record *record)
{
	CLEANUP_RECORD struct record own = {0};
	struct row_ref former = {.version = 0};
	bool exists;
	int r;

	if (!rule_is_sound(record))
		return -EINVAL;
	exists = get_ref(commit, ROW_ITEM, record->id, 0, &former);
	if (!may_write(commit, record, exists))
		return -EACCES;
	r = reserve_fold(commit);
	if (r == 0)
		r = record_copy(record, &own);
	if (r == 0)
		r = seal_record(commit, &own, exists, former.version);
	if (r < 0)
		return r;
	commit->folds[commit->fold_count++] = (struct change_item){.record = own};
	own = (struct record){0};
	return 0;
}

static int remove_values(struct commit *commit, struct record_id field)
{
	size_t count = map_value_versions(chain_map(commit->chain), field, NULL, 0);
	CLEANUP_FREE uint64_t *versions = calloc(count + 1, sizeof(*versions));
	struct row_ref ref;

	if (!versions)
		return -ENOMEM;
	map_value_versions(chain_map(commit->chain), field, versions, count);
	for (size_t i = 0; i < count; i++) {
		int r = get_ref(commit, ROW_VALUE, field, versions[i], &ref)
				? remove_row(commit, &ref)
				: 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int remove_record(struct commit *commit, struct record_id id)
{
	struct row_ref ref;
	int r;

	if (!get_ref(commit, ROW_ITEM, id, 0, &ref))
		return 0;
	r = reserve_fold(commit);
	if (r < 0)
		return r;
	r = remove_row(commit, &ref);
	if (r < 0)
		return r;
	commit->folds[commit->fold_count++] = (struct change_item){.remove = true, .record.id = id};
	return ref.kind == RECORD_FIELD ? remove_values(commit, id) : 0;
}

/* A value's plaintext begins with the time it was written. */
static int put_value(struct commit *commit, const struct change_value *value)
{
	CLEANUP_SECRET struct secret *plain = NULL;
	const struct row_ref ref = {
		.table = ROW_VALUE,
		.id = value->field,
		.kind = RECORD_FIELD,
		.version = value->version,
		.epoch = chain_epoch(commit->chain),
	};
	size_t size = secret_size(value->value);
	uint8_t *at;
	int r;

	r = secret_zeros(epoch_key_pool(commit->key), sizeof(uint64_t) + size, &plain);
	if (r < 0)
		return r;
	at = wire_store_u64(secret_bytes(plain), commit->time);
	wire_store(at, secret_view(value->value), size);
	return put_row(commit, SEAL_VALUE, &ref, secret_view(plain), secret_size(plain));
}

static int remove_value(struct commit *commit, const struct change_value *value)
{
	struct row_ref ref;

	if (!get_ref(commit, ROW_VALUE, value->field, value->version, &ref))
		return 0;
	return remove_row(commit, &ref);
}

int commit_add(struct commit *commit, const struct change *change)
{
	const struct change_item *items;
	const struct change_value *values;
	size_t item_count = change_items(change, &items);
	size_t value_count = change_values(change, &values);
	int r = 0;

	for (size_t i = 0; r == 0 && i < item_count; i++)
		r = items[i].remove ? remove_record(commit, items[i].record.id)
				    : put_record(commit, &items[i].record);
	for (size_t i = 0; r == 0 && i < value_count; i++)
		r = values[i].value ? put_value(commit, &values[i])
				    : remove_value(commit, &values[i]);
	return r;
}

int commit_reseal(struct commit *commit, const struct row_ref *ref, const struct secret *plain)
{
	struct row_ref moved = *ref;

	moved.epoch = chain_epoch(commit->chain);
	return put_row(commit, ref->table == ROW_ITEM ? SEAL_ITEM : SEAL_VALUE, &moved,
		       secret_view(plain), secret_size(plain));
}

/* What the engine is to append, the entry being signed. */
static void put_together(struct commit *commit, const struct engine_entry *before, size_t size)
{
	size_t count = 0;

	if (before)
		commit->entries[count++] = *before;
	commit->entries[count++] = (struct engine_entry){
		.generation = chain_generation(commit->chain) + 1,
		.digest = entry_digest(commit->bytes, size),
		.previous = *chain_head(commit->chain),
		.bytes = commit->bytes,
		.size = size,
	};
	commit->append = (struct engine_append){
		.org = chain_org(commit->chain),
		.entries = commit->entries,
		.entry_count = count,
		.rows = commit->rows,
		.row_count = commit->row_count,
	};
}

int commit_sign(struct commit *commit, const struct engine_entry *before,
		struct engine_append **ret)
{
	size_t size;
	int r;

	*ret = NULL;
	if (!chain_staged(commit->chain))
		return 0;
	r = chain_sign(commit->chain, commit->host, commit->time, &commit->bytes, &size);
	if (r < 0)
		return r;
	put_together(commit, before, size);
	*ret = &commit->append;
	return 0;
}

void commit_accept(struct commit *commit)
{
	if (commit->bytes)
		chain_accept(commit->chain);
}

int commit_append(struct commit *commit, struct engine *engine, const struct engine_entry *before)
{
	struct engine_append *append = NULL;
	int r = commit_sign(commit, before, &append);

	if (r == 0 && append)
		r = engine->ops->append(engine, append);
	if (r == 0)
		commit_accept(commit);
	return r;
}

int commit_fold(struct commit *commit)
{
	for (size_t i = 0; i < commit->fold_count; i++) {
		struct change_item *fold = &commit->folds[i];
		int r = 0;

		if (fold->remove)
			index_remove(commit->index, fold->record.id);
		else
			r = index_put(commit->index, &fold->record);
		if (r < 0)
			return r;
	}
	return 0;
}
