/*
 * What the file must be. Its header is compared field by field before SQLite acts on it, since a
 * header tells SQLite which page size, encoding and journal to believe in, and the schema is
 * compared as text, since a schema is code: a trigger or a view in a foreign file would run in our
 * name. SQLite itself is told to trust neither (DEFENSIVE, trusted_schema off).
 */
#include "store/schema.h"

#include <string.h>
#include <sys/stat.h>

#include "store/btree.h"
#include "store/database.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

#define APPLICATION_ID 1668441715 /* "crfs" */
#define USER_VERSION 1
#define PAGE_SIZE 4096
_Static_assert(PAGE_SIZE == BTREE_PAGE_SIZE, "pages are scrubbed");

/* A file up to this size is checked page by page when it is opened. */
enum { CHECK_ALL_MAX = 4 << 20 };

/* In the order of their names, as they must stand in sqlite_schema. */
static const char *const texts[] = {
	"CREATE TABLE audit (org BLOB NOT NULL, rid BLOB NOT NULL, seq INTEGER NOT NULL,"
	" entry BLOB NOT NULL, PRIMARY KEY (org, rid, seq)) STRICT, WITHOUT ROWID",
	"CREATE TABLE head (org BLOB NOT NULL, gen INTEGER NOT NULL,"
	" PRIMARY KEY (org)) STRICT, WITHOUT ROWID",
	"CREATE TABLE item (org BLOB NOT NULL, id BLOB NOT NULL, kind INTEGER NOT NULL,"
	" ver INTEGER NOT NULL, epoch INTEGER NOT NULL, ct BLOB NOT NULL,"
	" PRIMARY KEY (org, id)) STRICT, WITHOUT ROWID",
	"CREATE TABLE log (org BLOB NOT NULL, gen INTEGER NOT NULL, hash BLOB NOT NULL,"
	" entry BLOB NOT NULL, PRIMARY KEY (org, gen)) STRICT, WITHOUT ROWID",
	"CREATE TABLE meta (k TEXT NOT NULL, v BLOB NOT NULL,"
	" PRIMARY KEY (k)) STRICT, WITHOUT ROWID",
	"CREATE TABLE value (org BLOB NOT NULL, id BLOB NOT NULL, ver INTEGER NOT NULL,"
	" epoch INTEGER NOT NULL, ct BLOB NOT NULL,"
	" PRIMARY KEY (org, id, ver)) STRICT, WITHOUT ROWID",
	"CREATE TABLE wrap (org BLOB NOT NULL, epoch INTEGER NOT NULL, rid BLOB NOT NULL,"
	" ct BLOB NOT NULL, PRIMARY KEY (org, epoch, rid)) STRICT, WITHOUT ROWID",
};
enum { COUNT = sizeof(texts) / sizeof(*texts) };

static const char read_roots[] =
	"SELECT EXISTS (SELECT * FROM audit), EXISTS (SELECT * FROM head),"
	" EXISTS (SELECT * FROM item), EXISTS (SELECT * FROM log), EXISTS (SELECT * FROM meta),"
	" EXISTS (SELECT * FROM value), EXISTS (SELECT * FROM wrap)";

/* The numbers of the file's header that never change, big endian. */
static const struct {
	uint8_t offset;
	uint8_t size;
	uint32_t value;
	int error;
} header_fields[] = {
	{0, 4, 0x53514c69, -EBADMSG}, /* "SQLite format 3" */
	{4, 4, 0x74652066, -EBADMSG},
	{8, 4, 0x6f726d61, -EBADMSG},
	{12, 4, 0x74203300, -EBADMSG},
	{68, 4, APPLICATION_ID, -EBADMSG},
	{60, 4, USER_VERSION, -EPROTONOSUPPORT},
	{16, 2, BTREE_PAGE_SIZE, -EBADMSG},
	{18, 2, 0x0202, -EBADMSG},     /* WAL, to read and to write */
	{20, 4, 0x00402020, -EBADMSG}, /* reserved bytes, payload fractions */
	{44, 4, 4, -EBADMSG},	       /* schema format */
	{52, 4, 0, -EBADMSG},	       /* no auto-vacuum */
	{56, 4, 1, -EBADMSG},	       /* UTF-8 */
	{64, 4, 0, -EBADMSG},	       /* no incremental vacuum */
};

