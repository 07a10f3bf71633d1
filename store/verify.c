#include "store/verify.h"

#include <string.h>

#include "store/chain.h"

enum { WATCH_EVERY = 64, DEPTH_MAX = 8 };

/* What the kinds are called, and in which directory of its parent the tree shows each. */
static const struct {
	const char *name, *directory;
} kinds[] = {
	[RECORD_ORG] = {"organisation", ""},
	[RECORD_ROLE] = {"role", "roles/"},
	[RECORD_PROJECT] = {"project", "projects/"},
	[RECORD_INHERIT] = {"link", ""},
	[RECORD_ACCOUNT] = {"account", ""},
	[RECORD_FIELD] = {"field", ""},
	[RECORD_USER] = {"user", "users/"},
	[RECORD_CONNECTION] = {"connection", "connections/"},
	[RECORD_ASSOCIATION] = {"association", ""},
};
_Static_assert(sizeof(kinds) / sizeof(*kinds) == RECORD_KINDS, "a row for each kind");

static int hexadecimal(struct record_id id, char **ret)
{
	char *text = malloc(2 * ID_SIZE + 1);

	for (size_t i = 0; text && i < ID_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", id.bytes[i]);
	*ret = text;
	return text ? 0 : -ENOMEM;
}

/* The path of a record as the tree shows it, or its id when it cannot be read; the caller frees. */
static int path_of(const struct org *org, struct record_id id, unsigned depth, char **ret)
{
	const struct record *record = org_record(org, id);
	CLEANUP_FREE char *parent = NULL;
	int r = 0;

	if (!record || depth > DEPTH_MAX)
		return hexadecimal(id, ret);
	if (!record_id_is_zero(record->parent))
		r = path_of(org, record->parent, depth + 1, &parent);
	if (r < 0)
		return r;
	r = asprintf(ret, "%s%s%s%s", parent ? parent : "", parent ? "/" : "",
		     kinds[record->kind].directory, record->name);
	if (r < 0)
		*ret = NULL;
	return r < 0 ? -ENOMEM : 0;
}

/* How the row is called to whoever must find it. */
static int name_row(const struct org *org, const struct row_ref *ref, char **ret)
{
	CLEANUP_FREE char *path = NULL;
	int r = path_of(org, ref->id, 0, &path);

	if (r < 0)
		return r;
	if (ref->table == ROW_VALUE)
		r = asprintf(ret, "%s version %llu", path, (unsigned long long)ref->version);
	else
		r = asprintf(ret, "%s %s", ref->kind < RECORD_KINDS ? kinds[ref->kind].name : "row",
			     path);
	if (r < 0)
		*ret = NULL;
	return r < 0 ? -ENOMEM : 0;
}

static int tell(const struct org *org, const struct verify *verify, const struct row_ref *ref,
		const char *reason)
{
	CLEANUP_FREE char *name = NULL;
	int r = name_row(org, ref, &name);

	return r < 0 ? r : verify->finding(verify->context, name, reason);
}

struct looking {
	const struct org *org;
	const struct map_row *expected;
	bool found, same;
};

static int look(void *context, const struct engine_row *row)
{
	struct looking *looking = context;
	struct digest digest = row_digest(org_id(looking->org), &row->ref, row->bytes, row->size);

	looking->found = true;
	looking->same = digest_equal(&digest, &looking->expected->digest);
	return 0;
}

/* Why a row is not what it should be. */
static int diagnose(const struct org *org, struct verify *verify, const struct map_row *expected)
{
	struct looking looking = {.org = org, .expected = expected};
	struct engine *engine = org_engine(org);
	int r;

	if (org_is_later(org, expected)) {
		verify->later++;
		return tell(org, verify, &expected->ref,
			    "was written by a later version of credfs");
	}
	r = engine->ops->rows(engine, org_id(org), expected->ref.table, &expected->ref, 1, look,
			      &looking);
	if (r < 0 && r != -EBADMSG && r != -EIO)
		return r;
	return tell(org, verify, &expected->ref,
		    r < 0	     ? "its place in the database is damaged"
		    : !looking.found ? "is missing"
		    : !looking.same  ? "was altered"
				     : "cannot be opened, or is not sound");
}

/* Whether another record of its parent has its name, and is the one that is served. */
static bool is_hidden(const struct org *org, const struct record *record)
{
	const struct record *served;

	if (record->kind == RECORD_ORG)
		return false;
	served = org_child(org, record->parent, record->kind, record->name);
	return served && !record_id_equal(served->id, record->id);
}

/* A record that does not fit was left out when the organisation was loaded. */
static int verify_item(const struct org *org, struct verify *verify, const struct map_row *row)
{
	const struct record *record = org_record(org, row->ref.id);

	verify->records++;
	if (!record)
		return diagnose(org, verify, row);
	return is_hidden(org, record)
		       ? tell(org, verify, &row->ref, "has the name of another, which is served")
		       : 0;
}

static int verify_value(const struct org *org, struct verify *verify, const struct map_row *row)
{
	CLEANUP_SECRET struct secret *value = NULL;
	int r = org_value(org, row->ref.id, row->ref.version, &value, NULL);

	verify->values++;
	return r == -EBADMSG || r == -EIO ? diagnose(org, verify, row) : r;
}

static int verify_rows(const struct org *org, struct verify *verify)
{
	const struct map *map = chain_map(org_chain(org));
	const uint64_t total = map_size(map);
	const struct map_row *row;
	uint64_t cursor = 0, done = 0;

	while ((row = map_next(map, &cursor))) {
		int r = row->ref.table == ROW_ITEM ? verify_item(org, verify, row)
						   : verify_value(org, verify, row);

		if (r < 0)
			return r;
		if (++done % WATCH_EVERY == 0 && !verify->watch(verify->context, done, total))
			return -ECANCELED;
	}
	return 0;
}

struct unknown {
	const struct map *map;
	size_t count;
};

static int count_unknown(void *context, const struct engine_row *row)
{
	struct unknown *unknown = context;

	if (!map_get(unknown->map, row->ref.table, row->ref.id, row->ref.version))
		unknown->count++;
	return 0;
}

/* They are never served; but nobody who keeps the rules has put them there. */
static int verify_unknown(const struct org *org, const struct verify *verify)
{
	static const enum row_table tables[] = {ROW_ITEM, ROW_VALUE};
	struct unknown unknown = {.map = chain_map(org_chain(org))};
	struct engine *engine = org_engine(org);
	char reason[64];

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		int r = engine->ops->rows(engine, org_id(org), tables[i], NULL, 0, count_unknown,
					  &unknown);

		if (r == -EBADMSG || r == -EIO)
			r = verify->finding(verify->context, "", "a table cannot be read through");
		if (r < 0)
			return r;
	}
	if (!unknown.count)
		return 0;
	snprintf(reason, sizeof(reason), "%zu rows that its log does not speak of", unknown.count);
	return verify->finding(verify->context, "", reason);
}

static int verify_keys(const struct org *org, const struct verify *verify)
{
	int r = org_check_keys(org);

	return r == -EBADMSG ? verify->finding(verify->context, "",
					       "the sealed keys of its recipients are not those "
					       "that its log commits to")
			     : r;
}

int verify_org(const struct org *org, struct verify *verify)
{
	int r;

	verify->records = verify->values = verify->later = 0;
	r = verify_keys(org, verify);
	if (r == 0)
		r = verify_rows(org, verify);
	return r < 0 ? r : verify_unknown(org, verify);
}
