#include "store/sqlite.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "store/record.h"
#include "tests/place.h"

/*
 * Faults: SQLite's calls of the C library end here. `at` counts down over writes, syncs and
 * truncations; the call that finds 1 fails, and all later ones while `sticky`. Syncs of a directory
 * are left out: SQLite takes no notice when they fail, and database.c syncs it once more.
 */
static struct {
	int at;
	int error;
	bool sticky;
	bool half; /* half of a failing write is made */
} fault;

static bool fails(void)
{
	if (!fault.at || (fault.at > 1 && fault.at--))
		return false;
	if (!fault.sticky)
		fault.at = 0;
	errno = fault.error;
	return true;
}

__attribute__((visibility("default"))) ssize_t pwrite64(int fd, const void *bytes, size_t size,
							__off64_t offset)
{
	if (fails()) {
		if (fault.half)
			syscall(SYS_pwrite64, fd, bytes, size / 2, offset);
		errno = fault.error;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, bytes, size, offset);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode) && fails())
		return -1;
	return (int)syscall(SYS_fdatasync, fd);
}

__attribute__((visibility("default"))) int ftruncate64(int fd, __off64_t size)
{
	return fails() ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

#define ENGINE CLEANUP(engine_closep) struct engine

static const struct org_id acme = {{1}};

static struct digest digest_of(uint64_t generation)
{
	struct digest digest = {{0xd1}};

	memcpy(digest.bytes + 8, &generation, sizeof(generation));
	return generation ? digest : (struct digest){{0}};
}

static struct engine *open_new(const struct place *place)
{
	struct engine *engine = NULL;

	cr_assert_eq(sqlite_create(place->store), 0);
	cr_assert_eq(sqlite_open(place->store, &engine), 0);
	return engine;
}

static struct engine *open_again(const struct place *place)
{
	struct engine *engine = NULL;

	cr_assert_eq(sqlite_open(place->store, &engine), 0);
	return engine;
}

static struct record_id id_of(uint32_t number)
{
	struct record_id id = {{0}};

	for (size_t i = 0; i < ID_SIZE; i++)
		id.bytes[i] = (uint8_t)((number * 2654435761u) >> (i % 4 * 8)) ^ (uint8_t)i;
	memcpy(id.bytes, &number, sizeof(number));
	return id;
}

static int append_rows(struct engine *engine, uint64_t generation, const struct engine_row *rows,
		       size_t count)
{
	uint8_t bytes[64] = {(uint8_t)generation};
	struct engine_entry entry = {.generation = generation,
				     .digest = digest_of(generation),
				     .previous = digest_of(generation - 1),
				     .bytes = bytes,
				     .size = sizeof(bytes)};
	struct engine_append append = {
		.org = acme, .entries = &entry, .entry_count = 1, .rows = rows, .row_count = count};

	return engine->ops->append(engine, &append);
}

static int append_value(struct engine *engine, uint64_t generation, const char *text)
{
	struct engine_row row = {
		.ref = {ROW_VALUE, id_of(1), RECORD_FIELD, 1, 1, {{0}}},
		.bytes = (const uint8_t *)text,
		.size = text ? strlen(text) : 0,
	};

	return append_rows(engine, generation, &row, 1);
}

static uint64_t head_of(struct engine *engine)
{
	struct digest digest;
	uint64_t generation;
	int r = engine->ops->head(engine, acme, &generation, &digest);

	if (r == -ENOENT)
		return 0;
	cr_assert_eq(r, 0);
	return generation;
}

struct seen {
	size_t count;
	struct row_ref ref;
	char text[64];
};

static int see_row(void *context, const struct engine_row *row)
{
	struct seen *seen = context;

	seen->count++;
	seen->ref = row->ref;
	snprintf(seen->text, sizeof(seen->text), "%.*s", (int)row->size, (const char *)row->bytes);
	return 0;
}

static struct seen see(struct engine *engine, enum row_table table, const struct row_ref *ref)
{
	struct seen seen = {0};

	cr_assert_eq(engine->ops->rows(engine, acme, table, ref, ref ? 1 : 0, see_row, &seen), 0);
	return seen;
}

static int see_entry(void *context, const struct engine_entry *entry)
{
	uint64_t *sum = context;

	cr_expect_eq(entry->bytes[0], (uint8_t)entry->generation);
	cr_expect(digest_equal(&entry->digest, &(struct digest){{0}}) == false);
	*sum = *sum * 10 + entry->generation;
	return 0;
}

static int count_org(void *context, struct org_id org)
{
	cr_expect(org_id_equal(org, acme));
	(*(size_t *)context)++;
	return 0;
}

Test(sqlite, a_new_store_is_empty_and_closed_to_others)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	struct digest digest;
	uint64_t generation;
	size_t orgs = 0;
	struct stat st;

	cr_expect_eq(stat(place.store, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	cr_expect_eq(engine->ops->head(engine, acme, &generation, &digest), -ENOENT);
	cr_expect_eq(engine->ops->orgs(engine, count_org, &orgs), 0);
	cr_expect_eq(orgs, 0);
	cr_expect_str_eq(engine->ops->name, "sqlite");
	cr_expect_not(engine->ops->untidy(engine));
	cr_expect_eq(sqlite_create(place.store), -EEXIST);
}

Test(sqlite, what_was_appended_is_there_when_opened_again)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	const struct engine_row rows[] = {
		{{ROW_ITEM, id_of(1), RECORD_FIELD, 7, 1, {{0}}}, (const uint8_t *)"item", 4},
		{{ROW_VALUE, id_of(1), RECORD_FIELD, 1, 2, {{0}}}, (const uint8_t *)"one", 3},
		{{ROW_VALUE, id_of(1), RECORD_FIELD, 2, 3, {{0}}}, (const uint8_t *)"two", 3},
		{{ROW_WRAP, id_of(9), 0, 0, 4, {{0}}}, (const uint8_t *)"wrap", 4},
	};
	struct seen seen;
	uint64_t sum = 0;
	size_t orgs = 0;

	cr_assert_eq(append_rows(engine, 1, rows, 4), 0);
	cr_assert_eq(append_rows(engine, 2, NULL, 0), 0);
	cr_assert_eq(append_rows(engine, 3, NULL, 0), 0);
	engine = engine_close(engine);
	engine = open_again(&place);

	cr_expect_eq(head_of(engine), 3);
	cr_expect_eq(engine->ops->fetch(engine, acme, 0, 100, see_entry, &sum), 0);
	cr_expect_eq(engine->ops->fetch(engine, acme, 1, 1, see_entry, &sum), 0);
	cr_expect_eq(sum, 1232);
	cr_expect_eq(engine->ops->orgs(engine, count_org, &orgs), 0);
	cr_expect_eq(orgs, 1);
	for (size_t i = 0; i < 4; i++) {
		seen = see(engine, rows[i].ref.table, &rows[i].ref);
		cr_expect_eq(seen.count, 1);
		cr_expect_str_eq(seen.text, (const char *)rows[i].bytes);
		cr_expect(record_id_equal(seen.ref.id, rows[i].ref.id));
		cr_expect_eq(seen.ref.table, rows[i].ref.table, "row %zu", i);
		cr_expect_eq(seen.ref.kind, rows[i].ref.kind, "row %zu", i);
		cr_expect_eq(seen.ref.version, rows[i].ref.version, "row %zu", i);
		cr_expect_eq(seen.ref.epoch, rows[i].ref.epoch, "row %zu", i);
	}
	cr_expect_eq(see(engine, ROW_VALUE, NULL).count, 2);
	cr_expect_eq(see(engine, ROW_VALUE, &(struct row_ref){ROW_VALUE, id_of(1), 6, 3, 1, {{0}}})
			     .count,
		     0);
}

static int refuse_row(void *context, const struct engine_row *row)
{
	(void)context, (void)row;
	return -EXDEV;
}

Test(sqlite, a_callback_ends_the_call_with_its_error)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);

	cr_assert_eq(append_value(engine, 1, "value"), 0);
	cr_expect_eq(engine->ops->rows(engine, acme, ROW_VALUE, NULL, 0, refuse_row, NULL), -EXDEV);
	cr_expect_eq(append_value(engine, 2, "value"), 0);
}

