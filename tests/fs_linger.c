#include "fs/linger.h"

#include <criterion/criterion.h>
#include <unistd.h>

#include "fs/tree.h"

enum { RESTS = 16, SECOND = 1000000000 };

Test(linger, who_finds_something_looks_again)
{
	struct linger linger = {0};
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	for (unsigned i = 0; i < 3; i++) {
		linger_await(&linger, ends[0]);
		cr_expect_eq(linger.rest, 0);
		linger_end(&linger, linger.since + 10);
	}
}

Test(linger, who_looks_in_vain_rests_and_then_looks_again)
{
	struct linger linger = {0};
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	linger_await(&linger, ends[0]);
	cr_expect_eq(linger.rest, RESTS);
	cr_expect_geq(tree_monotonic() - linger.since, 60000);
	for (unsigned left = RESTS; left > 0; left--) {
		linger_end(&linger, linger.since + 500000);
		linger_await(&linger, ends[0]);
		cr_expect_eq(linger.rest, left - 1);
	}
	linger_await(&linger, ends[0]);
	cr_expect_eq(linger.rest, RESTS);
}

Test(linger, after_a_pause_it_is_tried_anew)
{
	struct linger linger = {0};
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	linger_await(&linger, ends[0]);
	linger_end(&linger, linger.since + SECOND);
	cr_expect_eq(linger.rest, 0);
}

/* The mount is gone: reading says so. */
Test(linger, nobody_looks_at_a_device_that_has_ended)
{
	struct linger linger = {0};
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	close(ends[1]);
	linger_await(&linger, ends[0]);
	cr_expect_eq(linger.rest, 0);
}
