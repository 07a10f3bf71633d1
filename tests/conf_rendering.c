#include "conf/rendering.h"

#include <criterion/criterion.h>
#include <string.h>

#include "conf/provider.h"
#include "tests/fields.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct rendering *rendering_of(const struct catalogue *catalogue, const char *provider,
					    const char *path)
{
	const struct provider *found = catalogue_find(catalogue, provider);

	for (size_t i = 0; i < found->rendering_count; i++) {
		if (strcmp(found->renderings[i].path, path) == 0)
			return &found->renderings[i];
	}
	cr_assert(false, "%s has no file %s", provider, path);
	return NULL;
}

static const struct {
	const char *provider;
	const char *path;
	const char *fields[16];
	int error;
	const char *expected; /* of an error: the field */
} rows[] = {
	{"bedrock",
	 "credentials",
	 {"access_key_id", "AKIA1", "secret_access_key", "s/+"},
	 0,
	 "[default]\naws_access_key_id = AKIA1\naws_secret_access_key = s/+\n"},
	{"bedrock",
	 "credentials",
	 {"session_token", "t==", "account_id", "123456789012", "access_key_id", "AKIA1",
	  "secret_access_key", "s/+"},
	 0,
	 "[default]\naws_access_key_id = AKIA1\naws_secret_access_key = s/+\n"
	 "aws_session_token = t==\naws_account_id = 123456789012\n"},
	{"bedrock", "credentials", {"access_key_id", "AKIA1"}, -ENOENT, NULL},
	{"bedrock", "credentials", {"bearer_token", "ABSK"}, -ENOENT, NULL},
	{"bedrock",
	 "credentials",
	 {"access_key_id", "AKIA1", "secret_access_key", "a b"},
	 -EILSEQ,
	 "secret_access_key"},
	{"bedrock",
	 "credentials",
	 {"access_key_id", "AKIA1", "secret_access_key", "-EBADMSG"},
	 -EBADMSG,
	 NULL},
	{"bedrock", "config", {"region", "eu-central-1"}, 0, "[default]\nregion = eu-central-1\n"},
	{"bedrock", "config", {NULL}, -ENOENT, NULL},
	{"bedrock",
	 "credential_process.json",
	 {"access_key_id", "ASIA1", "secret_access_key", "s", "session_token", "t", "expiration",
	  "2026-12-01T00:00:00Z"},
	 0,
	 "{\"Version\":1,\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"s\",\"SessionToken\":"
	 "\"t\","
	 "\"Expiration\":\"2026-12-01T00:00:00Z\"}\n"},
	{"anthropic", "config/active_config", {"auth_token", "t"}, 0, "default\n"},
	{"anthropic", "config/active_config", {"api_key", "sk-ant-"}, -ENOENT, NULL},
	{"anthropic",
	 "config/configs/default.json",
	 {"auth_token", "t"},
	 0,
	 "{\"version\":\"1.0\",\"authentication\":{\"type\":\"user_oauth\"}}\n"},
	{"anthropic",
	 "config/configs/default.json",
	 {"auth_token", "t", "api_base", "https://a/", "organization_id", "o", "workspace_id", "w"},
	 0,
	 "{\"version\":\"1.0\",\"authentication\":{\"type\":\"user_oauth\"},"
	 "\"base_url\":\"https://a/\",\"organization_id\":\"o\",\"workspace_id\":\"w\"}\n"},
	{"anthropic",
	 "config/credentials/default.json",
	 {"auth_token", "t"},
	 0,
	 "{\"version\":\"1.0\",\"type\":\"oauth_token\",\"access_token\":\"t\",\"expires_at\":0}"
	 "\n"},
	{"postgresql", ".pgpass", {"username", "u", "password", "p:\\q"}, 0, "*:*:*:u:p\\:\\\\q\n"},
	{"postgresql",
	 ".pgpass",
	 {"username", "u", "password", "p", "host", "h", "port", "5432", "database", "d"},
	 0,
	 "h:5432:d:u:p\n"},
	{"postgresql", ".pgpass", {"username", "u"}, -ENOENT, NULL},
	{"postgresql", ".pgpass", {"username", "u", "password", "p\nq"}, -EILSEQ, "password"},
	{"postgresql",
	 "pg_service.conf",
	 {"username", "u", "password", "p#'\"", "host", "h", "sslmode", "require"},
	 0,
	 "[default]\nhost=h\nuser=u\npassword=p#'\"\nsslmode=require\n"},
	{"mysql",
	 "my.cnf",
	 {"username", "u", "password", "p#\\\"", "port", "3306"},
	 0,
	 "[client]\nuser=\"u\"\npassword=\"p#\\\\\\\"\"\nport=\"3306\"\n"},
};

Test(rendering, files_are_made_of_the_fields_that_are_set)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = NULL;
	struct secret_pool *pool = NULL;
	struct conf_error error;

	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	cr_assert_eq(catalogue_load(NULL, &catalogue, &error), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rendering *rendering =
			rendering_of(catalogue, rows[i].provider, rows[i].path);
		const struct rendering_source source = {fields_get,
							(void *)(uintptr_t)rows[i].fields};
		CLEANUP_SECRET struct secret *text = NULL;
		const char *field = NULL;
		int r = rendering_make(rendering, &source, pool, &text, &field);

		cr_expect_eq(r, rows[i].error, "%zu: %d", i, r);
		if (r < 0) {
			cr_expect_eq(!field, !rows[i].expected, "%zu", i);
			if (field && rows[i].expected)
				cr_expect_str_eq(field, rows[i].expected);
			continue;
		}
		cr_assert_eq(secret_size(text), strlen(rows[i].expected), "%zu: %.*s", i,
			     (int)secret_size(text), (const char *)secret_view(text));
		cr_expect_eq(memcmp(secret_view(text), rows[i].expected, secret_size(text)), 0,
			     "%zu: %.*s", i, (int)secret_size(text),
			     (const char *)secret_view(text));
	}
	catalogue_freep(&catalogue);
	secret_pool_free(pool);
}

Test(rendering, paths_meet_when_one_lies_in_the_other)
{
	static const struct {
		const char *path, *other;
		bool meet;
	} pairs[] = {
		{"a", "a", true},     {"a", "b", false},     {"a", "ab", false},
		{"a", "a/b", true},   {"a/b", "a/c", false}, {"a/b", "a", true},
		{"a/b/c", "a", true}, {"a.b", "a", false},   {"a/b", "a/b/c", true},
	};

	for (size_t i = 0; i < COUNT(pairs); i++)
		cr_expect_eq(rendering_paths_meet(pairs[i].path, pairs[i].other), pairs[i].meet,
			     "%s %s", pairs[i].path, pairs[i].other);
}
