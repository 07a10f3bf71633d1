#include "store/survey.h"

#include <criterion/criterion.h>

#include "tests/small_store.h"

enum { TOLD_MAX = 8 };

struct seen {
	char told[TOLD_MAX][128]; /* "organisation|record|reason" */
	size_t count;
	size_t watched, stop_at;
	int error;
};

static int tell(void *context, const struct survey_finding *finding)
{
	struct seen *seen = context;

	cr_assert_lt(seen->count, TOLD_MAX);
	snprintf(seen->told[seen->count++], sizeof(seen->told[0]), "%s|%s|%s",
		 finding->org ? finding->org : "", finding->record, finding->reason);
	return seen->error;
}

static bool watch(void *context, uint64_t done, uint64_t total)
{
	struct seen *seen = context;

	cr_expect_leq(done, total);
	return ++seen->watched != seen->stop_at;
}

static int survey(struct small_store *small, const struct pins *pins, struct seen *seen,
		  struct survey *ret)
{
	const struct survey_host host = {small->pool, small->identity.host, pins};
	const struct survey_watch watching = {tell, watch, seen};

	return survey_store(small->place.store, &host, &watching, ret);
}

/* The survey of a closed store with its own pins, that tells what is expected, in any order. */
static struct survey survey_of(struct small_store *small, const char *const *expected)
{
	CLEANUP(pins_closep) struct pins *pins = NULL;
	struct survey result = {0};
	struct seen seen = {.count = 0};
	size_t count = 0;

	cr_assert_eq(pins_open(small->place.pins, small->identity.host, &pins), 0);
	cr_assert_eq(survey(small, pins, &seen, &result), 0);
	for (; expected && expected[count]; count++) {
		bool told = false;

		for (size_t i = 0; i < seen.count; i++)
			told = told || strcmp(seen.told[i], expected[count]) == 0;
		cr_expect(told, "%s", expected[count]);
	}
	cr_expect_eq(seen.count, count, "%s", seen.told[0]);
	return result;
}

static void furnish(struct small_store *small)
{
	small_store_init(small);
	small_store_add(small, "acme");
	small_store_add(small, "other");
	small_store_set(small, 0, 1);
	small_store_set(small, 0, 2);
}

Test(survey, of_a_whole_store_finds_nothing)
{
	SMALL_STORE small;
	furnish(&small);
	CLEANUP_SURVEY struct survey result = survey_of(&small, NULL); /* while it is open */

	cr_assert_eq(result.count, 2);
	cr_expect_str_eq(result.orgs[0].name, "acme");
	cr_expect_eq(result.orgs[0].standing, SURVEY_HOLDS);
	cr_expect_eq(result.orgs[0].found.generation, 4);
	cr_expect_eq(result.orgs[0].seen.generation, 2, "marks follow after");
	cr_expect_eq(result.orgs[0].records, 3);
	cr_expect_eq(result.orgs[0].values, 2);
	cr_expect_eq(result.orgs[0].can, CAN_MANAGE);
	cr_expect_str_eq(result.orgs[1].name, "other");
	cr_expect_eq(result.orgs[1].records, 1);
}

Test(survey, names_what_is_wrong)
{
	static const struct {
		const char *sql;
		const char *expected[3];
	} rows[] = {
		{"UPDATE value SET ct = zeroblob(length(ct)) WHERE ver = 1",
		 {"acme|openai/api_key version 1|was altered"}},
		{"DELETE FROM value WHERE ver = 2", {"acme|openai/api_key version 2|is missing"}},
		{"UPDATE item SET ct = zeroblob(length(ct)) WHERE kind = 6",
		 {"acme|field 02000000000000000000000000000000|was altered"}},
		{"DELETE FROM item WHERE kind = 5",
		 {"acme|account 01000000000000000000000000000000|is missing"}},
		{"INSERT INTO value SELECT org, id, 9, epoch, ct FROM value WHERE ver = 1",
		 {"acme||1 rows that its log does not speak of"}},
		{"UPDATE value SET epoch = 7 WHERE ver = 1",
		 {"acme|openai/api_key version 1|was altered"}},
		{"UPDATE meta SET v = x'00'", {NULL}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		SMALL_STORE small;
		furnish(&small);
		struct survey result;

		small_store_close(&small);
		tamper(small.place.store, rows[i].sql);
		result = survey_of(&small, rows[i].expected);
		cr_expect_eq(result.orgs[0].findings, rows[i].expected[0] != NULL, "%s",
			     rows[i].sql);
		cr_expect_eq(result.orgs[0].standing, SURVEY_HOLDS);
		cr_expect_eq(result.orgs[1].findings, 0);
		survey_done(&result);
	}
}

/* Two that a hostile or a former writer has signed; who writes by the rules does not. */
Test(survey, names_a_record_that_another_of_its_name_hides)
{
	static const char *const expected[] = {
		"acme|account openai|has the name of another, which is served", NULL};
	static char name[] = "openai";
	SMALL_STORE small;
	furnish(&small);
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_SURVEY struct survey result = {0};
	struct org *org = NULL;
	const struct record second = {.id = {{9}}, .kind = RECORD_ACCOUNT, .name = name};

	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put(change, &second), 0);
	cr_assert_eq(store_org(small.store, 0, &org), 0);
	cr_assert_eq(org_commit(org, change), 0);
	result = survey_of(&small, expected);
	cr_expect_eq(result.orgs[0].findings, 1);
}

