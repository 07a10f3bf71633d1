#include "store/sqlite_read.h"

#include "store/schema.h"
#include "store/sqlite_connection.h"

int sqlite_head(struct engine *engine, struct org_id org, uint64_t *ret_generation,
		struct digest *ret_digest)
{
	ENTERED *sqlite = sqlite_enter(engine);
	int r = sqlite_begin_reading(sqlite);

	return r < 0 ? r : sqlite_get_head(sqlite, org, ret_generation, ret_digest);
}

static int get_entry(sqlite3_stmt *statement, struct engine_entry *ret)
{
	const void *digest = sql_column(statement, 1, DIGEST_SIZE);
	int size = sqlite3_column_bytes(statement, 2);
	const void *bytes = sql_column(statement, 2, (size_t)size);

	if (!digest || !bytes)
		return -EBADMSG;
	*ret = (struct engine_entry){
		.generation = (uint64_t)sqlite3_column_int64(statement, 0),
		.bytes = bytes,
		.size = (size_t)size,
	};
	memcpy(ret->digest.bytes, digest, DIGEST_SIZE);
	return 0;
}

int sqlite_fetch(struct engine *engine, struct org_id org, uint64_t generation, size_t max,
		 engine_entry_fn *each, void *context)
{
	ENTERED *sqlite = sqlite_enter(engine);
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_FETCH];
	struct engine_entry entry;
	int r;

	if (sql_bind_bytes(statement, 1, org.bytes, ID_SIZE) ||
	    sql_bind_number(statement, 2, generation) || sql_bind_number(statement, 3, max))
		return -EINVAL;
	r = sqlite_begin_reading(sqlite);
	if (r < 0)
		return r;
	while ((r = sqlite_step(sqlite, statement)) > 0) {
		r = get_entry(statement, &entry);
		if (r == 0)
			r = each(context, &entry);
		if (r)
			return r;
	}
	return r;
}

static int give_rows(struct sqlite *sqlite, sqlite3_stmt *statement, enum row_table table,
		     engine_row_fn *each, void *context)
{
	struct engine_row row;
	int r;

	while ((r = sqlite_step(sqlite, statement)) > 0) {
		if (sql_get_row(statement, table, &row))
			r = each(context, &row);
		else
			r = sqlite3_errcode(sqlite->db) == SQLITE_NOMEM ? -ENOMEM : 0;
		if (r)
			return r;
	}
	return r;
}

static int give_all(struct sqlite *sqlite, struct org_id org, enum row_table table,
		    engine_row_fn *each, void *context)
{
	CLEANUP(sql_release)
	sqlite3_stmt *statement = sqlite->statements[sql_of_table(table)->all];

	if (sql_bind_bytes(statement, 1, org.bytes, ID_SIZE))
		return -ENOMEM;
	return give_rows(sqlite, statement, table, each, context);
}

static int give_one(struct sqlite *sqlite, struct org_id org, const struct row_ref *ref,
		    engine_row_fn *each, void *context)
{
	CLEANUP(sql_release)
	sqlite3_stmt *statement = sqlite->statements[sql_of_table(ref->table)->get];
	int r = sql_bind_row(statement, &org, &(struct engine_row){.ref = *ref});

	return r < 0 ? r : give_rows(sqlite, statement, ref->table, each, context);
}

int sqlite_rows(struct engine *engine, struct org_id org, enum row_table table,
		const struct row_ref *refs, size_t count, engine_row_fn *each, void *context)
{
	ENTERED *sqlite = sqlite_enter(engine);
	int r = sqlite_begin_reading(sqlite);

	if (r < 0)
		return r;
	if (!count)
		return give_all(sqlite, org, table, each, context);
	for (size_t i = 0; i < count; i++) {
		r = give_one(sqlite, org, &refs[i], each, context);
		if (r)
			return r;
	}
	return 0;
}

int sqlite_orgs(struct engine *engine, int (*each)(void *context, struct org_id org), void *context)
{
	ENTERED *sqlite = sqlite_enter(engine);
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_ORGS];
	struct org_id org;
	int r;

	r = sqlite_begin_reading(sqlite);
	if (r < 0)
		return r;
	while ((r = sqlite_step(sqlite, statement)) > 0) {
		const void *id = sql_column(statement, 0, ID_SIZE);

		if (!id)
			continue;
		memcpy(org.bytes, id, ID_SIZE);
		r = each(context, org);
		if (r)
			return r;
	}
	return r;
}

/* What others deleted is to be overwritten as well; our own reader kept them from it. */
int sqlite_renew(struct engine *engine, bool *ret_changed)
{
	ENTERED *sqlite = sqlite_enter(engine);
	int64_t version = 0;
	int r;

	sqlite_end_reading(sqlite);
	r = sqlite_data_version(sqlite, &version);
	if (r < 0)
		return r;
	*ret_changed = version != sqlite->data_version;
	if (*ret_changed && version != sqlite->tidy_version)
		atomic_store(&sqlite->untidy, true);
	sqlite->data_version = version;
	return 0;
}

int sqlite_examine(struct engine *engine, int (*each)(void *context, const char *text),
		   void *context)
{
	ENTERED *sqlite = sqlite_enter(engine);
	int r = sqlite_begin_reading(sqlite);

	return r < 0 ? r : schema_examine(sqlite->db, each, context);
}