Test(sqlite, what_is_appended_to_two_organisations_is_one_transaction)
{
	static const struct org_id other = {{2}};
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	const struct engine_entry entries[] = {
		{2, digest_of(2), digest_of(1), (const uint8_t *)"a", 1},
		{1, digest_of(1), digest_of(0), (const uint8_t *)"b", 1},
	};
	const struct engine_append second = {
		.org = other, .entries = &entries[1], .entry_count = 1};
	const struct engine_append first = {
		.org = acme, .entries = &entries[0], .entry_count = 1, .next = &second};
	struct engine_append stale = first;
	const struct engine_append last = {.org = other, .entries = &entries[0], .entry_count = 1};
	uint64_t generation = 0;
	struct digest digest;

	cr_assert_eq(append_value(engine, 1, "one"), 0);
	stale.next = &last;
	cr_expect_eq(engine->ops->append(engine, &stale), -ESTALE);
	cr_expect_eq(head_of(engine), 1);
	cr_expect_eq(engine->ops->head(engine, other, &generation, &digest), -ENOENT);
	cr_expect_eq(engine->ops->append(engine, &first), 0);
	cr_expect_eq(head_of(engine), 2);
	cr_expect_eq(engine->ops->head(engine, other, &generation, &digest), 0);
	cr_expect_eq(generation, 1);
}

