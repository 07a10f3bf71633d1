#include "fs/users.h"

#include <criterion/criterion.h>

Test(users, a_number_has_its_name_or_none)
{
	CLEANUP(users_freep) struct users *users = NULL;

	cr_assert_eq(users_new(&users), 0);
	cr_assert_str_eq(users_name(users, 0, 1), "root");
	cr_assert_str_eq(users_name(users, 0, 2), "root");
	cr_assert_null(users_name(users, 4211111, 3));
	/* In the same place as root. */
	cr_assert_null(users_name(users, 256 * 16000, 4));
	cr_assert_str_eq(users_name(users, 0, 5), "root");
	cr_assert_str_eq(users_name(users, 1, 6), "daemon");
}
