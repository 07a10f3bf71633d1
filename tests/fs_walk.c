#include "fs/walk.h"

#include <criterion/criterion.h>

#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *from;
	const char *target;
	const char *arrives; /* NULL: nowhere */
} walks[] = {
	{ETL, "../../openai", OPENAI},
	{ETL, "openai", OPENAI},
	{ETL, "../../connections/warehouse", WAREHOUSE},
	{ETL, "whole", WAREHOUSE},
	{ETL, "whole/url", WAREHOUSE "/url"},
	{ETL, "../../connections/warehouse/warehouse-login", ASSOCIATED},
	{ETL, "../../connections/warehouse/warehouse-login/", ASSOCIATED},
	{ETL, "../../connections/warehouse/warehouse-login/.", WAREHOUSE_LOGIN},
	{ETL, "../../connections/warehouse/warehouse-login/password", WAREHOUSE_LOGIN "/password"},
	{ETL, "../../connections/warehouse/warehouse-login/..", ACME},
	{ETL, "one", ASSOCIATED},
	{ETL, "one/password", WAREHOUSE_LOGIN "/password"},
	{ETL, "whole/warehouse-login/../openai", OPENAI},
	{ETL, "../../connections/warehouse/mine/..", PERSONAL},
	{ETL, "../../connections/warehouse/nothing", NULL},
	{ETL, "../../connections/nothing", NULL},
	{WAREHOUSE, "../../openai", OPENAI},
	{WAREHOUSE, "warehouse-login", ASSOCIATED},
	{WAREHOUSE, "../../users/sys/mine", PERSONAL "/mine"},
	{WAREHOUSE, "../../projects/etl/whole/warehouse-login/.", WAREHOUSE_LOGIN},
	{WAREHOUSE, "/creds/orgs/acme/connections/warehouse", WAREHOUSE},
	{WAREHOUSE, "../../../..", NULL},
	{WAREHOUSE, "../../../../..", NULL},
	{WAREHOUSE, "url/x", NULL},
	{WAREHOUSE, "/creds", NULL},
	{WAREHOUSE, "/credsx/orgs/acme/openai", NULL},
};

static void begin(struct fixture *fixture)
{
	acme_connect(fixture);
	cr_assert_eq(fixture_make(fixture, PERSONAL, &fixture_root), 0);
	cr_assert_eq(fixture_make(fixture, PERSONAL "/mine", &fixture_root), 0);
	cr_assert_eq(
		fixture_link(fixture, "../../users/sys/mine", WAREHOUSE "/mine", &fixture_root), 0);
	cr_assert_eq(
		fixture_link(fixture, "../../connections/warehouse", ETL "/whole", &fixture_root),
		0);
	cr_assert_eq(fixture_link(fixture, "../../connections/warehouse/warehouse-login",
				  ETL "/one", &fixture_root),
		     0);
}

static int walk(struct fixture *fixture, const char *from, const char *target,
		const struct caller *caller, struct node *ret)
{
	const struct node directory = view_node(fixture, from);
	const struct edit edit = {&fixture->tree, caller, &directory, "new"};

	return walk_to(&edit, target, ret);
}

Test(walk, arrives_where_the_kernel_would)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	for (size_t i = 0; i < COUNT(walks); i++) {
		struct node node = {0}, expected = {0};
		const int r = walk(&fixture, walks[i].from, walks[i].target, &fixture_root, &node);

		cr_expect_eq(r, walks[i].arrives ? 0 : -EINVAL, "%s: %d", walks[i].target, r);
		if (!walks[i].arrives)
			continue;
		expected = view_node(&fixture, walks[i].arrives);
		cr_expect(node_equal(&node, &expected), "%s", walks[i].target);
	}
}

Test(walk, goes_into_a_users_directory_for_him_alone)
{
	static const char *const targets[] = {"../../users/sys/mine", "../../users/sys/nothing",
					      "../../connections/warehouse/mine/."};
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller member = acme_holder(ACME_MEMBER);
	const struct caller owner = acme_holder(ACME_OWNER);
	struct node node;

	begin(&fixture);
	for (size_t i = 0; i < COUNT(targets); i++)
		cr_expect_eq(walk(&fixture, WAREHOUSE, targets[i], &owner, &node), -EINVAL, "%s",
			     targets[i]);
	cr_expect_eq(walk(&fixture, WAREHOUSE, targets[0], &member, &node), 0);
	cr_expect_eq(walk(&fixture, WAREHOUSE, targets[2], &member, &node), 0);
}
