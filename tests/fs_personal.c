#include "fs/personal.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "fs/kind.h"
#include "fs/path.h"
#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define USERS ACME "/users"
#define MINE PERSONAL "/mine"

/* The member has a directory, an account in it, and in that a value. */
static void begin(struct fixture *fixture)
{
	const struct caller member = acme_holder(ACME_MEMBER);

	acme_connect(fixture);
	cr_assert_eq(fixture_make(fixture, PERSONAL, &member), 0);
	cr_assert_eq(fixture_make(fixture, MINE, &member), 0);
	cr_assert_eq(fixture_save(fixture, MINE "/key", "k1\n", &member).close, 0);
}

/* What each role is worth there, in the order of enum acme_role. */
static const struct {
	const char *path;
	const char *cells[ACME_ROLES];
} table[] = {
	{USERS, {"rwx", "rwx", "rwx", "rwx", "---", "---", "---"}},
	{PERSONAL, {"---", "---", "rwx", "---", "---", "---", "---"}},
	{MINE, {"---", "---", "rwx", "---", "---", "---", "---"}},
	{MINE "/provider", {"---", "---", "rw-", "---", "---", "---", "---"}},
	{MINE "/key", {"---", "---", "rw-", "---", "---", "---", "---"}},
	{MINE "/.info", {"---", "---", "r--", "---", "---", "---", "---"}},
	{MINE "/.status", {"---", "---", "r--", "---", "---", "---", "---"}},
	{MINE "/.history", {"---", "---", "r-x", "---", "---", "---", "---"}},
};

static void expect_roles(struct fixture *fixture)
{
	for (size_t i = 0; i < COUNT(table); i++) {
		for (enum acme_role role = 0; role < ACME_ROLES; role++) {
			const struct caller caller = acme_holder(role);

			cr_expect_str_eq(view_bits(fixture, table[i].path, &caller).text,
					 table[i].cells[role], "%s, %s", table[i].path,
					 acme_role_name(role));
			if (role != ACME_NOBODY)
				cr_expect_str_eq(
					view_entry(fixture, table[i].path, false, caller.uid).text,
					table[i].cells[role], "%s, %s", table[i].path,
					acme_role_name(role));
		}
	}
}

Test(personal, accounts_are_their_owners_and_nobody_elses)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	expect_roles(&fixture);
	fixture_restart(&fixture);
	expect_roles(&fixture);
}

static const struct {
	enum acme_role role;
	int expected;
} makers[] = {
	{ACME_OWNER, 0},
	{ACME_ADMIN, 0},
	{ACME_MEMBER, 0},
	{ACME_AUDITOR, 0},
	{ACME_MAINTAINER, -EACCES},
	{ACME_RUNNER, -EACCES},
	{ACME_NOBODY, -EACCES},
};

static const char *const names[ACME_ROLES] = {"daemon", "bin",	    "sys",   "games",
					      "man",	"www-data", "nobody"};

Test(personal, directories_are_made_by_members_under_their_own_names)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char path[256];

	acme_connect(&fixture);
	for (size_t i = 0; i < COUNT(makers); i++) {
		const struct caller caller = acme_holder(makers[i].role);
		int r;

		cr_expect_eq(fixture_make(&fixture, USERS "/root", &caller), -EACCES);
		snprintf(path, sizeof path, USERS "/%s", names[makers[i].role]);
		r = fixture_make(&fixture, path, &caller);
		cr_expect_eq(r, makers[i].expected, "%s: %d", path, r);
		if (r < 0)
			continue;
		cr_expect_eq(fixture_make(&fixture, path, &caller), -EEXIST, "%s", path);
		view_expect_list(&fixture, USERS, &caller, names[makers[i].role]);
	}
	view_expect_list(&fixture, USERS, &fixture_root, "bin daemon games sys");
}

