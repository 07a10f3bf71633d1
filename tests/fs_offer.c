#include "fs/offer.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/acme.h"

#define WHOLE "../../connections/warehouse"
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct org *begin(struct fixture *fixture)
{
	struct org *org = NULL;

	acme_connect(fixture);
	cr_assert_eq(fixture_make(fixture, PERSONAL, &fixture_root), 0);
	cr_assert_eq(fixture_make(fixture, PERSONAL "/mine", &fixture_root), 0);
	cr_assert_eq(store_org(fixture->store, 0, &org), 0);
	return org;
}

static const struct record *record_of(struct fixture *fixture, const struct org *org,
				      const char *path)
{
	const struct record *record = org_record(org, view_node(fixture, path).id);

	cr_assert(record, "%s", path);
	return record;
}

static void expect_offer(struct fixture *fixture, const struct org *org, const char *link,
			 const char *connection, const char *account)
{
	const struct offer offer = offer_of(&fixture->tree, org, record_of(fixture, org, link));

	cr_expect_eq(!offer.connection, !connection, "%s", link);
	cr_expect_eq(!offer.account, !account, "%s", link);
	if (connection && offer.connection)
		cr_expect_str_eq(offer.connection->name, connection);
	if (account && offer.account)
		cr_expect_str_eq(offer.account->name, account);
}

Test(offer, of_a_link_is_an_account_a_connection_or_both)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct org *org = begin(&fixture);

	cr_assert_eq(fixture_link(&fixture, WHOLE, ETL "/whole", &fixture_root), 0);
	cr_assert_eq(fixture_link(&fixture, WHOLE "/warehouse-login", ETL "/one", &fixture_root),
		     0);
	expect_offer(&fixture, org, ETL "/openai", NULL, "openai");
	expect_offer(&fixture, org, ETL "/whole", "warehouse", "warehouse-login");
	expect_offer(&fixture, org, ETL "/one", "warehouse", "warehouse-login");
	cr_assert_eq(fixture_remove(&fixture, ASSOCIATED, &fixture_root), 0);
	expect_offer(&fixture, org, ETL "/whole", "warehouse", NULL);
	expect_offer(&fixture, org, ETL "/one", NULL, NULL);
	acme_remove_whole(&fixture, WAREHOUSE);
	expect_offer(&fixture, org, ETL "/whole", NULL, NULL);
	fixture.settings->connections = false;
	expect_offer(&fixture, org, ETL "/openai", NULL, "openai");
}

Test(offer, of_a_connection_is_nothing_while_the_feature_is_off)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct org *org = begin(&fixture);

	cr_assert_eq(fixture_link(&fixture, WHOLE, ETL "/whole", &fixture_root), 0);
	fixture.settings->connections = false;
	expect_offer(&fixture, org, ETL "/whole", NULL, NULL);
}

Test(offer, the_only_credential_is_none_when_there_are_several)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct org *org = begin(&fixture);
	const struct record_id warehouse = view_node(&fixture, WAREHOUSE).id;

	cr_assert(offer_only(org, warehouse));
	cr_assert_eq(
		fixture_link(&fixture, "../../users/sys/mine", WAREHOUSE "/mine", &fixture_root),
		0);
	cr_assert(offer_only(org, warehouse), "a user's own does not count");
	cr_expect_str_eq(offer_only(org, warehouse)->name, "warehouse-login");
	cr_assert_eq(fixture_link(&fixture, "../../openai", WAREHOUSE "/x", &fixture_root), 0);
	cr_expect_null(offer_only(org, warehouse));
	cr_assert_eq(fixture_remove(&fixture, ASSOCIATED, &fixture_root), 0);
	cr_expect_str_eq(offer_only(org, warehouse)->name, "x");
	cr_assert_eq(fixture_remove(&fixture, WAREHOUSE "/x", &fixture_root), 0);
	cr_expect_null(offer_only(org, warehouse));
}

Test(offer, the_owner_is_the_user_in_whose_directory_an_account_lies)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct org *org = begin(&fixture);

	cr_expect_str_eq(offer_owner(org, record_of(&fixture, org, PERSONAL "/mine"))->name, "sys");
	cr_expect_null(offer_owner(org, record_of(&fixture, org, OPENAI)));
	cr_expect_null(offer_owner(org, record_of(&fixture, org, OWN)));
}

static int note(void *context, const struct record *link)
{
	FILE *names = context;

	fprintf(names, "%s ", link->name);
	return strcmp(link->name, "stop") == 0 ? -ECANCELED : 0;
}

static const struct {
	const char *path;
	const char *expected;
} links[] = {
	{OPENAI, "openai "},	   {OWN, ""},
	{PERSONAL "/mine", ""},	   {WAREHOUSE_LOGIN, "one whole "},
	{WAREHOUSE, "whole one "},
};

/* The names of the links, as they are told. */
static int tell(struct fixture *fixture, const struct org *org, const char *path, char **ret)
{
	size_t size = 0;
	FILE *names = open_memstream(ret, &size);
	int r;

	cr_assert_not_null(names);
	r = offer_each_link(&fixture->tree, org, record_of(fixture, org, path), note, names);
	cr_assert_eq(fclose(names), 0);
	return r;
}

Test(offer, every_link_is_told_that_gives_a_record)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct org *org = begin(&fixture);
	CLEANUP_FREE char *stopped = NULL;

	cr_assert_eq(fixture_link(&fixture, WHOLE, ETL "/whole", &fixture_root), 0);
	cr_assert_eq(fixture_link(&fixture, WHOLE "/warehouse-login", ETL "/one", &fixture_root),
		     0);
	for (size_t i = 0; i < COUNT(links); i++) {
		CLEANUP_FREE char *names = NULL;

		cr_expect_eq(tell(&fixture, org, links[i].path, &names), 0);
		cr_expect_str_eq(names, links[i].expected, "%s: %s", links[i].path, names);
	}
	cr_assert_eq(fixture_rename(&fixture, ETL "/one", ETL "/stop", &fixture_root), 0);
	cr_expect_eq(tell(&fixture, org, WAREHOUSE_LOGIN, &stopped), -ECANCELED);
	cr_expect_str_eq(stopped, "stop ");
}
