#include <criterion/criterion.h>

#include "fs/inodes.h"

static const struct node one = {NODE_FIELD, 0, {{1}}, 0};
static const struct node two = {NODE_FIELD, 1, {{2}}, 0};

Test(inodes, an_entry_lives_while_the_kernel_remembers_it)
{
	CLEANUP(inodes_freep) struct inodes *inodes = NULL;
	struct inode *inode = NULL;

	cr_assert_eq(inodes_new(&inodes), 0);
	cr_assert_eq(inodes_add(inodes, 42, &one, &inode), 0);
	inodes_remember(inodes, inode);
	inodes_remember(inodes, inode);
	inodes_forget(inodes, 42, 1);
	cr_assert_eq(inodes_get(inodes, 42), inode);
	inodes_forget(inodes, 42, 1);
	cr_assert_null(inodes_get(inodes, 42));
	cr_assert_eq(inodes_count(inodes), 0);
}

Test(inodes, one_that_was_never_counted_can_be_taken_back)
{
	CLEANUP(inodes_freep) struct inodes *inodes = NULL;
	struct inode *inode = NULL;

	cr_assert_eq(inodes_new(&inodes), 0);
	cr_assert_eq(inodes_add(inodes, 42, &one, &inode), 0);
	inodes_forget(inodes, 42, 0);
	cr_assert_null(inodes_get(inodes, 42));
}

Test(inodes, taking_back_leaves_one_that_the_kernel_knows)
{
	CLEANUP(inodes_freep) struct inodes *inodes = NULL;
	struct inode *inode = NULL;

	cr_assert_eq(inodes_new(&inodes), 0);
	cr_assert_eq(inodes_add(inodes, 42, &one, &inode), 0);
	inodes_remember(inodes, inode);
	inodes_forget(inodes, 42, 0);
	cr_assert_not_null(inodes_get(inodes, 42));
}

Test(inodes, two_objects_never_share_a_number)
{
	CLEANUP(inodes_freep) struct inodes *inodes = NULL;
	struct inode *inode = NULL;
	struct inode *again = NULL;

	cr_assert_eq(inodes_new(&inodes), 0);
	cr_assert_eq(inodes_add(inodes, 42, &one, &inode), 0);
	cr_assert_eq(inodes_add(inodes, 42, &one, &again), 0);
	cr_assert_eq(inode, again);
	cr_assert_eq(inodes_add(inodes, 42, &two, &again), -EIO);
}

Test(inodes, forgetting_more_than_was_told_is_forgetting)
{
	CLEANUP(inodes_freep) struct inodes *inodes = NULL;
	struct inode *inode = NULL;

	cr_assert_eq(inodes_new(&inodes), 0);
	inodes_forget(inodes, 7, 3);
	cr_assert_eq(inodes_add(inodes, 42, &one, &inode), 0);
	inodes_remember(inodes, inode);
	inodes_forget(inodes, 42, 99);
	cr_assert_null(inodes_get(inodes, 42));
}

static void sum(void *context, uint64_t number)
{
	*(uint64_t *)context += number;
}

Test(inodes, each_visits_one_organisation)
{
	CLEANUP(inodes_freep) struct inodes *inodes = NULL;
	struct inode *inode = NULL;
	uint64_t total = 0;

	cr_assert_eq(inodes_new(&inodes), 0);
	for (uint64_t i = 1; i <= 100; i++) {
		struct node node = one;

		node.number = i;
		node.pin = i % 2;
		cr_assert_eq(inodes_add(inodes, i, &node, &inode), 0);
	}
	inodes_each(inodes, 1, sum, &total);
	cr_assert_eq(total, 2500, "the odd numbers up to 99");
}
