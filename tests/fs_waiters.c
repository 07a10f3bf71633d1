#include <criterion/criterion.h>

#include "fs/waiters.h"

/* Stands for what the FUSE library hands out; only its address counts. */
static int polls[3];
static int woken;
static int dropped;

static struct fuse_pollhandle *poll_of(int index)
{
	return (struct fuse_pollhandle *)(void *)&polls[index];
}

static void wake(struct fuse_pollhandle *poll)
{
	woken += *(int *)(void *)poll;
}

static void drop(struct fuse_pollhandle *poll)
{
	dropped += *(int *)(void *)poll;
}

static struct waiters *begin(void)
{
	struct waiters *waiters = NULL;

	for (int i = 0; i < 3; i++)
		polls[i] = 1 << i;
	cr_assert_eq(waiters_new(wake, drop, &waiters), 0);
	return waiters;
}

Test(waiters, all_of_a_file_are_woken_once)
{
	struct waiters *waiters = begin();

	cr_assert_eq(waiters_put(waiters, 1, 10, poll_of(0)), 0);
	cr_assert_eq(waiters_put(waiters, 2, 10, poll_of(1)), 0);
	cr_assert_eq(waiters_put(waiters, 3, 11, poll_of(2)), 0);
	waiters_wake(waiters, 10);
	cr_assert_eq(woken, 3);
	waiters_wake(waiters, 10);
	cr_assert_eq(woken, 3);
	waiters_free(waiters);
	cr_assert_eq(dropped, 4);
}

Test(waiters, a_handle_waits_once)
{
	struct waiters *waiters = begin();

	cr_assert_eq(waiters_put(waiters, 1, 10, poll_of(0)), 0);
	cr_assert_eq(waiters_put(waiters, 1, 10, poll_of(1)), 0);
	cr_assert_eq(dropped, 1);
	waiters_drop(waiters, 1);
	cr_assert_eq(dropped, 3);
	waiters_wake(waiters, 10);
	cr_assert_eq(woken, 0);
	waiters_free(waiters);
}
