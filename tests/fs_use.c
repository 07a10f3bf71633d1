#include "fs/use.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "fs/attr.h"
#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define USE "use/acme/etl"

static const char own_env[] = "OPENAI_ADMIN_KEY=sk-admin-2\n"
			      "OPENAI_API_BASE=https://own.example/v1\n"
			      "OPENAI_API_KEY=sk-proj-4\n"
			      "OPENAI_BASE_URL=https://own.example/v1\n";

/* A project without conflicts: what it owns is of another kind. */
static void settle(struct fixture *fixture)
{
	cr_assert_eq(fixture_remove(fixture, ETL "/openai", &fixture_root), 0);
}

static int find(struct fixture *fixture, const char *path)
{
	struct node node;

	return fixture_find(fixture, path, &node);
}

/* 0 or -errno of stat(2). */
static int stat_of(struct fixture *fixture, const char *path)
{
	struct inode *inode = NULL;
	struct stat st;
	struct node node;
	int r = fixture_find(fixture, path, &node);

	if (r == 0)
		r = inodes_add(fixture->tree.inodes, tree_inode(&fixture->tree, &node), &node,
			       &inode);
	return r < 0 ? r : attr_of(&fixture->tree, inode, &st);
}

Test(use, shows_what_a_project_inherits_and_owns)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	const struct caller stranger = acme_holder(ACME_NOBODY);

	acme_init(&fixture, "");
	view_expect_list(&fixture, "use", &runner, "acme");
	view_expect_list(&fixture, "use", &stranger, "");
	view_expect_list(&fixture, "use/acme", &fixture_root, "etl");
	view_expect_list(&fixture, USE, &runner, "openai own");
	view_expect_list(&fixture, USE "/openai", &runner,
			 "provider api_base api_key env env.json");
	view_expect_list(&fixture, USE "/own", &runner,
			 "provider admin_key api_base api_key env env.json");
	view_expect(&fixture, USE "/openai/api_key", "sk-proj-22");
	view_expect(&fixture, USE "/openai/api_base", "https://proxy.example/v1");
	view_expect(&fixture, USE "/openai/provider", "openai");
	view_expect(&fixture, USE "/own/env", own_env);
	cr_expect_eq(find(&fixture, USE "/unlinked"), -ENOENT);
	cr_expect_eq(find(&fixture, USE "/roles"), -ENOENT);
	cr_expect_eq(find(&fixture, "use/other"), -ENOENT);
}

Test(use, keeps_what_does_not_inherit_from_links)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_expect_eq(find(&fixture, USE "/openai/admin_key"), -ENOENT);
	view_expect_no_part(&fixture, USE "/openai/env", "ADMIN");
	view_expect_no_part(&fixture, USE "/openai/env.json", "ADMIN");
	view_expect(&fixture, USE "/own/admin_key", "sk-admin-2");
}

Test(use, two_accounts_that_set_a_variable_leave_the_project_without_its_environment)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_expect_eq(stat_of(&fixture, USE "/env"), -ENOENT);
	cr_expect_eq(stat_of(&fixture, USE "/env.json"), -ENOENT);
	view_expect(&fixture, USE "/.status",
		    "conflict: OPENAI_API_BASE: openai/api_base, own/api_base\n"
		    "conflict: OPENAI_API_KEY: openai/api_key, own/api_key\n"
		    "conflict: OPENAI_BASE_URL: openai/api_base, own/api_base\n"
		    "absent: env: conflict\n"
		    "absent: env.json: conflict\n");
	cr_expect_eq(stat_of(&fixture, USE "/own/env"), 0);
	cr_expect_eq(stat_of(&fixture, USE "/openai/env"), 0);
	settle(&fixture);
	view_expect_list(&fixture, USE, &fixture_root, "own env env.json");
	view_expect(&fixture, USE "/env", own_env);
	view_expect(&fixture, USE "/env.json",
		    "{\"OPENAI_ADMIN_KEY\":\"sk-admin-2\","
		    "\"OPENAI_API_BASE\":\"https://own.example/v1\","
		    "\"OPENAI_API_KEY\":\"sk-proj-4\","
		    "\"OPENAI_BASE_URL\":\"https://own.example/v1\"}\n");
	view_expect(&fixture, USE "/.status", "");
}

