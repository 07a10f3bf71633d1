#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "fs/forget.h"

static void tell(void *context, uint64_t directory, const char *name)
{
	const int pipe = *(const int *)context;
	const char byte = name[0];

	cr_assert_eq(directory, 7);
	cr_assert_eq(write(pipe, &byte, 1), 1);
}

Test(forget, tells_each_name_in_order_in_a_thread_of_its_own)
{
	struct forget *forget = NULL;
	char told[3] = "";
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(forget_new(tell, &ends[1], &forget), 0);
	forget_name(forget, 7, "a");
	forget_name(forget, 7, "b");
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(read(ends[0], &told[i], 1), 1);
	cr_assert_str_eq(told, "ab");
	cr_assert_null(forget_free(forget));
	close(ends[0]);
	close(ends[1]);
}

Test(forget, tells_what_is_for_later_when_it_is_due_and_once)
{
	struct forget *forget = NULL;
	char told[4] = "";
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(forget_new(tell, &ends[1], &forget), 0);
	forget_later(forget, 7, "b");
	forget_later(forget, 7, "b");
	forget_name(forget, 7, "a");
	cr_assert_eq(read(ends[0], &told[0], 1), 1);
	forget_due(forget);
	forget_later(forget, 7, "c");
	forget_due(forget);
	for (size_t i = 1; i < 3; i++)
		cr_assert_eq(read(ends[0], &told[i], 1), 1);
	cr_assert_str_eq(told, "abc");
	forget_later(forget, 7, "never");
	cr_assert_null(forget_free(forget));
	close(ends[0]);
	close(ends[1]);
}

Test(forget, tells_what_is_for_later_of_one_inode_at_once)
{
	struct forget *forget = NULL;
	char told[4] = "";
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(forget_new(tell, &ends[1], &forget), 0);
	forget_later(forget, 8, "never");
	forget_later(forget, 7, "a");
	forget_later(forget, 8, "nor this");
	forget_later(forget, 7, "b");
	forget_due_of(forget, 6);
	forget_due_of(forget, 7);
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(read(ends[0], &told[i], 1), 1);
	cr_assert_str_eq(told, "ab");
	cr_assert_null(forget_free(forget));
	close(ends[0]);
	close(ends[1]);
}
