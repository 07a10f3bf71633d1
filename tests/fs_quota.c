#include "fs/quota.h"

#include <criterion/criterion.h>

Test(quota, each_user_has_a_share_and_root_the_whole)
{
	CLEANUP(quotas_done) struct quotas quotas = {.share = 100};

	quotas_add(&quotas, 1000, 99);
	quotas_add(&quotas, 0, 5000);
	cr_expect_not(quotas_is_full(&quotas, 1000));
	cr_expect_not(quotas_is_full(&quotas, 0));
	cr_expect_not(quotas_is_full(&quotas, 1001));
	quotas_add(&quotas, 1000, 1);
	cr_expect(quotas_is_full(&quotas, 1000));
	cr_expect_not(quotas_is_full(&quotas, 1001));
	quotas_reset(&quotas);
	cr_expect_not(quotas_is_full(&quotas, 1000));
}

Test(quota, many_users_are_told_apart)
{
	CLEANUP(quotas_done) struct quotas quotas = {.share = 10};

	for (uid_t uid = 1; uid < 500; uid++)
		quotas_add(&quotas, uid, uid % 2 ? 10 : 9);
	for (uid_t uid = 1; uid < 500; uid++)
		cr_expect_eq(quotas_is_full(&quotas, uid), uid % 2 == 1);
}
