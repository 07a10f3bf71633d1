#include "fs/batch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "store/sqlite.h"
#include "tests/fixture.h"

#define KEY(account) "orgs/acme/" account "/api_key"

enum { WRITERS = BATCH_MAX };

/* Writers of one value each, all of which close at once; and how it ended for each. */
struct office {
	struct fixture fixture;
	const char *paths[WRITERS];
	uint64_t numbers[WRITERS];
	struct batch batch;
	int results[WRITERS];
	size_t ends;
	size_t turn;
	int intended[WRITERS]; /* how often, less what was withdrawn */
	size_t intents, withdrawals;
};

static void take_turn(void *context, size_t index)
{
	struct office *office = context;

	office->turn = index;
}

static void take_end(void *context, size_t index, int result)
{
	struct office *office = context;

	cr_expect_eq(office->turn, index, "it is his turn");
	cr_expect_eq(office->results[index], 1, "for the first time");
	office->results[index] = result;
	office->ends++;
}

static void intend(void *context, size_t pin, uint64_t time)
{
	struct office *office = context;

	(void)pin;
	cr_expect_neq(time, 0);
	cr_expect_eq(office->intended[office->turn]++, 0);
	office->intents++;
}

static void withdraw(void *context, size_t pin)
{
	struct office *office = context;

	(void)pin;
	office->intended[office->turn]--;
	office->withdrawals++;
}

/* From now on what is intended is watched. */
static void watch(struct office *office)
{
	office->fixture.tree.invalidate = NULL;
	office->fixture.tree.forget_name = NULL;
	office->fixture.tree.intend = intend;
	office->fixture.tree.withdraw = withdraw;
	office->fixture.tree.kernel = office;
}

static void open_office(struct office *office, const char *configuration)
{
	*office = (struct office){.ends = 0};
	fixture_init(&office->fixture, configuration);
	office->batch = (struct batch){
		.tree = &office->fixture.tree,
		.turn = take_turn,
		.end = take_end,
		.context = office,
	};
	cr_assert_eq(fixture_make(&office->fixture, "orgs/acme", &fixture_root), 0);
}

static void close_office(struct office *office)
{
	for (size_t i = 0; i < office->batch.count; i++)
		handles_close(office->fixture.handles, &office->fixture.tree, office->numbers[i]);
	fixture_done(&office->fixture);
}
#define OFFICE CLEANUP(close_office) struct office

static void account(struct office *office, const char *path)
{
	cr_assert_eq(fixture_make(&office->fixture, path, &fixture_root), 0);
}

/* Another who has written a value, and will close. */
static void writer(struct office *office, const char *path, const char *value)
{
	const struct draft_write write = {0, (const uint8_t *)value, strlen(value), 7};
	const size_t at = office->batch.count++;
	struct draft *draft;

	cr_assert_eq(fixture_open(&office->fixture, path, O_WRONLY | O_CREAT | O_TRUNC,
				  &fixture_root, &office->numbers[at]),
		     0);
	draft = handle_draft(handles_get(office->fixture.handles, office->numbers[at]));
	cr_assert_eq(draft_write(&office->fixture.tree, draft, &write), 0);
	cr_assert(draft_may_wait(draft));
	office->paths[at] = path;
	office->batch.drafts[at] = draft;
	office->results[at] = 1;
}

static void expect(struct office *office, const char *path, const char *expected)
{
	char content[4096];
	int r = fixture_read(&office->fixture, path, content);

	if (expected) {
		cr_expect_eq(r, 0, "%s", path);
		cr_expect_str_eq(content, expected, "%s", path);
	} else {
		cr_expect_eq(r, -ENOENT, "%s", path);
	}
}

static uint64_t generation(struct office *office)
{
	struct org *org = NULL;

	cr_assert_eq(store_org(office->fixture.store, 0, &org), 0);
	return org_generation(org);
}

/* Three writers in accounts of their own. */
static void three(struct office *office)
{
	account(office, "orgs/acme/a");
	account(office, "orgs/acme/b");
	account(office, "orgs/acme/c");
	writer(office, KEY("a"), "one");
	writer(office, KEY("b"), "two");
	writer(office, KEY("c"), "three");
}

static void expect_three(struct office *office, bool there)
{
	expect(office, KEY("a"), there ? "one" : NULL);
	expect(office, KEY("b"), there ? "two" : NULL);
	expect(office, KEY("c"), there ? "three" : NULL);
}

Test(batch, writers_of_several_accounts_are_one_entry)
{
	OFFICE office;
	uint64_t before;

	open_office(&office, "");
	three(&office);
	before = generation(&office);
	expect_three(&office, false);
	watch(&office);
	batch_commit(&office.batch);
	cr_expect_eq(office.intents, 3);
	cr_expect_eq(office.withdrawals, 0);
	cr_expect_eq(office.ends, 3);
	for (size_t i = 0; i < 3; i++)
		cr_expect_eq(office.results[i], 0);
	expect_three(&office, true);
	cr_expect_eq(generation(&office), before + 1);
	fixture_restart(&office.fixture);
	office.batch.count = 0;
	expect_three(&office, true);
}