Test(sqlite, an_append_must_follow_the_newest_entry)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	struct engine_entry entry = {.bytes = (const uint8_t *)"", .size = 0};
	const struct engine_append append = {.org = acme, .entries = &entry, .entry_count = 1};
	const struct {
		uint64_t generation;
		struct digest previous;
	} rows[] = {
		{1, digest_of(0)}, {2, digest_of(2)}, {3, digest_of(1)},
		{4, digest_of(3)}, {2, digest_of(1)}, {3, digest_of(0)},
	};

	cr_expect_eq(append_value(engine, 2, "too early"), -ESTALE);
	cr_assert_eq(append_value(engine, 1, "one"), 0);
	cr_assert_eq(append_value(engine, 2, "two"), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		entry.generation = rows[i].generation;
		entry.previous = rows[i].previous;
		cr_expect_eq(engine->ops->append(engine, &append), -ESTALE, "row %zu", i);
	}
	cr_expect_eq(head_of(engine), 2);
	cr_expect_str_eq(see(engine, ROW_VALUE, NULL).text, "two");
	cr_expect_eq(append_value(engine, 3, "three"), 0);
}

/* A process that has the store open, wrote generation 1 to 3, and says so. */
static pid_t hold_in_child(const struct place *place)
{
	struct pollfd fds = {.events = POLLIN};
	int pipes[2];
	pid_t pid;

	cr_assert_eq(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		struct engine *engine = open_again(place);

		append_value(engine, 1, "a value to be removed");
		append_value(engine, 2, NULL);
		append_value(engine, 3, "left by the dead");
		if (write(pipes[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	fds.fd = pipes[0];
	cr_assert_eq(poll(&fds, 1, 10000), 1);
	close(pipes[0]);
	close(pipes[1]);
	return pid;
}

Test(sqlite, one_daemon_has_it_and_what_it_wrote_outlives_its_death)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	struct engine *second = NULL;
	pid_t pid;

	cr_expect_eq(sqlite_open(place.store, &second), -EBUSY);
	engine = engine_close(engine);

	pid = hold_in_child(&place);
	cr_expect_eq(sqlite_open(place.store, &engine), -EBUSY);
	/* Others may read, and a refused daemon has not disturbed the one that has it. */
	tamper(place.store, "SELECT * FROM value");
	cr_expect_eq(sqlite_open(place.store, &engine), -EBUSY);
	cr_expect_eq(kill(pid, SIGKILL), 0);
	cr_expect_eq(waitpid(pid, NULL, 0), pid);

	engine = open_again(&place);
	cr_expect_eq(head_of(engine), 3);
	cr_expect_str_eq(see(engine, ROW_VALUE, NULL).text, "left by the dead");
	cr_expect(engine->ops->untidy(engine));
	cr_expect(store_holds(place.store, "a value to be removed", 21));
	cr_expect_eq(engine->ops->tidy(engine), 0);
	cr_expect_not(store_holds(place.store, "a value to be removed", 21));
	cr_expect(store_holds(place.store, "left by the dead", 16));
}

Test(sqlite, a_second_open_in_one_process_does_not_drop_the_locks)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	struct engine *second = NULL;
	pid_t pid;
	int status;

	cr_assert_eq(append_value(engine, 1, "one"), 0);
	cr_expect_eq(sqlite_open(place.store, &second), -EBUSY);
	/* Another process is not the last to leave, and so does not remove the log. */
	pid = fork();
	if (pid == 0) {
		tamper(place.store, "SELECT * FROM value");
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
	cr_expect_eq(append_value(engine, 2, "two"), 0);
	engine = engine_close(engine);
	engine = open_again(&place);
	cr_expect_eq(head_of(engine), 2);
}

Test(sqlite, tidy_erases_what_was_removed)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	const char *removed = "sealed bytes that shall be gone", *kept = "sealed bytes that stay";

	cr_assert_eq(append_value(engine, 1, removed), 0);
	cr_expect_not(engine->ops->untidy(engine));
	cr_expect_eq(engine->ops->tidy(engine), 0);
	cr_assert_eq(append_value(engine, 2, kept), 0);
	cr_expect(engine->ops->untidy(engine));
	cr_expect(store_holds(place.store, removed, strlen(removed)), "the search is blind");
	cr_expect_eq(engine->ops->tidy(engine), 0);
	cr_expect_not(store_holds(place.store, removed, strlen(removed)));
	cr_expect_not(engine->ops->untidy(engine));
	cr_expect(store_holds(place.store, kept, strlen(kept)));
}

Test(sqlite, a_reader_delays_tidy)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	sqlite3_stmt *statement;
	sqlite3 *reader;

	cr_assert_eq(append_value(engine, 1, "sealed bytes that shall be gone"), 0);
	cr_assert_eq(sqlite3_open(place.store, &reader), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(reader, "SELECT * FROM value", -1, &statement, NULL), 0);
	cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
	cr_assert_eq(append_value(engine, 2, NULL), 0);
	cr_expect_eq(engine->ops->tidy(engine), -EBUSY);
	cr_expect(engine->ops->untidy(engine));
	cr_expect_eq(append_value(engine, 3, "written meanwhile"), 0);
	sqlite3_finalize(statement);
	cr_expect_eq(engine->ops->tidy(engine), 0);
	cr_expect_not(store_holds(place.store, "sealed bytes that shall be gone", 31));
	sqlite3_close(reader);
}

static const uint8_t mark[4] = {0xfa, 0xce, 0x5e, 0xa1};

/* Contents of which every 16 bytes say whose they are. */
static void fill(uint8_t *bytes, size_t size, uint32_t number)
{
	for (size_t at = 0; at < size; at++)
		bytes[at] = (uint8_t)at;
	for (size_t at = 0; at + 8 <= size; at += 16) {
		memcpy(bytes + at, mark, sizeof(mark));
		memcpy(bytes + at + 4, &number, sizeof(number));
	}
}

/* Find whose contents stand in the bytes. */
static void find(const struct bytes *file, bool *found, size_t count)
{
	const uint8_t *end = file->at + file->size;
	const uint8_t *at = file->at;
	uint32_t number;

	while ((at = memmem(at, (size_t)(end - at), mark, sizeof(mark))) && at + 8 <= end) {
		at += sizeof(mark);
		memcpy(&number, at, sizeof(number));
		if (number < count)
			found[number] = true;
	}
}

/* Without scrubbing (btree.h) parts of some values stay in pages that were rebalanced. */
Test(sqlite, nothing_removed_stays_in_a_page_after_many_changes)
{
	enum { ROUNDS = 2500, SIZE_MAX_HERE = 2000 };
	static const size_t sizes[] = {296, 552, 1064, SIZE_MAX_HERE};
	static bool gone[ROUNDS], found[ROUNDS];
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	uint8_t bytes[SIZE_MAX_HERE];
	uint64_t generation = 1;
	size_t removed = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t victim = (i * 7919u) % (i + 1);
		struct engine_row rows[2] = {
			{{ROW_VALUE, id_of(i * 2654435761u), RECORD_FIELD, 1, 1, {{0}}},
			 bytes,
			 sizes[i % 4]},
			{{ROW_VALUE, id_of(victim * 2654435761u), RECORD_FIELD, 1, 1, {{0}}},
			 NULL,
			 0},
		};

		fill(bytes, sizes[i % 4], i);
		if (i > ROUNDS / 2 && victim != i)
			gone[victim] = true;
		cr_assert_eq(append_rows(engine, generation++, rows, i > ROUNDS / 2 ? 2 : 1), 0);
	}
	cr_assert_eq(engine->ops->tidy(engine), 0);

	BYTES file = file_read(place.store, "");
	find(&file, found, ROUNDS);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		cr_expect_eq(found[i], !gone[i], "%u", i);
		removed += gone[i];
	}
	cr_expect_gt(removed, ROUNDS / 5);
	engine = engine_close(engine);
	tamper(place.store, "PRAGMA integrity_check");
	engine = open_again(&place);
}