Test(survey, holds_each_log_against_what_was_seen)
{
	static const struct {
		const char *sql;
		enum survey_standing standing;
		uint64_t found;
		int error;
	} rows[] = {
		{"DELETE FROM log WHERE gen > 2 AND org IN (SELECT org FROM log WHERE gen = 4)",
		 SURVEY_BEHIND, 2, 0},
		{"DELETE FROM log WHERE org IN (SELECT org FROM log WHERE gen = 4)", SURVEY_GONE, 0,
		 -ENOENT},
		{"UPDATE log SET entry = (SELECT entry FROM log WHERE gen = 4) WHERE gen = 3",
		 SURVEY_BROKEN, 2, -EBADMSG},
		{"DELETE FROM wrap", SURVEY_BROKEN, 4, -EBADMSG},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		SMALL_STORE small;
		furnish(&small);
		CLEANUP(pins_closep) struct pins *pins = NULL;
		CLEANUP_SURVEY struct survey result = {0};
		struct seen seen = {.count = 0};

		small_store_close(&small);
		tamper(small.place.store, rows[i].sql);
		cr_assert_eq(pins_open(small.place.pins, small.identity.host, &pins), 0);
		cr_assert_eq(survey(&small, pins, &seen, &result), 0);
		cr_expect_eq(result.orgs[0].standing, rows[i].standing, "%s: %d", rows[i].sql,
			     result.orgs[0].standing);
		cr_expect_eq(result.orgs[0].found.generation, rows[i].found, "%s", rows[i].sql);
		cr_expect_eq(result.orgs[0].error, rows[i].error, "%s", rows[i].sql);
		cr_expect_eq(result.orgs[0].seen.generation, 4);
	}
}

Test(survey, lists_what_is_not_pinned_here)
{
	SMALL_STORE small;
	furnish(&small);
	CLEANUP_SURVEY struct survey result = {0};
	__attribute__((unused))
	CLEANUP(recipient_freep) struct recipient *host = small.identity.host;
	struct seen seen = {.count = 0};

	small_store_close(&small);
	/* A hint for those who poll: nobody is hidden by taking it away. */
	tamper(small.place.store, "DELETE FROM head");
	cr_assert_eq(survey(&small, NULL, &seen, &result), 0);
	cr_assert_eq(result.count, 2);
	for (size_t i = 0; i < 2; i++) {
		cr_expect_eq(result.orgs[i].standing, SURVEY_NEW);
		cr_expect(strcmp(result.orgs[i].name, "acme") == 0 ||
			  strcmp(result.orgs[i].name, "other") == 0);
	}
	survey_done(&result);
	cr_assert_eq(recipient_generate(small.pool, &small.identity.host), 0);
	cr_assert_eq(survey(&small, NULL, &seen, &result), 0);
	cr_assert_eq(result.count, 2);
	for (size_t i = 0; i < 2; i++) {
		cr_expect_eq(result.orgs[i].standing, SURVEY_FOREIGN);
		cr_expect_eq(result.orgs[i].error, -EKEYREJECTED);
		cr_expect_null(result.orgs[i].name);
	}
	cr_expect_eq(seen.count, 0);
}

Test(survey, ends_when_it_is_told_to)
{
	SMALL_STORE small;
	furnish(&small);
	CLEANUP_SURVEY struct survey result = {0};
	struct seen seen = {.stop_at = 1};

	for (uint64_t i = 3; i < 80; i++)
		small_store_set(&small, 0, i);
	cr_expect_eq(survey(&small, store_pins(small.store), &seen, &result), -ECANCELED);
	small_store_close(&small);
	tamper(small.place.store, "DELETE FROM value");
	seen = (struct seen){.error = -EXFULL};
	cr_expect_eq(survey(&small, NULL, &seen, &result), -EXFULL);
	cr_expect_eq(seen.count, 1);
}

Test(survey, needs_a_database)
{
	SMALL_STORE small;
	furnish(&small);
	CLEANUP_SURVEY struct survey result = {0};
	struct seen seen = {.count = 0};

	small_store_close(&small);
	file_write(small.place.store, "rubbish", 7);
	cr_expect_eq(survey(&small, NULL, &seen, &result), -EBADMSG);
	cr_assert_eq(unlink(small.place.store), 0);
	cr_expect_eq(survey(&small, NULL, &seen, &result), -ENOENT);
}
