#include "tests/acme.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
	const char *role;
	const char *file;
	const char *user;
} holders[ACME_ROLES] = {
	[ACME_OWNER] = {"owner", ACME "/roles/owner", "daemon"},
	[ACME_ADMIN] = {"admin", ACME "/roles/admin", "bin"},
	[ACME_MEMBER] = {"member", ACME "/roles/member", "sys"},
	[ACME_AUDITOR] = {"auditor", ACME "/roles/auditor", "games"},
	[ACME_MAINTAINER] = {"maintainer", ETL "/roles/maintainer", "man"},
	[ACME_RUNNER] = {"runner", ETL "/roles/runner", "www-data"},
	[ACME_NOBODY] = {"nobody", NULL, "nobody"},
};

static const char *const directories[] = {ACME, OPENAI, ACME "/unlinked", ETL, OWN};

static const struct {
	const char *path;
	const char *text;
} files[] = {
	{ACME "/unlinked/provider", "openai\n"},
	{OWN "/provider", "openai\n"},
	{KEY, "sk-proj-1\n"},
	{KEY, "sk-proj-22\n"},
	{OPENAI "/api_base", "https://proxy.example/v1\n"},
	{OPENAI "/admin_key", "sk-admin-1\n"},
	{ACME "/unlinked/api_key", "sk-proj-3\n"},
	{OWN "/api_key", "sk-proj-4\n"},
	{OWN "/api_base", "https://own.example/v1\n"},
	{OWN "/admin_key", "sk-admin-2\n"},
};

struct caller acme_holder(enum acme_role role)
{
	return fixture_caller(holders[role].user);
}

const char *acme_role_name(enum acme_role role)
{
	return holders[role].role;
}

void acme_give(struct fixture *fixture, const char *const principals[ACME_NOBODY])
{
	for (size_t i = 0; i < ACME_NOBODY; i++) {
		char text[128];

		/* Somebody must be left who exists. */
		snprintf(text, sizeof text, "%s%s\n", i == ACME_OWNER ? "user:root\n" : "",
			 principals[i]);
		cr_assert_eq(fixture_put(fixture, holders[i].file, text), 0, "%s", holders[i].file);
	}
}

void acme_init(struct fixture *fixture, const char *configuration)
{
	static const char *const principals[ACME_NOBODY] = {
		[ACME_OWNER] = "user:daemon",	[ACME_ADMIN] = "user:bin",
		[ACME_MEMBER] = "user:sys",	[ACME_AUDITOR] = "user:games",
		[ACME_MAINTAINER] = "user:man", [ACME_RUNNER] = "user:www-data",
	};

	fixture_init(fixture, configuration);
	for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
		cr_assert_eq(fixture_make(fixture, directories[i], &fixture_root), 0, "%s",
			     directories[i]);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		cr_assert_eq(fixture_put(fixture, files[i].path, files[i].text), 0, "%s",
			     files[i].path);
	cr_assert_eq(fixture_link(fixture, "../../openai", ETL "/openai", &fixture_root), 0);
	acme_give(fixture, principals);
}

void acme_connect(struct fixture *fixture)
{
	acme_init(fixture, "[features]\nconnections = yes\n");
	cr_assert_eq(fixture_make(fixture, WAREHOUSE, &fixture_root), 0);
	cr_assert_eq(fixture_make(fixture, WAREHOUSE_LOGIN, &fixture_root), 0);
	cr_assert_eq(fixture_put(fixture, WAREHOUSE "/url", "postgresql://db.example/sales\n"), 0);
	cr_assert_eq(fixture_put(fixture, WAREHOUSE_LOGIN "/provider", "login\n"), 0);
	cr_assert_eq(fixture_put(fixture, WAREHOUSE_LOGIN "/username", "etl\n"), 0);
	cr_assert_eq(fixture_put(fixture, WAREHOUSE_LOGIN "/password", "p1\n"), 0);
	cr_assert_eq(fixture_link(fixture, "../../warehouse-login", ASSOCIATED, &fixture_root), 0);
}

int acme_crowd(struct fixture *fixture, const char *path, const char *prefix, unsigned count)
{
	CLEANUP_FREE char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	cr_assert_not_null(file);
	for (unsigned i = 0; i < count; i++)
		fprintf(file, "user:%s%03u\n", prefix, i);
	cr_assert_eq(fclose(file), 0);
	return fixture_put(fixture, path, text);
}

void acme_remove_whole(struct fixture *fixture, const char *path)
{
	char names[4096];
	char *rest = names;
	const char *name;

	view_list(fixture, path, &fixture_root, names);
	while (names[0] && (name = strsep(&rest, " "))) {
		char child[512];

		snprintf(child, sizeof child, "%s/%s", path, name);
		cr_assert_eq(fixture_remove(fixture, child, &fixture_root), 0, "%s", child);
	}
	cr_assert_eq(fixture_remove(fixture, path, &fixture_root), 0, "%s", path);
}
