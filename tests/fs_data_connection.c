#include "fs/data_connection.h"

#include <criterion/criterion.h>

#include "tests/acme.h"
#include "tests/names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define OTHER CONNECTIONS "/lake"

/* What each role is worth there, in the order of enum acme_role; the project has no link to it. */
static const struct {
	const char *path;
	const char *cells[ACME_ROLES];
} table[] = {
	{CONNECTIONS, {"rwx", "rwx", "r-x", "r-x", "--x", "--x", "---"}},
	{WAREHOUSE, {"rwx", "rwx", "rwx", "rwx", "---", "---", "---"}},
	{WAREHOUSE "/url", {"rw-", "rw-", "r--", "r--", "---", "---", "---"}},
	{WAREHOUSE "/.info", {"r--", "r--", "r--", "r--", "---", "---", "---"}},
	{WAREHOUSE "/.status", {"r--", "r--", "---", "---", "---", "---", "---"}},
	{WAREHOUSE "/.history", {"r-x", "r-x", "---", "---", "---", "---", "---"}},
	{WAREHOUSE_LOGIN, {"rwx", "rwx", "rwx", "rwx", "---", "---", "---"}},
	{WAREHOUSE_LOGIN "/username", {"rw-", "rw-", "r--", "r--", "---", "---", "---"}},
	{WAREHOUSE_LOGIN "/password", {"rw-", "rw-", "---", "---", "---", "---", "---"}},
};

/* The same, with a link: of the project's maintainer and its runner. */
static const struct {
	const char *path;
	const char *maintainer, *runner;
} linked[] = {
	{CONNECTIONS, "--x", "--x"},
	{WAREHOUSE, "r-x", "r-x"},
	{WAREHOUSE "/url", "r--", "r--"},
	{WAREHOUSE "/.info", "r--", "r--"},
	{WAREHOUSE "/.status", "---", "---"},
	{WAREHOUSE "/.history", "---", "---"},
	{WAREHOUSE_LOGIN, "rwx", "rwx"},
	{WAREHOUSE_LOGIN "/username", "r--", "r--"},
	{WAREHOUSE_LOGIN "/password", "r--", "r--"},
};

static void expect_roles(struct fixture *fixture)
{
	for (size_t i = 0; i < COUNT(table); i++) {
		for (enum acme_role role = 0; role < ACME_ROLES; role++) {
			const struct caller caller = acme_holder(role);

			cr_expect_str_eq(view_bits(fixture, table[i].path, &caller).text,
					 table[i].cells[role], "%s, %s", table[i].path,
					 acme_role_name(role));
		}
	}
}

Test(data_connection, every_role_has_its_rights)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_connect(&fixture);
	expect_roles(&fixture);
}

static void expect_linked(struct fixture *fixture)
{
	const struct caller maintainer = acme_holder(ACME_MAINTAINER);
	const struct caller runner = acme_holder(ACME_RUNNER);

	for (size_t i = 0; i < COUNT(linked); i++) {
		cr_expect_str_eq(view_bits(fixture, linked[i].path, &maintainer).text,
				 linked[i].maintainer, "%s", linked[i].path);
		cr_expect_str_eq(view_bits(fixture, linked[i].path, &runner).text, linked[i].runner,
				 "%s", linked[i].path);
	}
}

Test(data_connection, linked_as_a_whole_or_by_its_credential_it_is_the_projects_to_use)
{
	static const char *const targets[] = {"../../connections/warehouse",
					      "../../connections/warehouse/warehouse-login"};
	CLEANUP_FIXTURE struct fixture fixture;

	acme_connect(&fixture);
	for (size_t i = 0; i < COUNT(targets); i++) {
		cr_assert_eq(fixture_link(&fixture, targets[i], ETL "/data", &fixture_root), 0);
		view_expect(&fixture, ETL "/data", targets[i]);
		expect_linked(&fixture);
		fixture_restart(&fixture);
		expect_linked(&fixture);
		cr_assert_eq(fixture_remove(&fixture, ETL "/data", &fixture_root), 0);
		expect_roles(&fixture);
	}
}

static const struct {
	enum acme_role role;
	int expected;
} managers[] = {
	{ACME_OWNER, 0},
	{ACME_ADMIN, 0},
	{ACME_MEMBER, -EACCES},
	{ACME_AUDITOR, -EACCES},
	{ACME_MAINTAINER, -EACCES},
	{ACME_RUNNER, -EACCES},
	{ACME_NOBODY, -EACCES},
};

