#include "fs/usage.h"

#include <criterion/criterion.h>

#include "tests/acme.h"

#define WHOLE "../../connections/warehouse"

Test(usage, tells_projects_and_connections_once_each)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_connect(&fixture);
	view_expect_part(&fixture, WAREHOUSE_LOGIN "/.status", "used-by: connections/warehouse\n");
	view_expect_no_part(&fixture, WAREHOUSE_LOGIN "/.status", "used-by: etl\n");
	cr_assert_eq(fixture_link(&fixture, WHOLE, ETL "/whole", &fixture_root), 0);
	cr_assert_eq(fixture_link(&fixture, WHOLE "/warehouse-login", ETL "/one", &fixture_root),
		     0);
	cr_assert_eq(fixture_link(&fixture, "../../warehouse-login", ETL "/direct", &fixture_root),
		     0);
	view_expect(&fixture, WAREHOUSE_LOGIN "/.status",
		    "used-by: etl\nused-by: connections/warehouse\n");
	view_expect(&fixture, WAREHOUSE "/.status", "used-by: etl\n");
}

Test(usage, tells_the_credentials_that_a_connection_offers)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_connect(&fixture);
	cr_assert_eq(fixture_make(&fixture, PERSONAL, &fixture_root), 0);
	cr_assert_eq(fixture_make(&fixture, PERSONAL "/mine", &fixture_root), 0);
	cr_assert_eq(
		fixture_link(&fixture, "../../users/sys/mine", WAREHOUSE "/mine", &fixture_root),
		0);
	view_expect_part(&fixture, WAREHOUSE "/.info", "\ncredential: warehouse-login\n");
	view_expect_part(&fixture, WAREHOUSE "/.info",
			 "name: warehouse\ntype: postgresql\ncreated: 20");
	view_expect_no_part(&fixture, WAREHOUSE "/.info", "mine");
	view_expect_no_part(&fixture, WAREHOUSE "/.info", "provider");
	/* To its owner it says where he has it. */
	view_expect_part(&fixture, PERSONAL "/mine/.status", "used-by: connections/warehouse\n");
}

Test(usage, of_connections_is_not_told_while_the_feature_is_off)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_connect(&fixture);
	fixture.settings->connections = false;
	view_expect(&fixture, WAREHOUSE_LOGIN "/.status", "");
}