static void *tidy_often(void *context)
{
	struct engine *engine = context;

	for (size_t i = 0; i < 50; i++) {
		int r = engine->ops->tidy(engine);

		cr_expect(r == 0 || r == -EBUSY, "%d", r);
	}
	return NULL;
}

Test(sqlite, tidy_runs_beside_the_others)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	pthread_t thread;

	cr_assert_eq(append_value(engine, 1, "one"), 0);
	cr_assert_eq(pthread_create(&thread, NULL, tidy_often, engine), 0);
	for (uint64_t i = 2; i < 200; i++) {
		cr_assert_eq(append_value(engine, i, i % 2 ? "odd" : "even"), 0);
		cr_assert_eq(see(engine, ROW_VALUE, NULL).count, 1);
	}
	pthread_join(thread, NULL);
	cr_expect_eq(engine->ops->tidy(engine), 0);
	cr_expect_eq(head_of(engine), 199);
}

/* After the n-th call failed: the error is told, nothing has changed, and the next append works;
 * what a copy of the files made at that moment holds is the old state too. */
static bool append_fails_at(int n, int error, bool half, int expected)
{
	PLACE place = place_new();
	PLACE copy = place_new();
	ENGINE *engine = open_new(&place);
	ENGINE *restored = NULL;
	int r;

	cr_assert_eq(append_value(engine, 1, "old"), 0);
	fault.at = n;
	fault.error = error;
	fault.half = half;
	r = append_value(engine, 2, "new");
	if (fault.at) {
		fault.at = 0;
		cr_assert_eq(r, 0);
		return false;
	}
	/* Of a sync that fails SQLite does not tell why. */
	cr_expect(r == expected || r == -EIO, "call %d: %d", n, r);
	cr_expect_eq(head_of(engine), 1, "call %d", n);
	cr_expect_str_eq(see(engine, ROW_VALUE, NULL).text, "old");

	BYTES database = file_read(place.store, "");
	BYTES wal = file_read(place.store, "-wal");
	char name[128];

	file_write(copy.store, database.at, database.size);
	snprintf(name, sizeof(name), "%s-wal", copy.store);
	file_write(name, wal.at, wal.size);
	restored = open_again(&copy);
	cr_expect_eq(head_of(restored), 1, "call %d: a refused commit came back", n);

	cr_expect_eq(append_value(engine, 2, "newer"), 0);
	engine = engine_close(engine);
	engine = open_again(&place);
	cr_expect_eq(head_of(engine), 2);
	cr_expect_str_eq(see(engine, ROW_VALUE, NULL).text, "newer");
	return true;
}