Test(data_connection, is_made_renamed_and_removed_by_managers)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_connect(&fixture);
	for (size_t i = 0; i < COUNT(managers); i++) {
		const struct caller caller = acme_holder(managers[i].role);
		const int expected = managers[i].expected;
		const char *name = acme_role_name(managers[i].role);

		cr_expect_eq(fixture_make(&fixture, OTHER, &caller), expected, "%s", name);
		if (expected < 0)
			cr_assert_eq(fixture_make(&fixture, OTHER, &fixture_root), 0);
		cr_expect_eq(fixture_save(&fixture, OTHER "/host", "db\n", &caller).open, expected,
			     "%s", name);
		cr_expect_eq(fixture_rename(&fixture, OTHER, OTHER "2", &caller), expected, "%s",
			     name);
		if (expected < 0)
			cr_assert_eq(fixture_rename(&fixture, OTHER, OTHER "2", &fixture_root), 0);
		else
			cr_assert_eq(fixture_remove(&fixture, OTHER "2/host", &caller), 0);
		cr_expect_eq(fixture_remove(&fixture, OTHER "2", &caller), expected, "%s", name);
		if (expected < 0)
			cr_assert_eq(fixture_remove(&fixture, OTHER "2", &fixture_root), 0);
	}
}

Test(data_connection, has_a_name_that_a_directory_can_have)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_connect(&fixture);
	for (size_t i = 0; i < NAMES; i++) {
		const int r =
			fixture_make_named(&fixture, CONNECTIONS, names[i].name, &fixture_root);

		cr_expect_eq(r, names[i].expected, "%zu, \"%s\": %d", i, names[i].name, r);
	}
	cr_expect_eq(fixture_make(&fixture, WAREHOUSE, &fixture_root), -EEXIST);
}

static const struct {
	const char *field;
	const char *text;
	int expected;
} fields[] = {
	{"type", "postgresql\n", 0},
	{"url", "jdbc:postgresql://db.example/sales\n", 0},
	{"url", "postgresql://etl:p1@db.example/sales\n", -EKEYREJECTED},
	{"url", "db.example\n", -EKEYREJECTED},
	{"host", "db.example\n", 0},
	{"host", "db example\n", -EKEYREJECTED},
	{"port", "5432\n", 0},
	{"port", "70000\n", -EKEYREJECTED},
	{"database", "sales and more\n", 0},
	{"schema", "public\n", 0},
	{"sslmode", "verify-full\n", 0},
	{"sslmode", "maybe\n", -EKEYREJECTED},
	{"socket", "/run/postgresql\n", 0},
	{"description", "Sales.\nAsk Anna.\n", 0},
	{"provider", "login\n", -EINVAL},
	{"password", "p\n", -EINVAL},
	{"anything", "x\n", -EINVAL},
};

Test(data_connection, is_described_by_the_fields_of_the_catalogue)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_connect(&fixture);
	for (size_t i = 0; i < COUNT(fields); i++) {
		char path[256];
		int r;

		snprintf(path, sizeof path, WAREHOUSE "/%s", fields[i].field);
		r = fixture_put(&fixture, path, fields[i].text);
		cr_expect_eq(r, fields[i].expected, "%s %s: %d", fields[i].field, fields[i].text,
			     r);
	}
	view_expect_list(&fixture, WAREHOUSE, &fixture_root,
			 "database description host port schema socket sslmode type url "
			 "warehouse-login");
	view_expect(&fixture, WAREHOUSE "/url", "jdbc:postgresql://db.example/sales");
	view_expect(&fixture, WAREHOUSE "/.history/url/1", "postgresql://db.example/sales");
	view_expect_part(&fixture, WAREHOUSE "/.status", "last-error: ");
}

Test(data_connection, is_removed_when_nothing_is_left_in_it)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	acme_connect(&fixture);
	cr_expect_eq(fixture_remove(&fixture, WAREHOUSE, &fixture_root), -ENOTEMPTY);
	cr_assert_eq(fixture_remove(&fixture, WAREHOUSE "/url", &fixture_root), 0);
	cr_expect_eq(fixture_remove(&fixture, WAREHOUSE, &fixture_root), -ENOTEMPTY);
	cr_assert_eq(fixture_remove(&fixture, ASSOCIATED, &fixture_root), 0);
	cr_expect_eq(fixture_remove(&fixture, WAREHOUSE, &fixture_root), 0);
	cr_expect_eq(fixture_find(&fixture, WAREHOUSE, &node), -ENOENT);
	view_expect(&fixture, WAREHOUSE_LOGIN "/password", "p1");
}

Test(data_connection, renamed_keeps_what_it_has_and_its_links)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);

	acme_connect(&fixture);
	cr_assert_eq(
		fixture_link(&fixture, "../../connections/warehouse", ETL "/data", &fixture_root),
		0);
	cr_assert_eq(fixture_rename(&fixture, WAREHOUSE, OTHER, &fixture_root), 0);
	view_expect(&fixture, ETL "/data", "../../connections/lake");
	view_expect(&fixture, OTHER "/warehouse-login", "../../warehouse-login");
	cr_expect_str_eq(view_bits(&fixture, OTHER "/url", &runner).text, "r--");
}