Test(use, a_project_without_anything_has_an_empty_environment)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, ACME "/projects/empty", &fixture_root), 0);
	view_expect_list(&fixture, "use/acme/empty", &fixture_root, "env env.json");
	view_expect(&fixture, "use/acme/empty/env", "");
	view_expect(&fixture, "use/acme/empty/env.json", "{}\n");
}

Test(use, fields_of_any_name_set_no_variable_that_means_something)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	settle(&fixture);
	cr_assert_eq(fixture_make(&fixture, ACME "/Prod DB ü", &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, ACME "/Prod DB ü/LD_PRELOAD", "/x.so"), 0);
	cr_assert_eq(fixture_put(&fixture, ACME "/Prod DB ü/pass.word", "two words"), 0);
	cr_assert_eq(fixture_link(&fixture, "../../Prod DB ü", ETL "/Prod DB ü", &fixture_root), 0);
	view_expect(&fixture, USE "/Prod DB ü/env",
		    "CREDFS_PROD_DB___LD_PRELOAD=/x.so\nCREDFS_PROD_DB___PASS_WORD='two words'\n");
	view_expect_part(&fixture, USE "/env", "\nOPENAI_API_KEY=");
	view_expect_part(&fixture, USE "/env", "CREDFS_PROD_DB___LD_PRELOAD=/x.so\n");
	cr_assert_eq(fixture_put(&fixture, ACME "/Prod DB ü/pass_word", "x"), 0);
	cr_expect_eq(stat_of(&fixture, USE "/Prod DB ü/env"), -ENOENT);
	view_expect_part(&fixture, USE "/.status",
			 "conflict: CREDFS_PROD_DB___PASS_WORD: Prod DB ü/pass.word, "
			 "Prod DB ü/pass_word\n");
	view_expect_part(&fixture, USE "/.status", "absent: Prod DB ü/env: conflict\n");
}

Test(use, a_value_that_a_format_cannot_carry_leaves_the_file_out)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	settle(&fixture);
	cr_assert_eq(fixture_put(&fixture, OWN "/custom_headers", "A: b\nLD_PRELOAD=x\n"), 0);
	cr_expect_eq(stat_of(&fixture, USE "/own/env"), -ENOENT);
	cr_expect_eq(stat_of(&fixture, USE "/env"), -ENOENT);
	view_expect_list(&fixture, USE, &fixture_root, "own env.json");
	view_expect(&fixture, USE "/.status",
		    "absent: env: own/custom_headers cannot be written in it\n"
		    "absent: own/env: custom_headers cannot be written in it\n");
	view_expect_part(&fixture, USE "/env.json", "\"A: b\\nLD_PRELOAD=x\\n\"");
	view_expect(&fixture, USE "/own/custom_headers", "A: b\nLD_PRELOAD=x\n");
}

Test(use, values_that_are_too_large_together_leave_the_project_without_its_environment)
{
	enum { VALUES = 17, SIZE = 65536 };
	CLEANUP_FIXTURE struct fixture fixture;
	CLEANUP_FREE char *value = malloc(SIZE + 1);

	acme_init(&fixture, "");
	settle(&fixture);
	memset(value, 'x', SIZE);
	value[SIZE] = '\0';
	for (unsigned i = 0; i < VALUES; i++) {
		char path[64];

		snprintf(path, sizeof path, ETL "/any%u", i);
		cr_assert_eq(fixture_make(&fixture, path, &fixture_root), 0);
		snprintf(path, sizeof path, ETL "/any%u/f", i);
		cr_assert_eq(fixture_put(&fixture, path, value), 0);
	}
	cr_expect_eq(stat_of(&fixture, USE "/env"), -ENOENT);
	cr_expect_eq(stat_of(&fixture, USE "/any0/env"), 0);
	view_expect(
		&fixture, USE "/.status",
		"absent: env: it would be too large\nabsent: env.json: it would be too large\n");
}