Test(sqlite, a_fault_at_any_call_of_an_append_changes_nothing)
{
	static const struct {
		int error;
		bool half;
		int expected;
	} rows[] = {{EIO, false, -EIO}, {ENOSPC, false, -ENOSPC}, {ENOSPC, true, -ENOSPC}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int n = 1;

		while (append_fails_at(n, rows[i].error, rows[i].half, rows[i].expected))
			n++;
		cr_expect_gt(n, 3, "%d calls", n);
	}
}

Test(sqlite, while_the_disk_is_sick_reads_go_on_and_appends_fail)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);

	cr_assert_eq(append_value(engine, 1, "old"), 0);
	for (int n = 1; n < 8; n++) {
		fault.at = n;
		fault.error = EIO;
		fault.sticky = true;
		if (append_value(engine, 2, "new") == 0)
			break;
		cr_expect_eq(append_value(engine, 2, "new"), -EIO);
		cr_expect_str_eq(see(engine, ROW_VALUE, NULL).text, "old");
		fault.at = 0;
	}
	fault.at = 0;
	cr_expect_eq(append_value(engine, head_of(engine) + 1, "healed"), 0);
	cr_expect_str_eq(see(engine, ROW_VALUE, NULL).text, "healed");
}

Test(sqlite, a_probe_says_whether_an_append_could_succeed)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);

	cr_assert_eq(append_value(engine, 1, "old"), 0);
	cr_expect_eq(engine->ops->probe(engine, false), 0);
	cr_expect_eq(engine->ops->probe(engine, true), 0);
	fault.at = 1;
	fault.error = EIO;
	fault.sticky = true;
	cr_assert_eq(append_value(engine, 2, "new"), -EIO);
	cr_expect_eq(engine->ops->probe(engine, true), -EIO);
	cr_expect_eq(engine->ops->probe(engine, true), -EIO);
	cr_expect_str_eq(see(engine, ROW_VALUE, NULL).text, "old");
	fault.at = 0;
	cr_expect_eq(engine->ops->probe(engine, true), 0);
	cr_expect_str_eq(see(engine, ROW_VALUE, NULL).text, "old");
	cr_expect_eq(append_value(engine, 2, "new"), 0);
}

