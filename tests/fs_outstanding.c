#include "fs/outstanding.h"

#include <criterion/criterion.h>

#include "tests/fixture.h"

static void intend(struct outstanding *outstanding, uint64_t unique, uint64_t generation)
{
	outstanding_intend(outstanding, &(const struct event_intent){unique, 0, generation});
}

static void answer(struct outstanding *outstanding, uint64_t unique, uint8_t byte)
{
	outstanding_answer(outstanding, unique, &byte, 1);
}

static void note(void *context, const struct event_intent *event)
{
	uint64_t *withdrawn = context; /* a bit for each */

	*withdrawn |= UINT64_C(1) << event->unique;
}

static void judge_in(struct outstanding *outstanding, const char *configuration,
		     uint64_t *ret_withdrawn, uint64_t *ret_generation)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct org *org = NULL;

	fixture_init(&fixture, configuration);
	cr_assert_eq(fixture_make(&fixture, "orgs/acme", &fixture_root), 0);
	cr_assert_eq(store_org(fixture.store, 0, &org), 0);
	*ret_generation = org_generation(org);
	*ret_withdrawn = 0;
	for (size_t i = 0; i < outstanding->intended; i++)
		outstanding->intents[i].event.generation += *ret_generation;
	outstanding_judge(outstanding, &fixture.tree, note, ret_withdrawn);
}

Test(outstanding, what_an_organisation_has_gone_beyond_is_done_and_the_rest_is_withdrawn)
{
	struct outstanding outstanding = {.intended = 0};
	uint64_t withdrawn, generation;

	/* Two that were to be made together before the last entry, and one that is not done. */
	intend(&outstanding, 1, (uint64_t)-1);
	intend(&outstanding, 2, (uint64_t)-1);
	intend(&outstanding, 3, 0);
	judge_in(&outstanding, "", &withdrawn, &generation);
	cr_expect_eq(outstanding_done(&outstanding, 1)->generation, generation - 1);
	cr_expect_not_null(outstanding_done(&outstanding, 2));
	cr_expect_null(outstanding_done(&outstanding, 3));
	cr_expect_null(outstanding_done(&outstanding, 4));
	cr_expect_eq(withdrawn, 1 << 3);
}

Test(outstanding, what_was_withdrawn_is_never_done)
{
	struct outstanding outstanding = {.intended = 0};
	uint64_t withdrawn, generation;

	intend(&outstanding, 1, (uint64_t)-1);
	intend(&outstanding, 1, UINT64_MAX / 2);
	judge_in(&outstanding, "", &withdrawn, &generation);
	cr_expect_null(outstanding_done(&outstanding, 1));
	cr_expect_eq(outstanding.intended, 1);
}

Test(outstanding, what_was_answered_is_answered_so_again)
{
	struct outstanding outstanding = {.intended = 0};

	intend(&outstanding, 1, 0);
	intend(&outstanding, 2, 0);
	answer(&outstanding, 1, 'a');
	answer(&outstanding, 3, 'c');
	cr_expect_eq(outstanding_find(&outstanding, 1)->bytes[0], 'a');
	cr_expect_eq(outstanding_find(&outstanding, 3)->bytes[0], 'c');
	cr_expect_eq(outstanding_find(&outstanding, 3)->size, 1);
	cr_expect_null(outstanding_find(&outstanding, 2));
	cr_expect_null(outstanding_find(&outstanding, 0));
	cr_expect_eq(outstanding.intended, 1);
	cr_expect_eq(outstanding.intents[0].event.unique, 2);
}

Test(outstanding, the_last_of_more_than_there_can_be_are_kept)
{
	struct outstanding outstanding = {.intended = 0};

	for (uint64_t i = 1; i <= 3 * OUTSTANDING_MAX; i++) {
		intend(&outstanding, i, 0);
		answer(&outstanding, 100 + i, (uint8_t)i);
	}
	cr_expect_eq(outstanding.intended, OUTSTANDING_MAX);
	for (uint64_t i = 1; i <= 3 * OUTSTANDING_MAX; i++) {
		const bool kept = i > 2 * OUTSTANDING_MAX;

		cr_expect_eq(outstanding_find(&outstanding, 100 + i) != NULL, kept, "%d", (int)i);
	}
	cr_expect_eq(outstanding.intents[0].event.unique, 2 * OUTSTANDING_MAX + 1);
}