Test(use, a_file_that_is_made_has_precedence_over_a_field_of_its_name)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	settle(&fixture);
	cr_assert_eq(fixture_make(&fixture, ETL "/any", &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, ETL "/any/env", "x"), 0);
	view_expect_list(&fixture, USE "/any", &fixture_root, "provider env env.json");
	view_expect(&fixture, USE "/any/env", "CREDFS_ANY_ENV=x\n");
	view_expect(&fixture, USE "/.status", "hidden: any/env: a file of that name is made\n");
}

Test(use, the_path_of_a_file_is_a_variable_too)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char expected[256];

	acme_init(&fixture, "");
	settle(&fixture);
	cr_assert_eq(fixture_make(&fixture, ETL "/vertex", &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, ETL "/vertex/service_account.json", "{\"a\":1}\n"), 0);
	snprintf(expected, sizeof expected,
		 "GOOGLE_APPLICATION_CREDENTIALS=%s/" USE "/vertex/service_account.json\n",
		 fixture.tree.mountpoint);
	view_expect(&fixture, USE "/vertex/env", expected);
	view_expect(&fixture, USE "/vertex/service_account.json", "{\"a\":1}\n");
}

static void make_bedrock(struct fixture *fixture)
{
	cr_assert_eq(fixture_make(fixture, ETL "/bedrock", &fixture_root), 0);
	cr_assert_eq(fixture_put(fixture, ETL "/bedrock/access_key_id", "AKIAABCDEFGHIJKLMNOP"), 0);
	cr_assert_eq(fixture_put(fixture, ETL "/bedrock/secret_access_key", "abc/+"), 0);
}

Test(use, files_of_the_catalogue_are_made_of_the_fields)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	make_bedrock(&fixture);
	view_expect_list(&fixture, USE "/bedrock", &fixture_root,
			 "provider access_key_id secret_access_key credential_process.json "
			 "credentials env env.json");
	view_expect(&fixture, USE "/bedrock/credentials",
		    "[default]\naws_access_key_id = AKIAABCDEFGHIJKLMNOP\n"
		    "aws_secret_access_key = abc/+\n");
	cr_expect_eq(stat_of(&fixture, USE "/bedrock/config"), -ENOENT);
	cr_assert_eq(fixture_put(&fixture, ETL "/bedrock/region", "eu-west-1"), 0);
	view_expect(&fixture, USE "/bedrock/config", "[default]\nregion = eu-west-1\n");
}

Test(use, temporary_keys_make_no_file_without_their_token)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	make_bedrock(&fixture);
	cr_assert_eq(fixture_put(&fixture, ETL "/bedrock/access_key_id", "ASIAABCDEFGHIJKLMNOP"),
		     0);
	cr_expect_eq(stat_of(&fixture, USE "/bedrock/credentials"), -ENOENT);
	cr_assert_eq(fixture_put(&fixture, ETL "/bedrock/session_token", "token"), 0);
	view_expect_part(&fixture, USE "/bedrock/credentials", "aws_session_token = token\n");
}

Test(use, a_directory_of_files_is_there_with_its_files)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, ETL "/anthropic", &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, ETL "/anthropic/api_key", "sk-ant-1"), 0);
	cr_expect_eq(find(&fixture, USE "/anthropic/config"), -ENOENT);
	view_expect_list(&fixture, USE "/anthropic", &fixture_root,
			 "provider api_key env env.json");
	cr_assert_eq(fixture_put(&fixture, ETL "/anthropic/auth_token", "tok"), 0);
	view_expect_list(&fixture, USE "/anthropic", &fixture_root,
			 "provider api_key auth_token config env env.json");
	view_expect_list(&fixture, USE "/anthropic/config", &fixture_root,
			 "active_config configs credentials");
	view_expect_list(&fixture, USE "/anthropic/config/credentials", &fixture_root,
			 "default.json");
	view_expect(&fixture, USE "/anthropic/config/active_config", "default\n");
	view_expect(&fixture, USE "/anthropic/config/credentials/default.json",
		    "{\"version\":\"1.0\",\"type\":\"oauth_token\",\"access_token\":\"tok\","
		    "\"expires_at\":0}\n");
	cr_expect_eq(find(&fixture, USE "/anthropic/config/credentials/other.json"), -ENOENT);
}