Test(sqlite, a_probe_that_fails_halfway_harms_nothing)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);

	cr_assert_eq(append_value(engine, 1, "old"), 0);
	for (int n = 1;; n++) {
		cr_assert_lt(n, 20);
		fault.at = n;
		fault.error = EIO;
		fault.half = n % 2;
		(void)!engine->ops->probe(engine, true);
		if (fault.at)
			break;
		cr_expect_str_eq(see(engine, ROW_VALUE, NULL).text, "old");
		cr_expect_eq(engine->ops->probe(engine, true), 0, "%d", n);
	}
	fault.at = 0;
	cr_expect_eq(append_value(engine, 2, "new"), 0);
}

Test(sqlite, a_fault_in_tidy_is_told_and_leaves_it_to_be_done)
{
	for (int n = 1; n < 20; n++) {
		PLACE place = place_new();
		ENGINE *engine = open_new(&place);
		int r;

		cr_assert_eq(append_value(engine, 1, "sealed bytes that shall be gone"), 0);
		cr_assert_eq(append_value(engine, 2, NULL), 0);
		fault.at = n;
		fault.error = EIO;
		r = engine->ops->tidy(engine);
		if (fault.at) {
			fault.at = 0;
			cr_expect_gt(n, 2);
			cr_expect_eq(r, 0);
			return;
		}
		cr_expect_eq(r, -EIO, "call %d: %d", n, r);
		cr_expect(engine->ops->untidy(engine));
		cr_expect_eq(engine->ops->tidy(engine), 0);
		cr_expect_not(store_holds(place.store, "sealed bytes that shall be gone", 31));
	}
	cr_expect_fail("tidy never ended");
}

Test(sqlite, a_store_that_cannot_be_created_leaves_nothing)
{
	for (int n = 1; n < 60; n++) {
		PLACE place = place_new();
		int r;

		fault.at = n;
		fault.error = ENOSPC;
		r = sqlite_create(place.store);
		if (fault.at) {
			fault.at = 0;
			cr_expect_gt(n, 3);
			cr_expect_eq(r, 0);
			return;
		}
		cr_expect_lt(r, 0, "call %d", n);
		cr_expect_eq(access(place.store, F_OK), -1, "call %d", n);
	}
	cr_expect_fail("creation never ended");
}

Test(sqlite, only_a_store_is_opened)
{
	static const struct {
		const char *name;
		const char *content;
		size_t size;
		int expected;
	} rows[] = {
		{"missing", NULL, 0, -ENOENT},
		{"missing/store", NULL, 0, -ENOENT},
		{"empty", "", 0, -EBADMSG},
		{"text", "hello\n", 6, -EBADMSG},
		{"magic", "SQLite format 3", 16, -EBADMSG},
		{"store.db/under", NULL, 0, -ENOTDIR},
		{".", NULL, 0, -EBADMSG},
	};
	PLACE place = place_new();
	struct engine *engine = NULL;
	char path[128], link[160];

	cr_assert_eq(sqlite_create(place.store), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(path, sizeof(path), "%s/%s", place.directory, rows[i].name);
		if (rows[i].content)
			file_write(path, rows[i].content, rows[i].size);
		cr_expect_eq(sqlite_open(path, &engine), rows[i].expected, "%s", rows[i].name);
	}
	snprintf(link, sizeof(link), "%s/link", place.directory);
	cr_assert_eq(symlink(place.store, link), 0);
	cr_expect_eq(sqlite_open(link, &engine), -ELOOP);
	cr_expect_eq(sqlite_create(link), -EEXIST);

	/* Through a linked directory it is the same store. */
	snprintf(path, sizeof(path), "%s/directory", place.directory);
	cr_assert_eq(symlink(place.directory, path), 0);
	snprintf(link, sizeof(link), "%s/store.db", path);
	cr_expect_eq(sqlite_open(link, &engine), 0);
	engine = engine_close(engine);
}