Test(batch, of_two_in_one_account_the_second_sees_the_first)
{
	OFFICE office;
	uint64_t before;

	open_office(&office, "");
	account(&office, "orgs/acme/openai");
	cr_assert_eq(fixture_put(&office.fixture, KEY("openai"), "sk-old"), 0);
	account(&office, "orgs/acme/b");
	writer(&office, "orgs/acme/openai/api_base", "https://proxy.example/v1");
	writer(&office, KEY("b"), "two");
	writer(&office, KEY("openai"), "sk-new");
	writer(&office, KEY("openai"), "sk-newer");
	before = generation(&office);
	batch_commit(&office.batch);
	cr_expect_eq(office.ends, 4);
	for (size_t i = 0; i < 4; i++)
		cr_expect_eq(office.results[i], 0, "%zu", i);
	expect(&office, "orgs/acme/openai/api_base", "https://proxy.example/v1");
	expect(&office, KEY("openai"), "sk-newer");
	expect(&office, KEY("b"), "two");
	cr_expect_eq(generation(&office), before + 3);
	expect(&office, "orgs/acme/openai/.history/api_key/2", "sk-new");
}

Test(batch, who_is_refused_harms_nobody_else)
{
	OFFICE office;

	open_office(&office, "");
	three(&office);
	account(&office, "orgs/acme/vertex");
	writer(&office, "orgs/acme/vertex/service_account.json",
	       "{\"type\": \"service_account\", ");
	batch_commit(&office.batch);
	cr_expect_eq(office.ends, 4);
	for (size_t i = 0; i < 3; i++)
		cr_expect_eq(office.results[i], 0);
	cr_expect_eq(office.results[3], -EKEYREJECTED);
	expect_three(&office, true);
	expect(&office, "orgs/acme/vertex/service_account.json", NULL);
}

Test(batch, writers_of_several_organisations_are_committed_together)
{
	OFFICE office;

	open_office(&office, "");
	cr_assert_eq(fixture_make(&office.fixture, "orgs/other", &fixture_root), 0);
	three(&office);
	account(&office, "orgs/other/a");
	writer(&office, "orgs/other/a/api_key", "elsewhere");
	batch_commit(&office.batch);
	cr_expect_eq(office.ends, 4);
	for (size_t i = 0; i < 4; i++)
		cr_expect_eq(office.results[i], 0);
	expect_three(&office, true);
	expect(&office, "orgs/other/a/api_key", "elsewhere");
}

Test(batch, what_was_there_already_is_no_change)
{
	OFFICE office;
	uint64_t before;

	open_office(&office, "");
	three(&office);
	account(&office, "orgs/acme/d");
	cr_assert_eq(fixture_put(&office.fixture, KEY("d"), "four"), 0);
	writer(&office, KEY("d"), "four");
	before = generation(&office);
	batch_commit(&office.batch);
	cr_expect_eq(office.ends, 4);
	cr_expect_eq(office.results[3], 0);
	cr_expect_eq(generation(&office), before + 1);
	expect(&office, "orgs/acme/d/.history/api_key/2", NULL);
}

/* The file system lets no file grow, and none be written. */
Test(batch, none_is_there_when_nothing_can_be_written_and_all_are_told)
{
	struct rlimit limit;
	OFFICE office;

	open_office(&office, "[audit]\nmode = best-effort\n");
	three(&office);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 0;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	batch_commit(&office.batch);
	limit.rlim_cur = limit.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_eq(office.ends, 3);
	for (size_t i = 0; i < 3; i++)
		cr_expect_eq(office.results[i], -EIO);
	expect_three(&office, false);
	fixture_restart(&office.fixture);
	office.batch.count = 0;
	expect_three(&office, false);
}

/* An account that another process makes. */
static void write_elsewhere(struct office *office)
{
	static const uint8_t seed[RECIPIENT_SEED_SIZE] = {7}; /* the fixture's */
	struct fixture *fixture = &office->fixture;
	CLEANUP(engine_closep) struct engine *engine = NULL;
	CLEANUP(recipient_freep) struct recipient *host = NULL;
	CLEANUP(org_freep) struct org *org = NULL;
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record record = {.kind = RECORD_ACCOUNT, .name = strdup("first")};

	record.id = record_id_new();
	cr_assert_eq(sqlite_join(fixture->settings->store_path, &engine), 0);
	cr_assert_eq(recipient_from_seed(fixture->pool, seed, &host), 0);
	cr_assert_eq(org_load(engine, fixture->pool, host,
			      &pins_get(store_pins(fixture->store), 0)->fingerprint, &org),
		     0);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put(change, &record), 0);
	cr_assert_eq(org_commit(org, change), 0);
}

Test(batch, another_writer_was_first_and_is_followed)
{
	struct node node;
	OFFICE office;

	open_office(&office, "");
	three(&office);
	write_elsewhere(&office);
	watch(&office);
	batch_commit(&office.batch);
	/* Together, which did not succeed, and then each by himself. */
	cr_expect_eq(office.intents, 6);
	cr_expect_eq(office.withdrawals, 3);
	cr_expect_eq(office.ends, 3);
	for (size_t i = 0; i < 3; i++)
		cr_expect_eq(office.results[i], 0);
	expect_three(&office, true);
	cr_expect_eq(fixture_find(&office.fixture, "orgs/acme/first", &node), 0);
}

static size_t count_lines(struct office *office, const char *what)
{
	char log[4096];
	size_t count = 0;

	cr_assert_eq(fixture_read(&office->fixture, "orgs/acme/audit.log", log), 0);
	for (const char *at = log; (at = strstr(at, what)); at++)
		count++;
	return count;
}

Test(batch, each_is_on_record)
{
	OFFICE office;

	open_office(&office, "");
	three(&office);
	cr_expect_eq(count_lines(&office, "\"operation\":\"create\""), 0);
	batch_commit(&office.batch);
	cr_expect_eq(count_lines(&office, "\"operation\":\"create\""), 3);
}
