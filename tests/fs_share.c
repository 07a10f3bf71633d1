#include <criterion/criterion.h>

#include "fs/share.h"

Test(share, who_reaches_his_is_refused_while_the_others_go_on)
{
	CLEANUP(shares_freep) struct shares *shares = NULL;

	cr_assert_eq(shares_new(100, &shares), 0);
	cr_assert_eq(shares_take(shares, 1000, 60), 0);
	cr_assert_eq(shares_take(shares, 1000, 41), -EDQUOT);
	cr_assert_eq(shares_take(shares, 1000, 40), 0);
	cr_assert_eq(shares_take(shares, 1001, 100), 0);
	cr_assert_eq(shares_take(shares, 1001, UINT64_MAX), -EDQUOT);
}

Test(share, what_is_given_back_can_be_taken_again)
{
	CLEANUP(shares_freep) struct shares *shares = NULL;

	cr_assert_eq(shares_new(100, &shares), 0);
	cr_assert_eq(shares_take(shares, 1000, 100), 0);
	shares_give(shares, 1000, 30);
	cr_assert_eq(shares_take(shares, 1000, 31), -EDQUOT);
	cr_assert_eq(shares_take(shares, 1000, 30), 0);
	shares_give(shares, 1000, 1000);
	shares_give(shares, 4711, 1);
	cr_assert_eq(shares_take(shares, 1000, 100), 0);
}

Test(share, root_has_the_whole)
{
	CLEANUP(shares_freep) struct shares *shares = NULL;

	cr_assert_eq(shares_new(100, &shares), 0);
	cr_assert_eq(shares_take(shares, 0, 1000000), 0);
}
