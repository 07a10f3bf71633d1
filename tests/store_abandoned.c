#include "store/abandoned.h"

#include <criterion/criterion.h>

#define LIST CLEANUP(abandoned_freep) struct abandoned

static const struct digest end = {{0xed}}, other = {{0x07}};

static void add(struct abandoned **list, uint64_t since, uint64_t generation)
{
	const struct mark mark = {.generation = generation, .head = end};
	struct abandoned *one = NULL;

	cr_assert_eq(abandoned_new(since, &mark, &one), 0);
	*list = abandoned_join(one, *list);
}

/* Entry 6 abandons what went up to 10, entry 20 an end of 8. */
static struct abandoned *two_ends(void)
{
	struct abandoned *list = NULL;

	add(&list, 6, 10);
	add(&list, 20, 8);
	return list;
}

Test(abandoned, covers_the_end_and_what_leads_to_it)
{
	static const struct {
		uint64_t generation;
		const struct digest *head;
		bool covered;
	} rows[] = {
		{10, &end, true},  {10, &other, false}, {9, &other, true},  {6, &other, true},
		{5, &end, false},  {5, &other, false},	{11, &end, false},  {8, &end, true},
		{20, &end, false}, {15, &end, false},	{1, &other, false},
	};
	LIST *list = two_ends();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct mark mark = {.generation = rows[i].generation, .head = *rows[i].head};

		cr_expect_eq(abandoned_covers(list, &mark), rows[i].covered, "row %zu", i);
	}
}

Test(abandoned, nothing_covers_nothing)
{
	const struct mark mark = {.generation = 2, .head = end};
	struct abandoned *list = NULL;

	cr_expect_not(abandoned_covers(NULL, &mark));
	cr_expect_null(abandoned_join(NULL, NULL));
	add(&list, 2, 2);
	cr_expect_eq(abandoned_join(NULL, list), list);
	cr_expect(abandoned_covers(list, &mark));
	cr_expect_null(abandoned_free(list));
	cr_expect_null(abandoned_free(NULL));
}