static const struct {
	const char *name;
	int expected;
} roots[] = {
	{"alice", 0},	     {"a b", -EINVAL}, {"a:b", -EINVAL}, {".alice", -EINVAL},
	{"alice~", -EINVAL}, {"a/b", -EINVAL}, {"", -EINVAL},
};

Test(personal, directories_have_names_that_users_can_have)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_connect(&fixture);
	for (size_t i = 0; i < COUNT(roots); i++) {
		const int r = fixture_make_named(&fixture, USERS, roots[i].name, &fixture_root);

		cr_expect_eq(r, roots[i].expected, "%s: %d", roots[i].name, r);
	}
}

Test(personal, accounts_are_made_renamed_and_removed_by_their_owner)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller member = acme_holder(ACME_MEMBER);

	begin(&fixture);
	for (enum acme_role role = 0; role < ACME_ROLES; role++) {
		const struct caller caller = acme_holder(role);

		if (role == ACME_MEMBER)
			continue;
		cr_expect_eq(fixture_make(&fixture, PERSONAL "/other", &caller), -EACCES);
		cr_expect_eq(fixture_rename(&fixture, MINE, PERSONAL "/other", &caller), -EACCES);
		cr_expect_eq(fixture_remove(&fixture, MINE "/key", &caller), -EACCES);
		cr_expect_eq(fixture_remove(&fixture, PERSONAL, &caller), -EACCES);
	}
	cr_expect_eq(fixture_make(&fixture, MINE, &member), -EEXIST);
	cr_expect_eq(fixture_rename(&fixture, MINE, PERSONAL "/other", &member), 0);
	view_expect_list(&fixture, PERSONAL, &member, "other");
	cr_expect_eq(fixture_remove(&fixture, PERSONAL, &member), -ENOTEMPTY);
	cr_expect_eq(fixture_remove(&fixture, PERSONAL "/other", &member), -ENOTEMPTY);
	cr_expect_eq(fixture_remove(&fixture, PERSONAL "/other/key", &member), 0);
	cr_expect_eq(fixture_remove(&fixture, PERSONAL "/other", &member), 0);
	cr_expect_eq(fixture_remove(&fixture, PERSONAL, &member), 0);
	view_expect_list(&fixture, USERS, &member, "");
}

static const struct {
	const char *from;
	const char *to;
	int expected;
} renames[] = {
	{MINE, ACME "/mine", -EPERM},
	{MINE, ETL "/mine", -EPERM},
	{MINE, USERS "/bin/mine", -EPERM},
	{OPENAI, PERSONAL "/openai", -EPERM},
	{OWN, PERSONAL "/own", -EPERM},
	{PERSONAL, USERS "/games", -EPERM},
	{PERSONAL, ACME "/sys", -EPERM},
	{MINE, PERSONAL "/.mine", -EINVAL},
	{ETL "/openai", PERSONAL "/openai", -EPERM},
};

static int mv(struct fixture *fixture, const char *from, const char *to)
{
	const struct node directory = view_node(fixture, USERS);

	/* What a directory has no call for is EPERM to who renames in it. */
	if (strcmp(from, PERSONAL) == 0)
		return kind_of(&directory)->rename ? 0 : -EPERM;
	return fixture_rename(fixture, from, to, &fixture_root);
}

Test(personal, accounts_stay_where_they_are)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller admin = acme_holder(ACME_ADMIN);

	begin(&fixture);
	cr_assert_eq(fixture_make(&fixture, USERS "/bin", &admin), 0);
	for (size_t i = 0; i < COUNT(renames); i++) {
		const int r = mv(&fixture, renames[i].from, renames[i].to);

		cr_expect_eq(r, renames[i].expected, "%s to %s: %d", renames[i].from, renames[i].to,
			     r);
	}
}