static uint32_t get_number(const uint8_t *at, size_t size)
{
	uint32_t number = 0;

	while (size--)
		number = number << 8 | *at++;
	return number;
}

int schema_check_header(sqlite3_file *file)
{
	uint8_t header[BTREE_FILE_HEADER];
	int code = file->pMethods->xRead(file, header, sizeof(header), 0);

	if (code == SQLITE_IOERR_SHORT_READ)
		return -EBADMSG;
	if (code != SQLITE_OK)
		return -EIO;
	for (size_t i = 0; i < sizeof(header_fields) / sizeof(*header_fields); i++) {
		if (get_number(header + header_fields[i].offset, header_fields[i].size) !=
		    header_fields[i].value)
			return header_fields[i].error;
	}
	return 0;
}

int schema_touch(sqlite3 *db)
{
	return database_run(db, "PRAGMA user_version = " TEXT(USER_VERSION));
}

int schema_create(sqlite3 *db)
{
	int r;

	r = database_run(db,
			 "PRAGMA page_size = " TEXT(
				 PAGE_SIZE) ";"
					    "PRAGMA journal_mode = WAL; BEGIN;"
					    "PRAGMA application_id = " TEXT(
						    APPLICATION_ID) ";"
								    "PRAGMA user_version = " TEXT(
									    USER_VERSION) ";");
	for (size_t i = 0; r == 0 && i < COUNT; i++)
		r = database_run(db, texts[i]);
	if (r == 0)
		r = database_run(db, "INSERT INTO meta VALUES ('store', randomblob(16)); COMMIT;");
	return r;
}

static sqlite3_stmt *statement_free(sqlite3_stmt *statement)
{
	sqlite3_finalize(statement);
	return NULL;
}
DEFINE_CLEANUP(sqlite3_stmt, statement_free);

static int check_texts(sqlite3 *db)
{
	CLEANUP(statement_freep) sqlite3_stmt *statement = NULL;
	int code;

	code = sqlite3_prepare_v2(db, "SELECT sql FROM sqlite_schema ORDER BY name", -1, &statement,
				  NULL);
	if (code != SQLITE_OK)
		return database_error(db, code);
	for (size_t i = 0; i < COUNT; i++) {
		const char *text;

		code = sqlite3_step(statement);
		if (code != SQLITE_ROW)
			return code == SQLITE_DONE ? -EBADMSG : database_error(db, code);
		text = (const char *)sqlite3_column_text(statement, 0);
		if (!text || strcmp(text, texts[i]) != 0)
			return -EBADMSG;
	}
	code = sqlite3_step(statement);
	return code == SQLITE_ROW ? -EBADMSG : database_error(db, code);
}

/* The first column of the only row, as text, is `expected`, or anything when that is NULL. */
static int check_answer(sqlite3 *db, const char *sql, const char *expected)
{
	CLEANUP(statement_freep) sqlite3_stmt *statement = NULL;
	const char *text;
	int code;

	code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (code != SQLITE_OK)
		return database_error(db, code);
	code = sqlite3_step(statement);
	if (code != SQLITE_ROW)
		return database_error(db, code);
	text = (const char *)sqlite3_column_text(statement, 0);
	if (!text)
		return -ENOMEM;
	return expected && strcmp(text, expected) != 0 ? -EBADMSG : 0;
}

int schema_check_form(sqlite3 *db)
{
	int r = check_texts(db);

	return r < 0 ? r : check_answer(db, read_roots, NULL);
}

int schema_examine(sqlite3 *db, int (*each)(void *context, const char *text), void *context)
{
	CLEANUP(statement_freep) sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, "PRAGMA integrity_check(20)", -1, &statement, NULL);

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		const char *text;
		int r;

		code = sqlite3_step(statement);
		if (code != SQLITE_ROW)
			break;
		text = (const char *)sqlite3_column_text(statement, 0);
		r = !text ? -ENOMEM : strcmp(text, "ok") == 0 ? 0 : each(context, text);
		if (r < 0)
			return r;
	}
	return database_error(db, code);
}

int schema_check(sqlite3 *db)
{
	const char *path = sqlite3_db_filename(db, "main");
	struct stat st;
	int r;

	r = schema_check_form(db);
	if (r < 0)
		return r;
	if (stat(path, &st))
		return -errno;
	return st.st_size > CHECK_ALL_MAX ? 0 : check_answer(db, "PRAGMA quick_check(1)", "ok");
}
