#include "fs/standing.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/acme.h"
#include "tests/fixture.h"
#include "tests/view.h"

static void expect(struct fixture *fixture, const char *part)
{
	struct node node;

	cr_expect_eq(fixture_find(fixture, OPENAI, &node), -EIO);
	view_expect_part(fixture, ".status", part);
	view_expect_part(fixture, ".status", "credfs restore tells more, and asks\"\n");
}

Test(standing, a_log_that_was_cut_is_told_with_what_was_seen)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char part[128];
	struct org *org = NULL;
	unsigned long long seen;

	acme_init(&fixture, "");
	cr_assert_eq(store_org(fixture.store, 0, &org), 0);
	seen = org_generation(org);
	fixture_tamper(&fixture, "DELETE FROM log WHERE gen > 2");
	snprintf(part, sizeof part,
		 "error=\"its log was put back to an earlier state: it is at generation 2, seen "
		 "here was %llu of 20",
		 seen);
	expect(&fixture, part);
}

Test(standing, a_log_that_is_gone_is_told)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	fixture_tamper(&fixture, "DELETE FROM log");
	expect(&fixture, "error=\"its log was removed from the store: it is at generation 0,");
}

Test(standing, another_branch_is_told)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	fixture_tamper(&fixture, "UPDATE log SET hash = zeroblob(32) WHERE gen ="
				 " (SELECT max(gen) FROM log)");
	cr_expect_eq(standing_log(fixture.store, 0, STANDING_BEFORE), 0);
	cr_expect_eq(store_org_look(fixture.store, 0, &(uint64_t){0}), -ENOTUNIQ);
}

Test(standing, those_that_are_asked_for_are_looked_at_and_how_many_are_left_is_told)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, "orgs/rival", &fixture_root), 0);
	cr_expect_eq(standing_log(fixture.store, 0, 1), 1);
	cr_expect_eq(standing_log(fixture.store, 1, 1), 0);
	cr_expect_eq(standing_log(fixture.store, 0, 16), 0);
	cr_expect_eq(standing_log(fixture.store, 16, 16), 0);
}

Test(standing, what_no_mark_tells_is_an_error_like_others)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	acme_init(&fixture, "");
	fixture_tamper(&fixture, "DELETE FROM wrap");
	cr_expect_eq(fixture_find(&fixture, OPENAI, &node), -EIO);
	view_expect_part(&fixture, ".status", " error=\"Bad message\"\n");
	cr_expect_eq(standing_log(fixture.store, 0, STANDING_BEFORE), 0);
}
