#include <criterion/criterion.h>

#include "fs/share.h"

enum { MEMORY = 6400, USER = MEMORY / 8, LITTLE = MEMORY / 64 };

Test(share, who_reaches_his_is_refused_while_the_others_go_on)
{
	CLEANUP(shares_freep) struct shares *shares = NULL;

	cr_assert_eq(shares_new(MEMORY, &shares), 0);
	cr_assert_eq(shares_take(shares, 1000, USER - 40), 0);
	cr_assert_eq(shares_take(shares, 1000, 41), -EDQUOT);
	cr_assert_eq(shares_take(shares, 1000, 40), 0);
	cr_assert_eq(shares_take(shares, 1001, USER), 0);
	cr_assert_eq(shares_take(shares, 1001, UINT64_MAX), -EDQUOT);
}

Test(share, what_is_given_back_can_be_taken_again)
{
	CLEANUP(shares_freep) struct shares *shares = NULL;

	cr_assert_eq(shares_new(MEMORY, &shares), 0);
	cr_assert_eq(shares_take(shares, 1000, USER), 0);
	shares_give(shares, 1000, 30);
	cr_assert_eq(shares_take(shares, 1000, 31), -EDQUOT);
	cr_assert_eq(shares_take(shares, 1000, 30), 0);
	shares_give(shares, 1000, 100000);
	shares_give(shares, 4711, 1);
	cr_assert_eq(shares_take(shares, 1000, USER), 0);
}

Test(share, whoever_holds_little_finds_room_when_many_hold_much)
{
	CLEANUP(shares_freep) struct shares *shares = NULL;

	cr_assert_eq(shares_new(MEMORY, &shares), 0);
	for (uid_t uid = 1; uid <= 4; uid++)
		cr_assert_eq(shares_take(shares, uid, USER), 0);
	cr_expect_eq(shares_take(shares, 5, USER), -EDQUOT);
	cr_expect_eq(shares_take(shares, 5, LITTLE + 1), -EDQUOT);
	for (uid_t uid = 5; uid < 5 + USER / LITTLE; uid++)
		cr_expect_eq(shares_take(shares, uid, LITTLE), 0);
	cr_expect_eq(shares_take(shares, 99, 1), -EDQUOT, "the rest is the mount's");
	cr_expect_eq(shares_take(shares, 0, LITTLE), 0);
	shares_give(shares, 1, USER);
	cr_expect_eq(shares_take(shares, 99, LITTLE), 0);
}

Test(share, root_has_the_whole)
{
	CLEANUP(shares_freep) struct shares *shares = NULL;

	cr_assert_eq(shares_new(MEMORY, &shares), 0);
	cr_assert_eq(shares_take(shares, 0, 1000000), 0);
	cr_assert_eq(shares_take(shares, 1000, USER), 0);
}
