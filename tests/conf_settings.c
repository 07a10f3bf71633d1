#include <criterion/criterion.h>
#include <string.h>

#include "conf/settings.h"

static struct settings *load(const char *name)
{
	struct settings *settings = NULL;
	struct conf_error error;
	char path[512];
	int r;

	snprintf(path, sizeof(path), TEST_DATA "/conf/%s", name);
	r = settings_load(path, &settings, &error);
	cr_assert_eq(r, 0, "%s:%u: %s", error.file, error.line, error.text);
	return settings;
}

static void expect_defaults(const struct settings *settings)
{
	static const char *const patterns[] = {
		"*~",	 ".*",	  "#*#",    "4913",	 "sed??????",	"*.tmp",    "tmp????????",
		"*.bak", "*.new", "*.lock", "*.o?????*", "*___jb_*___", "XX??????",
	};

	cr_expect_str_eq(settings->store_path, "/var/lib/credfs/store.db");
	cr_expect_str_eq(settings->store_identity, "/var/lib/credfs/identity");
	cr_expect_str_eq(settings->store_pins, "/var/lib/credfs/identity.pins");
	cr_assert_eq(settings->admins.count, 1);
	cr_expect_str_eq(settings->admins.list[0].name, "root");
	cr_expect_not(settings->admins.list[0].group);
	cr_expect_null(settings->daemon_user);
	cr_expect_eq(settings->daemon_watchdog, 60);
	cr_expect_str_eq(settings->providers, "/etc/credfs/providers.d");
	cr_expect_eq(settings->history, 10);
	cr_expect_eq(settings->memory, 64 << 20);
	cr_expect_eq(settings->audit_mode, AUDIT_REQUIRED);
	cr_expect_str_eq(settings->audit_directory, "/var/lib/credfs/store.db.audit");
	cr_expect_eq(settings->audit_spool, UINT64_C(4) << 30);
	cr_expect_not(settings->connections);
	cr_expect_eq(settings->roles.count, 6);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		cr_expect_str_eq(settings->scratch[i], patterns[i]);
	cr_expect_null(settings->scratch[sizeof(patterns) / sizeof(patterns[0])]);
}

Test(settings, an_empty_file_leaves_the_defaults)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	struct conf_error error;

	cr_assert_eq(settings_load("/dev/null", &settings, &error), 0);
	expect_defaults(settings);
}

Test(settings, the_default_file_may_be_missing_another_may_not)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	struct conf_error error;

	cr_expect_eq(settings_load(TEST_DATA "/conf/none.conf", &settings, &error), -ENOENT);
	cr_expect_eq(error.line, 0);
	cr_expect_str_eq(error.text, "cannot be read: No such file or directory");
	cr_expect_eq(settings_load(TEST_DATA "/conf", &settings, &error), -EISDIR);
	/* On a host where credfs is set up the file is there, and says what it says. */
	if (access("/etc/credfs/credfs.conf", F_OK) != 0) {
		cr_assert_eq(settings_load(NULL, &settings, &error), 0);
		expect_defaults(settings);
	}
}

Test(settings, every_key_is_read)
{
	CLEANUP(settings_freep) struct settings *settings = load("settings-good.conf");
	CLEANUP_FREE char *admins = NULL;
	const struct roles *roles = &settings->roles;

	cr_expect_str_eq(settings->store_path, "/srv/credfs/store.db");
	cr_expect_str_eq(settings->store_identity, "/srv/credfs/host.key");
	cr_expect_str_eq(settings->store_pins, "/srv/credfs/pins");
	cr_assert_eq(principals_format(&settings->admins, &admins), 0);
	cr_expect_str_eq(admins, "user:root\ngroup:ops\nuser:alice\n");
	cr_expect_str_eq(settings->daemon_user, "credfs");
	cr_expect_str_eq(settings->providers, "/srv/credfs/providers.d");
	cr_expect_eq(settings->history, 0);
	cr_expect_eq(settings->memory, 1 << 30);
	cr_expect_str_eq(settings->scratch[0], "*~");
	cr_expect_str_eq(settings->scratch[1], ".*");
	cr_expect_null(settings->scratch[2]);
	cr_expect_eq(settings->audit_mode, AUDIT_BEST_EFFORT);
	cr_expect_str_eq(settings->audit_directory, "/srv/credfs/audit");
	cr_expect_eq(settings->audit_spool, 8 << 20);
	cr_expect(settings->connections);
	cr_expect_eq(roles->count, 8);
	cr_expect_eq(roles_find(roles, SCOPE_PROJECT, "runner")->permissions, 0);
	cr_expect_eq(roles_find(roles, SCOPE_PROJECT, "deployer")->permissions,
		     MAY_INHERIT | MAY_USE);
	cr_expect_eq(roles_find(roles, SCOPE_ORGANISATION, "auditor")->permissions, MAY_AUDIT);
	cr_expect_eq(roles_find(roles, SCOPE_ORGANISATION, "guest")->permissions, 0);
	cr_expect_eq(roles_find(roles, SCOPE_ORGANISATION, "member")->permissions, MAY_LIST);
}