Test(use, names_with_a_dot_are_opened_but_not_listed)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "[features]\nconnections = yes\n");
	cr_assert_eq(fixture_make(&fixture, ETL "/postgresql", &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, ETL "/postgresql/username", "etl"), 0);
	cr_assert_eq(fixture_put(&fixture, ETL "/postgresql/password", "a:b"), 0);
	view_expect_list(&fixture, USE "/postgresql", &fixture_root,
			 "provider password username env env.json pg_service.conf");
	view_expect(&fixture, USE "/postgresql/.pgpass", "*:*:*:etl:a\\:b\n");
}

static const char *const pieces[] = {
	USE "/own/env", USE "/own/env.json", USE "/own/api_key", USE "/own",
	USE "/env",	USE "/env.json",     USE "/.status",
};

/* Who knows a file has come by its directories. */
static void know(struct fixture *fixture, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)view_know(fixture, paths[i]);
}

Test(use, every_change_is_told_and_seen_at_once)
{
	static const char *const directories[] = {"use", "use/acme", USE, USE "/own"};
	CLEANUP_FIXTURE struct fixture fixture;
	struct node known[COUNT(pieces)];

	acme_init(&fixture, "");
	settle(&fixture);
	know(&fixture, directories, COUNT(directories));
	for (size_t i = 0; i < COUNT(pieces); i++)
		known[i] = view_know(&fixture, pieces[i]);
	fixture.invalidated = 0;
	cr_assert_eq(fixture_put(&fixture, OWN "/api_key", "sk-proj-another"), 0);
	for (size_t i = 0; i < COUNT(pieces); i++)
		cr_expect(view_was_told(&fixture, &known[i]), "%s", pieces[i]);
	view_expect_part(&fixture, USE "/env", "OPENAI_API_KEY=sk-proj-another\n");
	cr_expect_eq(view_stat(&fixture, USE "/env").st_size,
		     (off_t)(strlen(own_env) - strlen("sk-proj-4") + strlen("sk-proj-another")));
	cr_expect_eq(view_stat(&fixture, USE "/own/api_key").st_size,
		     (off_t)strlen("sk-proj-another"));
	fixture.invalidated = 0;
	cr_assert_eq(fixture_remove(&fixture, OWN "/api_key", &fixture_root), 0);
	for (size_t i = 0; i < COUNT(pieces); i++)
		cr_expect(view_was_told(&fixture, &known[i]), "%s", pieces[i]);
	view_expect_no_part(&fixture, USE "/env", "OPENAI_API_KEY");
	cr_expect_eq(find(&fixture, USE "/own/api_key"), -ENOENT);
}

Test(use, a_change_of_what_is_inherited_is_told_to_every_heir)
{
	static const char *const directories[] = {"use", USE, USE "/openai", "use/acme/second",
						  "use/acme/second/gpt"};
	CLEANUP_FIXTURE struct fixture fixture;
	struct node known[2];

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, ACME "/projects/second", &fixture_root), 0);
	cr_assert_eq(
		fixture_link(&fixture, "../../openai", ACME "/projects/second/gpt", &fixture_root),
		0);
	know(&fixture, directories, COUNT(directories));
	known[0] = view_know(&fixture, USE "/openai/env");
	known[1] = view_know(&fixture, "use/acme/second/gpt/env");
	fixture.invalidated = 0;
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-333"), 0);
	cr_expect(view_was_told(&fixture, &known[0]));
	cr_expect(view_was_told(&fixture, &known[1]));
	view_expect_part(&fixture, "use/acme/second/env", "OPENAI_API_KEY=sk-proj-333\n");
}

