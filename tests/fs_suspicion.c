#include <criterion/criterion.h>

#include "fs/suspicion.h"

struct ending {
	uint64_t request;
	bool by_itself;
};

/* After how many endings it is proven; 0: never. */
static unsigned proven_after(const struct ending *endings, unsigned count)
{
	struct suspicion suspicion = {0};

	for (unsigned i = 0; i < count; i++) {
		if (suspicion_note(&suspicion, endings[i].request, endings[i].by_itself))
			return i + 1;
	}
	return 0;
}

Test(suspicion, three_that_end_by_themselves_prove_it)
{
	const struct ending endings[] = {{7, true}, {7, true}, {7, true}};

	cr_expect_eq(proven_after(endings, 3), 3);
}

Test(suspicion, whoever_kills_must_do_it_often)
{
	struct ending endings[20];

	for (unsigned i = 0; i < 20; i++)
		endings[i] = (struct ending){7, false};
	cr_expect_eq(proven_after(endings, 20), 12);
}

Test(suspicion, another_request_begins_anew)
{
	const struct ending endings[] = {{7, true}, {7, true}, {8, true}, {7, true},
					 {0, true}, {7, true}, {7, true}};

	cr_expect_eq(proven_after(endings, 7), 0);
}

Test(suspicion, no_request_is_not_to_blame)
{
	struct ending endings[20];

	for (unsigned i = 0; i < 20; i++)
		endings[i] = (struct ending){0, true};
	cr_expect_eq(proven_after(endings, 20), 0);
}