Test(settings, an_identity_that_is_a_credential_leaves_the_pins_beside_the_store)
{
	CLEANUP(settings_freep) struct settings *settings = load("settings-credential.conf");

	cr_expect_str_eq(settings->store_identity, "credential:credfs-identity");
	cr_expect_str_eq(settings->store_pins, "/srv/credfs/identity.pins");
}

Test(settings, anything_else_is_an_error_with_file_and_line)
{
	static const struct {
		const char *file;
		unsigned line;
		const char *text;
	} rows[] = {
		{"unknown-section", 3, "no such section: stroe"},
		{"unknown-empty-section", 1, "no such section: feature"},
		{"features", 2, "neither yes nor no: on"},
		{"audit-mode", 2, "neither required, sync nor best-effort: maybe"},
		{"audit-spool", 2, "not a size of at least 4M, as in 64M: 1M"},
		{"section-auditing", 1, "no such section: auditing"},
		{"unknown-key", 3, "no such key in section store: url"},
		{"unknown-role-key", 2, "no such key in section role guest: name"},
		{"scratch-expire", 2, "not a number from 1 to 1000000: 10m"},
		{"key-twice", 3, "key keep is given twice"},
		{"empty-path", 2, "path has no value"},
		{"relative-path", 2, "not an absolute path: store.db"},
		{"identity-relative", 3, "neither an absolute path nor credential:NAME: identity"},
		{"identity-slash", 2,
		 "neither an absolute path nor credential:NAME: credential:../identity"},
		{"identity-no-name", 2,
		 "neither an absolute path nor credential:NAME: credential:"},
		{"relative-pins", 2, "not an absolute path: ./pins"},
		{"relative-directory", 2, "not an absolute path: providers.d"},
		{"admins", 2, "not a list of user:NAME and group:NAME: user:root, alice"},
		{"user", 2, "not the name of a user: a b"},
		{"user-empty", 2, "user has no value"},
		{"history-text", 2, "not a number from 0 to 1000: ten"},
		{"history-negative", 2, "not a number from 0 to 1000: -1"},
		{"history-much", 2, "not a number from 0 to 1000: 1001"},
		{"history-overflow", 2, "not a number from 0 to 1000: 18446744073709551617"},
		{"memory-little", 2, "not a size of at least 4M, as in 64M: 4095K"},
		{"memory-unit", 2, "not a size of at least 4M, as in 64M: 64MB"},
		{"memory-overflow", 2, "not a size of at least 4M, as in 64M: 17179869184G"},
		{"memory-empty", 2, "not a size of at least 4M, as in 64M: M"},
		{"scratch-empty", 2, "patterns has no value"},
		{"role-name", 1, "not the name of a role: Guest"},
		{"role-no-name", 1, "the section's name is empty or surrounded by blanks"},
		{"role-scope", 3, "neither organisation nor project: host"},
		{"role-permission", 2, "not permissions of the role's scope: list, read"},
		{"role-not-in-scope", 2, "not permissions of the role's scope: use"},
		{"role-last", 2, "not permissions of the role's scope: list"},
		{"owner-scope", 3, "owner must be of the organisation and have roles"},
		{"owner-permissions", 1, "owner must be of the organisation and have roles"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct settings *settings = NULL;
		struct conf_error error = {.line = 99};
		char path[512];
		int r;

		snprintf(path, sizeof(path), TEST_DATA "/conf/settings/%s.conf", rows[i].file);
		r = settings_load(path, &settings, &error);
		cr_expect_eq(r, -EINVAL, "%s: %d", rows[i].file, r);
		cr_expect_null(settings);
		cr_expect_eq(error.line, rows[i].line, "%s: %u", rows[i].file, error.line);
		cr_expect_str_eq(error.text, rows[i].text, "%s: %s", rows[i].file, error.text);
		cr_expect_eq(strncmp(error.file, path, sizeof(error.file) - 1), 0);
	}
}

/* What the tools leave beside `api_key`, and what they must not be taken for. */
Test(settings, scratch_names_are_those_of_editors_and_tools)
{
	static const char *const scratch[] = {
		"api_key~",	   ".api_key.swp",
		".api_key.swpx",   ".#api_key",
		"#api_key#",	   "4913",
		"sedAbC123",	   "api_key.tmp",
		"tmpabcd1234",	   "api_key.bak",
		"api_key.new",	   "api_key.lock",
		"api_key.oAbCdE",  ".",
		".api_key.ABCDEF", "api_key___jb_tmp___",
		"XXa1B2c3",	   "f.Ab3dE6gh.tmp",
	};
	static const char *const names[] = {
		"api_key",    "provider", "openai",	  "service_account.json",
		"sed",	      "tmpx",	  "XX",		  "Cu",
		"sedan12345", "a.old",	  "tmp123456789", "4914",
		"etl",	      "api.org",  "Customer",
	};
	CLEANUP(settings_freep) struct settings *settings = NULL;
	struct conf_error error;

	cr_assert_eq(settings_load("/dev/null", &settings, &error), 0);
	for (size_t i = 0; i < sizeof(scratch) / sizeof(scratch[0]); i++)
		cr_expect(settings_name_is_scratch(settings, scratch[i]), "%s", scratch[i]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_expect_not(settings_name_is_scratch(settings, names[i]), "%s", names[i]);
}