Test(use, files_belong_to_the_only_runner)
{
	static const char *const owned[] = {USE "/own/api_key", USE "/own/env", USE "/own/provider",
					    USE "/env"};
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);

	acme_init(&fixture, "");
	settle(&fixture);
	for (size_t i = 0; i < COUNT(owned); i++) {
		const struct stat st = view_stat(&fixture, owned[i]);

		cr_expect_eq(st.st_uid, runner.uid, "%s", owned[i]);
		cr_expect_eq(st.st_mode & 07777, 0400, "%s: %o", owned[i], st.st_mode);
		cr_expect_str_eq(view_entry(&fixture, owned[i], false, runner.uid).text, "---");
	}
	cr_expect_eq(view_stat(&fixture, USE "/.status").st_uid, fixture.tree.owner);
	cr_expect_eq(view_stat(&fixture, USE).st_uid, fixture.tree.owner);
	cr_assert_eq(fixture_put(&fixture, ETL "/roles/runner", "user:www-data\nuser:man\n"), 0);
	for (size_t i = 0; i < COUNT(owned); i++) {
		const struct stat st = view_stat(&fixture, owned[i]);

		cr_expect_eq(st.st_uid, fixture.tree.owner, "%s", owned[i]);
		cr_expect_eq(st.st_mode & 07777, 0440, "%s: %o", owned[i], st.st_mode);
		cr_expect_str_eq(view_entry(&fixture, owned[i], false, runner.uid).text, "r--");
	}
	cr_assert_eq(fixture_put(&fixture, ETL "/roles/runner", "group:adm\n"), 0);
	cr_expect_eq(view_stat(&fixture, USE "/env").st_uid, fixture.tree.owner);
	cr_assert_eq(fixture_put(&fixture, ETL "/roles/runner", "user:nobody-of-this-host\n"), 0);
	cr_expect_eq(view_stat(&fixture, USE "/env").st_uid, fixture.tree.owner);
}

static int read_at(struct fixture *fixture, uint64_t handle, uint64_t offset,
		   const struct caller *caller)
{
	const struct handle_range range = {.offset = offset, .size = 64};
	struct handle_bytes bytes = {0};

	return handle_read(&fixture->tree, handles_get(fixture->handles, handle), caller, &range,
			   &bytes);
}

Test(use, what_is_taken_away_is_taken_from_open_files_too)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	static const char *const files[] = {USE "/openai/api_key", USE "/openai/env",
					    USE "/openai/env.json"};
	uint64_t handles[COUNT(files)];

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(files); i++) {
		cr_assert_eq(fixture_open(&fixture, files[i], O_RDONLY, &runner, &handles[i]), 0);
		cr_expect_eq(read_at(&fixture, handles[i], 0, &runner), 0);
	}
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	for (size_t i = 0; i < COUNT(files); i++) {
		cr_expect_eq(read_at(&fixture, handles[i], 0, &runner), -EACCES, "%s", files[i]);
		cr_expect_eq(read_at(&fixture, handles[i], 2, &runner), -EACCES, "%s", files[i]);
		handles_close(fixture.handles, &fixture.tree, handles[i]);
		cr_expect_eq(find(&fixture, files[i]), -ENOENT);
	}
}

Test(use, a_part_that_is_taken_away_ends_the_reading_of_the_whole)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	uint64_t fresh = 0, read = 0;

	acme_init(&fixture, "");
	settle(&fixture);
	cr_assert_eq(fixture_make(&fixture, ACME "/xai", &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, ACME "/xai/api_key", "xai-1"), 0);
	cr_assert_eq(fixture_link(&fixture, "../../xai", ETL "/xai", &fixture_root), 0);
	cr_assert_eq(fixture_open(&fixture, USE "/env", O_RDONLY, &runner, &fresh), 0);
	cr_assert_eq(fixture_open(&fixture, USE "/env", O_RDONLY, &runner, &read), 0);
	cr_expect_eq(read_at(&fixture, read, 0, &runner), 0);
	cr_assert_eq(fixture_remove(&fixture, ETL "/xai", &fixture_root), 0);
	cr_expect_eq(read_at(&fixture, read, 8, &runner), -EACCES);
	cr_expect_eq(read_at(&fixture, read, 8, &runner), -EACCES);
	cr_expect_eq(read_at(&fixture, read, 0, &runner), 0);
	cr_expect_eq(read_at(&fixture, read, 8, &runner), 0);
	{
		const struct handle_range all = {.offset = 0, .size = 4096};
		struct handle_bytes bytes = {0};

		cr_assert_eq(handle_read(&fixture.tree, handles_get(fixture.handles, fresh),
					 &runner, &all, &bytes),
			     0);
		cr_expect_null(memmem(bytes.bytes, bytes.size, "xai", 3));
	}
	handles_close(fixture.handles, &fixture.tree, fresh);
	handles_close(fixture.handles, &fixture.tree, read);
}