Test(sqlite, another_schema_is_refused)
{
	static const struct {
		const char *sql;
		int expected;
	} rows[] = {
		{"PRAGMA user_version = 2", -EPROTONOSUPPORT},
		{"PRAGMA user_version = 0", -EPROTONOSUPPORT},
		{"PRAGMA application_id = 1", -EBADMSG},
		{"PRAGMA journal_mode = DELETE", -EBADMSG},
		{"CREATE TABLE more (a)", -EBADMSG},
		{"CREATE INDEX more ON item (epoch)", -EBADMSG},
		{"CREATE VIEW more AS SELECT 1", -EBADMSG},
		{"CREATE TRIGGER more AFTER INSERT ON log BEGIN SELECT 1; END", -EBADMSG},
		{"DROP TABLE audit", -EBADMSG},
		{"ALTER TABLE item ADD COLUMN more BLOB", -EBADMSG},
		{"ALTER TABLE item RENAME ct TO tc", -EBADMSG},
		{"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 9999"
		 " WHERE name = 'wrap'",
		 -EBADMSG},
		{"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 0"
		 " WHERE name = 'value'",
		 -EBADMSG},
		{"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'x'"
		 " WHERE name = 'log'",
		 -EBADMSG},
		{"PRAGMA page_size = 8192; PRAGMA journal_mode = DELETE; VACUUM;"
		 "PRAGMA journal_mode = WAL",
		 -EBADMSG},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		PLACE place = place_new();
		struct engine *engine = NULL;
		int r;

		cr_assert_eq(sqlite_create(place.store), 0);
		tamper(place.store, rows[i].sql);
		r = sqlite_open(place.store, &engine);
		cr_expect_eq(r, rows[i].expected, "%s: %d", rows[i].sql, r);
		engine = engine_close(engine);
	}
}

/* A store of some pages, as bytes. */
static struct bytes sample_store(const struct place *place)
{
	ENGINE *engine = open_new(place);
	uint8_t bytes[1500];

	for (uint32_t i = 1; i < 30; i++) {
		struct engine_row rows[] = {
			{{ROW_VALUE, id_of(i), RECORD_FIELD, 1, 1, {{0}}}, bytes, sizeof(bytes)},
			{{ROW_ITEM, id_of(i), RECORD_FIELD, 1, 1, {{0}}}, bytes, 100},
		};

		fill(bytes, sizeof(bytes), i);
		cr_assert_eq(append_rows(engine, i, rows, 2), 0);
	}
	engine = engine_close(engine);
	return file_read(place->store, "");
}

Test(sqlite, a_truncated_file_is_refused)
{
	PLACE place = place_new();
	BYTES whole = sample_store(&place);
	struct engine *engine = NULL;

	for (size_t size = 0; size < whole.size; size += size % 4096 ? 3096 : 1000) {
		file_write(place.store, whole.at, size);
		cr_expect_eq(sqlite_open(place.store, &engine), -EBADMSG, "at %zu", size);
		engine = engine_close(engine);
	}
	file_write(place.store, whole.at, whole.size);
	cr_expect_eq(sqlite_open(place.store, &engine), 0);
	engine = engine_close(engine);
}