Test(data_connection, renamed_onto_another_takes_its_place_if_that_is_empty)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_connect(&fixture);
	cr_assert_eq(fixture_make(&fixture, OTHER, &fixture_root), 0);
	cr_expect_eq(fixture_rename(&fixture, OTHER, WAREHOUSE, &fixture_root), -ENOTEMPTY);
	cr_expect_eq(fixture_rename(&fixture, WAREHOUSE, OTHER, &fixture_root), 0);
	view_expect_list(&fixture, CONNECTIONS, &fixture_root, "lake");
}

Test(data_connection, that_was_removed_leaves_links_that_dangle_for_good)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);

	acme_connect(&fixture);
	cr_assert_eq(
		fixture_link(&fixture, "../../connections/warehouse", ETL "/whole", &fixture_root),
		0);
	cr_assert_eq(fixture_link(&fixture, "../../connections/warehouse/warehouse-login",
				  ETL "/one", &fixture_root),
		     0);
	acme_remove_whole(&fixture, WAREHOUSE);
	view_expect(&fixture, ETL "/whole", "../../.deleted/warehouse");
	view_expect(&fixture, ETL "/one", "../../.deleted/warehouse-login");
	cr_expect_str_eq(view_bits(&fixture, WAREHOUSE_LOGIN "/password", &runner).text, "---");
	cr_assert_eq(fixture_make(&fixture, WAREHOUSE, &fixture_root), 0);
	cr_assert_eq(fixture_link(&fixture, "../../warehouse-login", ASSOCIATED, &fixture_root), 0);
	view_expect(&fixture, ETL "/whole", "../../.deleted/warehouse");
	cr_expect_str_eq(view_bits(&fixture, WAREHOUSE_LOGIN "/password", &runner).text, "---");
}

static const struct {
	const char *from;
	const char *to;
	int expected;
} renames[] = {
	{WAREHOUSE, ACME "/warehouse", -EPERM},
	{WAREHOUSE, ETL "/warehouse", -EPERM},
	{WAREHOUSE, CONNECTIONS "/.x", -EINVAL},
	{OPENAI, CONNECTIONS "/openai", -EPERM},
	{ETL "/openai", WAREHOUSE "/openai", -EPERM},
	{WAREHOUSE "/url", WAREHOUSE_LOGIN "/label", -EPERM},
	{WAREHOUSE_LOGIN "/password", WAREHOUSE "/description", -EPERM},
	{WAREHOUSE "/url", WAREHOUSE "/anything", -EINVAL},
};

Test(data_connection, stays_where_it_is_and_so_do_its_fields)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_connect(&fixture);
	for (size_t i = 0; i < COUNT(renames); i++) {
		const int r =
			fixture_rename(&fixture, renames[i].from, renames[i].to, &fixture_root);

		cr_expect_eq(r, renames[i].expected, "%s to %s: %d", renames[i].from, renames[i].to,
			     r);
	}
}

Test(data_connection, is_not_there_when_the_feature_is_off)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	acme_init(&fixture, "");
	cr_expect_eq(fixture_find(&fixture, CONNECTIONS, &node), -ENOENT);
	cr_expect_eq(fixture_find(&fixture, ACME "/users", &node), -ENOENT);
	cr_expect_eq(fixture_make(&fixture, CONNECTIONS, &fixture_root), -EINVAL);
	cr_expect_eq(fixture_make(&fixture, ACME "/users", &fixture_root), -EINVAL);
	view_expect_list(&fixture, ACME, &fixture_root, "roles projects audit.log openai unlinked");
	cr_expect_eq(fixture_find(&fixture, "providers/login", &node), -ENOENT);
	cr_expect_eq(fixture_find(&fixture, "providers/connection", &node), -ENOENT);
}

Test(data_connection, of_a_store_that_has_them_gives_nothing_while_the_feature_is_off)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);

	acme_connect(&fixture);
	cr_assert_eq(
		fixture_link(&fixture, "../../connections/warehouse", ETL "/data", &fixture_root),
		0);
	fixture.settings->connections = false;
	fixture_restart(&fixture);
	view_expect(&fixture, ETL "/data", "../../connections/warehouse");
	cr_expect_str_eq(view_bits(&fixture, WAREHOUSE_LOGIN "/password", &runner).text, "---");
	cr_expect_eq(
		fixture_link(&fixture, "../../connections/warehouse", ETL "/more", &fixture_root),
		-EINVAL);
	fixture.settings->connections = true;
	fixture_restart(&fixture);
	view_expect_list(&fixture, WAREHOUSE, &runner, "url warehouse-login");
	cr_expect_str_eq(view_bits(&fixture, WAREHOUSE_LOGIN "/password", &runner).text, "r--");
}

Test(data_connection, says_eio_when_something_damaged_might_have_the_name)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	acme_connect(&fixture);
	fixture_tamper(&fixture, "UPDATE item SET ct = zeroblob(length(ct)) WHERE kind = 9");
	cr_expect_eq(fixture_find(&fixture, ASSOCIATED, &node), -EIO);
	cr_expect_eq(fixture_find(&fixture, CONNECTIONS "/nothing", &node), -EIO);
	view_expect(&fixture, WAREHOUSE "/url", "postgresql://db.example/sales");
}