Test(use, nothing_can_be_changed_there)
{
	static const char *const directories[] = {"use", "use/acme", USE, USE "/own"};
	static const char *const files[] = {USE "/own/api_key", USE "/own/env", USE "/env",
					    USE "/own/provider", USE "/.status"};
	CLEANUP_FIXTURE struct fixture fixture;
	char path[256];

	acme_init(&fixture, "");
	settle(&fixture);
	for (size_t i = 0; i < COUNT(directories); i++) {
		snprintf(path, sizeof path, "%s/new", directories[i]);
		cr_expect_eq(fixture_make(&fixture, path, &fixture_root), -EPERM, "%s", path);
		cr_expect_eq(fixture_link(&fixture, "../x", path, &fixture_root), -EPERM, "%s",
			     path);
		cr_expect_eq(fixture_put(&fixture, path, "x"), -EPERM, "%s", path);
		if (i)
			cr_expect_eq(fixture_remove(&fixture, directories[i], &fixture_root),
				     -EPERM, "%s", directories[i]);
	}
	for (size_t i = 0; i < COUNT(files); i++) {
		cr_expect_eq(fixture_put(&fixture, files[i], "x"), -EACCES, "%s", files[i]);
		cr_expect_eq(fixture_remove(&fixture, files[i], &fixture_root), -EPERM, "%s",
			     files[i]);
		cr_expect_eq(fixture_rename(&fixture, files[i], OWN "/stolen", &fixture_root),
			     -EPERM, "%s", files[i]);
		cr_expect_eq(fixture_rename(&fixture, OWN "/api_key", files[i], &fixture_root),
			     -EPERM, "%s", files[i]);
	}
	cr_expect_eq(fixture_rename(&fixture, ACME "/unlinked", USE "/unlinked", &fixture_root),
		     -EPERM);
	cr_expect_eq(fixture_rename(&fixture, ETL, "use/acme/etl2", &fixture_root), -EPERM);
}

Test(use, names_are_followed_when_they_change)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_rename(&fixture, ETL "/openai", ETL "/gpt", &fixture_root), 0);
	view_expect(&fixture, USE "/gpt/api_key", "sk-proj-22");
	cr_expect_eq(find(&fixture, USE "/openai"), -ENOENT);
	cr_assert_eq(fixture_rename(&fixture, ETL, ACME "/projects/load", &fixture_root), 0);
	view_expect(&fixture, "use/acme/load/gpt/api_key", "sk-proj-22");
	cr_expect_eq(find(&fixture, USE), -ENOENT);
}

Test(use, inodes_are_the_same_after_a_restart)
{
	CLEANUP_FIXTURE struct fixture fixture;
	ino_t before[COUNT(pieces)];

	acme_init(&fixture, "");
	settle(&fixture);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		before[i] = view_stat(&fixture, pieces[i]).st_ino;
		for (size_t j = 0; j < i; j++)
			cr_expect_neq(before[i], before[j], "%s", pieces[i]);
	}
	fixture_restart(&fixture);
	for (size_t i = 0; i < COUNT(pieces); i++)
		cr_expect_eq(view_stat(&fixture, pieces[i]).st_ino, before[i], "%s", pieces[i]);
}

#define LINKED "../../connections/warehouse"