Test(sqlite, a_damaged_file_is_refused_or_read_and_never_more)
{
	PLACE place = place_new();
	BYTES whole = sample_store(&place);
	size_t refused = 0, tried = 0;

	for (size_t bit = 0; bit < whole.size * 8; bit += 997, tried++) {
		struct engine *engine = NULL;
		struct seen seen = {0};
		int r;

		whole.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
		file_write(place.store, whole.at, whole.size);
		r = sqlite_open(place.store, &engine);
		cr_expect(r == 0 || r == -EBADMSG || r == -EPROTONOSUPPORT, "bit %zu: %d", bit, r);
		if (r == 0)
			r = engine->ops->rows(engine, acme, ROW_VALUE, NULL, 0, see_row, &seen);
		cr_expect(r == 0 || r == -EBADMSG || r == -EPROTONOSUPPORT, "bit %zu: %d", bit, r);
		refused += r < 0;
		engine = engine_close(engine);
		whole.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	cr_expect_gt(refused, 20, "%zu of %zu", refused, tried);
}

Test(sqlite, a_row_of_the_wrong_shape_is_as_good_as_missing)
{
	static const char *const rows[] = {
		"UPDATE item SET id = x'00'",	       "UPDATE item SET kind = 1 << 32",
		"UPDATE item SET kind = -1",	       "UPDATE item SET ver = -1",
		"UPDATE item SET epoch = 1 << 32 | 1", "DELETE FROM item",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		PLACE place = place_new();
		BYTES whole = sample_store(&place);
		ENGINE *engine = NULL;
		char sql[160];

		snprintf(sql, sizeof(sql), "%s WHERE id = (SELECT min(id) FROM item)", rows[i]);
		cr_assert_gt(whole.size, 0);
		tamper(place.store, sql);
		engine = open_again(&place);
		cr_expect_eq(see(engine, ROW_ITEM, NULL).count, 28, "%s", rows[i]);
	}
}

Test(sqlite, an_audit_record_is_written_once)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	const struct recipient_id host = {{2}};
	const uint8_t record[] = "record";

	cr_expect_eq(engine->ops->audit_put(engine, acme, host, 1, record, sizeof(record)), 0);
	cr_expect_eq(engine->ops->audit_put(engine, acme, host, 2, record, sizeof(record)), 0);
	cr_expect_eq(engine->ops->audit_put(engine, acme, host, 2, record, sizeof(record)),
		     -EEXIST);
}

/* Two processes: the second joins the first, and each sees what the other wrote when it asks. */
Test(sqlite, who_joins_is_seen_and_sees)
{
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	ENGINE *joined = NULL;
	ENGINE *second = NULL;
	bool changed = true;

	cr_assert_eq(append_rows(engine, 1, NULL, 0), 0);
	cr_assert_eq(sqlite_join(place.store, &joined), 0);
	cr_expect_eq(sqlite_open(place.store, &second), -EBUSY);
	cr_expect_eq(head_of(engine), 1);
	cr_expect_eq(head_of(joined), 1);
	cr_assert_eq(engine->ops->renew(engine, &changed), 0);
	cr_expect_not(changed);

	cr_expect_eq(head_of(engine), 1);
	cr_assert_eq(append_rows(joined, 2, NULL, 0), 0);
	cr_expect_eq(append_rows(engine, 2, NULL, 0), -ESTALE);
	cr_assert_eq(engine->ops->renew(engine, &changed), 0);
	cr_expect(changed);
	cr_expect_eq(head_of(engine), 2);
	cr_assert_eq(engine->ops->renew(engine, &changed), 0);
	cr_expect_not(changed);
	cr_assert_eq(append_rows(engine, 3, NULL, 0), 0);
	cr_assert_eq(engine->ops->renew(engine, &changed), 0);
	cr_expect_not(changed, "our own");
	cr_assert_eq(joined->ops->renew(joined, &changed), 0);
	cr_expect(changed);
	cr_expect_eq(head_of(joined), 3);
}

/* What the one deletes the other overwrites, once. */
Test(sqlite, what_another_deleted_is_overwritten_once)
{
	static const char secret[] = "a sealed key that is deleted";
	PLACE place = place_new();
	ENGINE *engine = open_new(&place);
	ENGINE *joined = NULL;
	struct engine_row row = {
		{ROW_WRAP, id_of(1), 0, 0, 1, {{0}}}, (const uint8_t *)secret, sizeof(secret)};
	bool changed = false;

	cr_assert_eq(append_rows(engine, 1, &row, 1), 0);
	cr_assert_eq(sqlite_join(place.store, &joined), 0);
	cr_expect_eq(head_of(engine), 1);
	row.bytes = NULL;
	cr_assert_eq(append_rows(joined, 2, &row, 1), 0);
	cr_expect(store_holds(place.store, secret, sizeof(secret)));
	joined = engine_close(joined);
	cr_assert_eq(engine->ops->renew(engine, &changed), 0);
	cr_expect(changed);
	cr_expect(engine->ops->untidy(engine));
	cr_assert_eq(engine->ops->tidy(engine), 0);
	cr_expect_not(store_holds(place.store, secret, sizeof(secret)));
	/* It may look like news, but is nothing to do once more. */
	cr_assert_eq(engine->ops->renew(engine, &changed), 0);
	cr_expect_not(engine->ops->untidy(engine));
}
