#include "fs/outstanding.h"

#include <criterion/criterion.h>

#include "store/rekey.h"
#include "tests/fixture.h"

static void intend(struct outstanding *outstanding, uint64_t unique, uint64_t generation,
		   uint64_t time)
{
	outstanding_intend(outstanding, &(const struct event_intent){unique, 0, generation, time});
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

enum { OURS = 1000, OTHERS = 2000 }; /* times of entries */

/* A project more, by an entry of this time; as the host whose key the fixture has. */
static void write_at(struct org *org, const char *name, uint64_t time)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record record = {
		.id = record_id_new(), .kind = RECORD_PROJECT, .name = strdup(name)};

	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put(change, &record), 0);
	cr_assert_eq(org_commit_at(org, change, time), 0);
}

/*
 * Judged by an organisation in which this was written above the generation that intents of 0 have:
 * a new epoch, what was intended for OURS, and what another process wrote.
 */
static void judge(struct outstanding *outstanding, uint64_t *ret_withdrawn,
		  uint64_t *ret_generation)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct org *org = NULL;
	struct rekey rekey;

	fixture_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, "orgs/acme", &fixture_root), 0);
	cr_assert_eq(store_org(fixture.store, 0, &org), 0);
	*ret_generation = org_generation(org);
	*ret_withdrawn = 0;
	rekey = org_rekey(org);
	cr_assert_eq(rekey_rotate(&rekey), 0);
	write_at(org, "ours", OURS);
	write_at(org, "others", OTHERS);
	for (size_t i = 0; i < outstanding->intended; i++)
		outstanding->intents[i].event.generation += *ret_generation;
	outstanding_judge(outstanding, &fixture.tree, note, ret_withdrawn);
}

Test(outstanding, what_was_written_is_done_and_the_rest_is_withdrawn)
{
	struct outstanding outstanding = {.intended = 0};
	uint64_t withdrawn, generation;

	/* Two that were to be made together. */
	intend(&outstanding, 1, 0, OURS);
	intend(&outstanding, 2, 0, OURS);
	/* Others have written since, but not that. */
	intend(&outstanding, 3, 0, OURS + 1);
	/* That entry is older than the intent. */
	intend(&outstanding, 4, 2, OURS);
	/* Nobody has written since. */
	intend(&outstanding, 5, 3, OURS);
	judge(&outstanding, &withdrawn, &generation);
	cr_assert_not_null(outstanding_done(&outstanding, 1));
	cr_expect_eq(outstanding_done(&outstanding, 1)->generation, generation);
	cr_expect_not_null(outstanding_done(&outstanding, 2));
	for (uint64_t unique = 3; unique <= 6; unique++)
		cr_expect_null(outstanding_done(&outstanding, unique), "%d", (int)unique);
	cr_expect_eq(withdrawn, 1 << 3 | 1 << 4 | 1 << 5);
}

Test(outstanding, what_was_withdrawn_is_never_done)
{
	struct outstanding outstanding = {.intended = 0};
	uint64_t withdrawn, generation;

	intend(&outstanding, 1, 0, OURS);
	intend(&outstanding, 1, UINT64_MAX / 2, 0);
	intend(&outstanding, 2, 0, 0);
	judge(&outstanding, &withdrawn, &generation);
	cr_expect_null(outstanding_done(&outstanding, 1));
	cr_expect_null(outstanding_done(&outstanding, 2));
	cr_expect_eq(outstanding.intended, 2);
}

Test(outstanding, what_was_answered_is_answered_so_again)
{
	struct outstanding outstanding = {.intended = 0};

	intend(&outstanding, 1, 0, OURS);
	intend(&outstanding, 2, 0, OURS);
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
		intend(&outstanding, i, 0, OURS);
		answer(&outstanding, 100 + i, (uint8_t)i);
	}
	cr_expect_eq(outstanding.intended, OUTSTANDING_MAX);
	for (uint64_t i = 1; i <= 3 * OUTSTANDING_MAX; i++) {
		const bool kept = i > 2 * OUTSTANDING_MAX;

		cr_expect_eq(outstanding_find(&outstanding, 100 + i) != NULL, kept, "%d", (int)i);
	}
	cr_expect_eq(outstanding.intents[0].event.unique, 2 * OUTSTANDING_MAX + 1);
}