/* A connection that a project is linked to, with its login. */
static void connect_etl(struct fixture *fixture)
{
	acme_connect(fixture);
	settle(fixture);
	cr_assert_eq(fixture_remove(fixture, WAREHOUSE "/url", &fixture_root), 0);
	cr_assert_eq(fixture_put(fixture, WAREHOUSE "/type", "postgresql"), 0);
	cr_assert_eq(fixture_put(fixture, WAREHOUSE "/host", "db.example"), 0);
	cr_assert_eq(fixture_put(fixture, WAREHOUSE "/port", "5432"), 0);
	cr_assert_eq(fixture_put(fixture, WAREHOUSE_LOGIN "/username", "etl"), 0);
	cr_assert_eq(fixture_put(fixture, WAREHOUSE_LOGIN "/password", "a:b"), 0);
	cr_assert_eq(fixture_link(fixture, LINKED, ETL "/dwh", &fixture_root), 0);
}

Test(use, a_connection_is_its_fields_and_those_of_its_account)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);

	connect_etl(&fixture);
	view_expect_list(&fixture, USE "/dwh", &runner,
			 "provider host password port type username env env.json "
			 "pg_service.conf");
	view_expect(&fixture, USE "/dwh/provider", "postgresql");
	view_expect(&fixture, USE "/dwh/host", "db.example");
	view_expect(&fixture, USE "/dwh/password", "a:b");
	view_expect(&fixture, USE "/dwh/.pgpass", "db.example:5432:*:etl:a\\:b\n");
	view_expect(&fixture, USE "/dwh/pg_service.conf",
		    "[default]\nhost=db.example\nport=5432\nuser=etl\npassword=a:b\n");
	view_expect(&fixture, USE "/dwh/env",
		    "PGHOST=db.example\nPGPASSWORD=a:b\nPGPORT=5432\nPGUSER=etl\n");
	view_expect_part(&fixture, USE "/env", "\nPGPASSWORD=a:b\n");
	cr_expect_str_eq(view_bits(&fixture, USE "/dwh/password", &runner).text, "r--");
}

Test(use, a_connection_is_made_for_what_speaks_there)
{
	static const struct {
		const char *field;
		const char *value;
		const char *provider;
		const char *file; /* "": none */
	} rows[] = {
		{"type", "mysql", "mysql", "/my.cnf"},
		{"type", "mariadb", "mysql", "/my.cnf"},
		{"type", "postgres", "postgresql", "/.pgpass"},
		{"type", "openai", "login", ""},
		{"type", "oracle", "login", ""},
		{"url", "mysql://db.example/x", "mysql", "/my.cnf"},
		{"url", "jdbc:postgresql://db.example/x", "postgresql", "/.pgpass"},
		{"url", "https://db.example/x", "login", ""},
	};
	CLEANUP_FIXTURE struct fixture fixture;

	connect_etl(&fixture);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char path[128];

		(void)!fixture_remove(&fixture, WAREHOUSE "/type", &fixture_root);
		snprintf(path, sizeof path, WAREHOUSE "/%s", rows[i].field);
		cr_assert_eq(fixture_put(&fixture, path, rows[i].value), 0);
		view_expect(&fixture, USE "/dwh/provider", rows[i].provider);
		snprintf(path, sizeof path, USE "/dwh%s", rows[i].file);
		cr_expect_eq(stat_of(&fixture, path), 0, "%s", path);
	}
}

Test(use, a_change_of_a_connection_or_its_account_is_told)
{
	static const char *const directories[] = {"use", "use/acme", USE, USE "/dwh"};
	static const char *const files[] = {USE "/dwh/env", USE "/dwh/.pgpass", USE "/env"};
	CLEANUP_FIXTURE struct fixture fixture;
	struct node known[COUNT(files)];

	connect_etl(&fixture);
	know(&fixture, directories, COUNT(directories));
	for (size_t i = 0; i < COUNT(files); i++)
		known[i] = view_know(&fixture, files[i]);
	fixture.invalidated = 0;
	cr_assert_eq(fixture_put(&fixture, WAREHOUSE_LOGIN "/password", "c"), 0);
	for (size_t i = 0; i < COUNT(files); i++)
		cr_expect(view_was_told(&fixture, &known[i]), "%s", files[i]);
	fixture.invalidated = 0;
	cr_assert_eq(fixture_put(&fixture, WAREHOUSE "/host", "other.example"), 0);
	for (size_t i = 0; i < COUNT(files); i++)
		cr_expect(view_was_told(&fixture, &known[i]), "%s", files[i]);
	view_expect(&fixture, USE "/dwh/.pgpass", "other.example:5432:*:etl:c\n");
}