Test(personal, accounts_are_no_projects_to_use)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller member = acme_holder(ACME_MEMBER);

	begin(&fixture);
	cr_assert_eq(fixture_put(&fixture, ETL "/roles/maintainer", "user:sys\n"), 0);
	cr_expect_eq(fixture_link(&fixture, "../../users/sys/mine", ETL "/mine", &member), -EINVAL);
	cr_expect_eq(fixture_link(&fixture, "../../users/sys/mine", ETL "/mine", &fixture_root),
		     -EINVAL);
	cr_expect_eq(fixture_link(&fixture, "../../users/sys/nothing", ETL "/mine", &fixture_root),
		     -EINVAL);
}

Test(personal, accounts_end_with_the_membership_and_come_back_with_it)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller member = acme_holder(ACME_MEMBER);
	const struct handle_range all = {0, 100, false};
	struct handle_bytes bytes;
	uint64_t number = 0;

	begin(&fixture);
	cr_assert_eq(fixture_open(&fixture, MINE "/key", O_RDONLY, &member, &number), 0);
	cr_assert_eq(fixture_put(&fixture, ACME "/roles/member", "user:nobody\n"), 0);
	cr_expect_eq(handle_read(&fixture.tree, handles_get(fixture.handles, number), &member, &all,
				 &bytes),
		     -EACCES);
	cr_expect_str_eq(view_bits(&fixture, MINE "/key", &member).text, "---");
	cr_expect_str_eq(view_entry(&fixture, MINE "/key", false, member.uid).text, "---");
	cr_assert_eq(fixture_put(&fixture, ETL "/roles/runner", "user:sys\n"), 0);
	cr_expect_str_eq(view_bits(&fixture, MINE "/key", &member).text, "---", "no member");
	cr_assert_eq(fixture_put(&fixture, ACME "/roles/auditor", "group:sys\n"), 0);
	cr_expect_str_eq(view_bits(&fixture, MINE "/key", &member).text, "rw-", "by his group");
	handles_close(fixture.handles, &fixture.tree, number);
}

Test(personal, accounts_of_a_user_who_is_not_here_are_nobodys)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	acme_connect(&fixture);
	cr_assert_eq(fixture_put(&fixture, ACME "/roles/member", "user:sys\nuser:nowhere-1\n"), 0);
	cr_assert_eq(fixture_make(&fixture, USERS "/nowhere-1", &fixture_root), 0);
	cr_assert_eq(fixture_make(&fixture, USERS "/nowhere-1/mine", &fixture_root), 0);
	for (enum acme_role role = 0; role < ACME_ROLES; role++) {
		const struct caller caller = acme_holder(role);

		cr_expect_str_eq(view_bits(&fixture, USERS "/nowhere-1", &caller).text, "---");
	}
	cr_assert_eq(fixture_remove(&fixture, USERS "/nowhere-1/mine", &fixture_root), 0);
	cr_expect_eq(fixture_remove(&fixture, USERS "/nowhere-1", &fixture_root), 0);
	cr_expect_eq(fixture_find(&fixture, USERS "/nowhere-1", &node), -ENOENT);
}

Test(personal, accounts_whose_owner_cannot_be_read_are_nobodys)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller admin = acme_holder(ACME_ADMIN);
	const struct caller member = acme_holder(ACME_MEMBER);
	struct node mine, node;

	begin(&fixture);
	mine = view_node(&fixture, MINE);
	fixture_tamper(&fixture, "UPDATE item SET ct = zeroblob(length(ct)) WHERE kind = 7");
	cr_expect_eq(fixture_find(&fixture, PERSONAL, &node), -EIO);
	cr_expect_eq(access_bits(&fixture.tree, &mine, &admin, 4), -EACCES);
	cr_expect_eq(access_bits(&fixture.tree, &mine, &member, 4), -EACCES);
}

Test(personal, accounts_are_named_by_their_owner_in_the_audit_log)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;
	char path[PATH_SIZE];

	begin(&fixture);
	node = view_node(&fixture, MINE "/key");
	path_of(&fixture.tree, &node, NULL, path);
	cr_expect_str_eq(path, MINE "/key");
}
