#include <criterion/criterion.h>

#include "fs/vacancy.h"

static const uint64_t second = 1000000000;
static const struct node account = {NODE_ACCOUNT, 0, {{1}}, 0};
static const struct vacancy made = {
	.account = {NODE_ACCOUNT, 0, {{1}}, 0},
	.uid = 1000,
	.pid = 7,
	.since = UINT64_C(100000000000),
};
static const struct vacancy removed = {
	.account = {NODE_ACCOUNT, 0, {{1}}, 0},
	.uid = 1000,
	.provider = "openai",
	.since = UINT64_C(100000000000),
};

Test(vacancy, of_a_new_account_is_the_makers_process)
{
	static struct vacancies vacancies;
	const struct node other = {NODE_ACCOUNT, 1, {{1}}, 0};

	vacancies_put(&vacancies, &made);
	cr_expect(vacancies_hide(&vacancies, &account, 1000, 7, 109 * second));
	cr_expect_not(vacancies_hide(&vacancies, &account, 1000, 8, 109 * second));
	cr_expect_not(vacancies_hide(&vacancies, &account, 1001, 7, 109 * second));
	cr_expect_not(vacancies_hide(&vacancies, &other, 1000, 7, 109 * second));
	cr_expect_not(vacancies_hide(&vacancies, &account, 1000, 7, 110 * second));
	cr_expect_null(vacancies_find(&vacancies, &account, 1000, 101 * second));
	vacancies_look(&vacancies, &account, 8);
	cr_expect(vacancies_hide(&vacancies, &account, 1000, 7, 109 * second));
	vacancies_look(&vacancies, &account, 7);
	cr_expect_not(vacancies_hide(&vacancies, &account, 1000, 7, 109 * second));
}

Test(vacancy, of_one_removed_is_the_users)
{
	static struct vacancies vacancies;

	vacancies_put(&vacancies, &removed);
	vacancies_look(&vacancies, &account, 7);
	cr_expect(vacancies_hide(&vacancies, &account, 1000, 7, 109 * second));
	cr_expect(vacancies_hide(&vacancies, &account, 1000, 8, 109 * second));
	cr_expect_not(vacancies_hide(&vacancies, &account, 1001, 7, 109 * second));
	cr_expect_not(vacancies_hide(&vacancies, &account, 1000, 7, 110 * second));
	cr_assert_not_null(vacancies_find(&vacancies, &account, 1000, 109 * second));
	cr_expect_str_eq(vacancies_find(&vacancies, &account, 1000, 109 * second)->provider,
			 "openai");
	cr_expect_null(vacancies_find(&vacancies, &account, 1001, 109 * second));
	cr_expect_null(vacancies_find(&vacancies, &account, 1000, 110 * second));
}

Test(vacancy, that_is_taken_is_not_hidden_and_may_be_put_back)
{
	static struct vacancies vacancies;

	vacancies_put(&vacancies, &removed);
	vacancies_take(&vacancies, &account, 1001);
	cr_expect(vacancies_hide(&vacancies, &account, 1000, 7, 101 * second));
	vacancies_take(&vacancies, &account, 1000);
	cr_expect_not(vacancies_hide(&vacancies, &account, 1000, 7, 101 * second));
	cr_expect_not_null(vacancies_find(&vacancies, &account, 1000, 101 * second));
	vacancies_drop(&vacancies, &account);
	cr_expect_null(vacancies_find(&vacancies, &account, 1000, 101 * second));
}

Test(vacancy, without_room_the_oldest_gives_way)
{
	static struct vacancies vacancies;

	for (uint8_t i = 0; i <= VACANCIES; i++) {
		struct vacancy vacancy = removed;

		vacancy.account.id.bytes[1] = i;
		vacancy.since += i;
		vacancies_put(&vacancies, &vacancy);
	}
	for (uint8_t i = 0; i <= VACANCIES; i++) {
		struct node node = account;

		node.id.bytes[1] = i;
		cr_expect_eq(vacancies_hide(&vacancies, &node, 1000, 7, 101 * second), i > 0, "%d",
			     i);
	}
}