Test(use, without_its_account_a_connection_is_its_description)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	uint64_t handle = 0;

	connect_etl(&fixture);
	cr_assert_eq(fixture_open(&fixture, USE "/dwh/.pgpass", O_RDONLY, &runner, &handle), 0);
	cr_assert_eq(fixture_remove(&fixture, ASSOCIATED, &fixture_root), 0);
	cr_expect_eq(read_at(&fixture, handle, 0, &runner), -EACCES);
	handles_close(fixture.handles, &fixture.tree, handle);
	view_expect_list(&fixture, USE "/dwh", &runner, "provider host port type env env.json");
	cr_expect_eq(find(&fixture, USE "/dwh/password"), -ENOENT);
	cr_expect_eq(stat_of(&fixture, USE "/dwh/.pgpass"), -ENOENT);
	view_expect(&fixture, USE "/dwh/env", "PGHOST=db.example\nPGPORT=5432\n");
}

Test(use, the_url_of_a_connection_says_what_no_field_does)
{
	static const struct {
		const char *url;
		const char *service, *pgpass, *environment;
	} rows[] = {
		{"postgresql://db.example:5433/sales?sslmode=require",
		 "[default]\nhost=db.example\nport=5433\ndbname=sales\nuser=etl\npassword=a:b\n"
		 "sslmode=require\n",
		 "db.example:5433:sales:etl:a\\:b\n",
		 "PGDATABASE=sales\nPGHOST=db.example\nPGPASSWORD=a:b\nPGPORT=5433\n"
		 "PGSSLMODE=require\nPGUSER=etl\n"},
		{"postgresql://%2Frun%2Fx/a%3Ab",
		 "[default]\nhost=/run/x\ndbname=a:b\nuser=etl\npassword=a:b\n",
		 "/run/x:*:a\\:b:etl:a\\:b\n",
		 "PGDATABASE=a:b\nPGHOST=/run/x\nPGPASSWORD=a:b\nPGUSER=etl\n"},
		{"postgresql://one,two/sales", "[default]\nuser=etl\npassword=a:b\n",
		 "*:*:*:etl:a\\:b\n", "PGPASSWORD=a:b\nPGUSER=etl\n"},
	};
	CLEANUP_FIXTURE struct fixture fixture;

	connect_etl(&fixture);
	cr_assert_eq(fixture_put(&fixture, WAREHOUSE "/url", rows[0].url), 0);
	view_expect(&fixture, USE "/dwh/.pgpass", "db.example:5432:*:etl:a\\:b\n");
	cr_assert_eq(fixture_remove(&fixture, WAREHOUSE "/host", &fixture_root), 0);
	view_expect(&fixture, USE "/dwh/.pgpass", "*:5432:*:etl:a\\:b\n");
	cr_assert_eq(fixture_remove(&fixture, WAREHOUSE "/port", &fixture_root), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		cr_assert_eq(fixture_put(&fixture, WAREHOUSE "/url", rows[i].url), 0);
		view_expect(&fixture, USE "/dwh/pg_service.conf", rows[i].service);
		view_expect(&fixture, USE "/dwh/.pgpass", rows[i].pgpass);
		view_expect(&fixture, USE "/dwh/env", rows[i].environment);
	}
	view_expect(&fixture, USE "/.status", "");
	cr_assert_eq(fixture_put(&fixture, WAREHOUSE "/url", "postgresql://db.example/a%0Ab"), 0);
	cr_expect_eq(stat_of(&fixture, USE "/dwh/.pgpass"), -ENOENT);
	view_expect_part(&fixture, USE "/.status",
			 "absent: dwh/.pgpass: database cannot be written in it\n");
}
