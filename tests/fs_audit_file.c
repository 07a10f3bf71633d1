#include "fs/audit_file.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <string.h>

#include "tests/acme.h"

#define LOG ACME "/audit.log"

static int try_read(struct fixture *fixture, const struct caller *caller)
{
	uint64_t handle = 0;
	int r = access_bits(&fixture->tree, &(struct node){.kind = NODE_AUDIT}, caller, 4);

	if (r == 0)
		r = fixture_open(fixture, LOG, O_RDONLY, caller, &handle);
	if (r == 0)
		handles_close(fixture->handles, &fixture->tree, handle);
	return r;
}

Test(audit_file, is_for_holders_of_audit)
{
	static const bool may[ACME_ROLES] = {
		[ACME_OWNER] = true, [ACME_ADMIN] = true, [ACME_AUDITOR] = true};
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (enum acme_role role = ACME_OWNER; role < ACME_ROLES; role++) {
		const struct caller caller = acme_holder(role);
		char list[4096];

		cr_expect_eq(try_read(&fixture, &caller), may[role] ? 0 : -EACCES, "%s",
			     acme_role_name(role));
		cr_expect_str_eq(view_bits(&fixture, LOG, &caller).text, may[role] ? "r--" : "---",
				 "%s", acme_role_name(role));
		view_list(&fixture, ACME, &caller, list);
		cr_expect_eq(!!strstr(list, "audit.log"), may[role], "%s", acme_role_name(role));
	}
}

Test(audit_file, its_size_is_what_can_be_read_at_each_moment)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t log = 0, key = 0;
	struct handle_bytes bytes;
	off_t before;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_open(&fixture, LOG, O_RDONLY, &fixture_root, &log), 0);
	for (size_t i = 0; i < 50; i++) {
		struct handle_range range = {.size = 1 << 17};

		before = view_stat(&fixture, LOG).st_size;
		cr_assert_eq(handle_read(&fixture.tree, handles_get(fixture.handles, log),
					 &fixture_root, &range, &bytes),
			     0);
		cr_assert_eq(bytes.size, (size_t)before);
		cr_assert_eq(bytes.bytes[bytes.size - 1], '\n');
		cr_assert_eq(fixture_open(&fixture, KEY, O_RDONLY, &fixture_root, &key), 0);
		handles_close(fixture.handles, &fixture.tree, key);
		range.offset = (uint64_t)before;
		cr_assert_eq(handle_read(&fixture.tree, handles_get(fixture.handles, log),
					 &fixture_root, &range, &bytes),
			     0);
		cr_assert_gt(bytes.size, 0);
		cr_assert_eq(bytes.bytes[0], '{');
		cr_assert_eq(view_stat(&fixture, LOG).st_size, before + (off_t)bytes.size);
	}
	handles_close(fixture.handles, &fixture.tree, log);
}

Test(audit_file, cannot_be_written_removed_or_made)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t handle = 0;

	acme_init(&fixture, "");
	cr_expect_eq(fixture_open(&fixture, LOG, O_WRONLY, &fixture_root, &handle), -EACCES);
	cr_expect_eq(fixture_remove(&fixture, LOG, &fixture_root), -EPERM);
	cr_expect_eq(fixture_rename(&fixture, LOG, ACME "/other", &fixture_root), -EPERM);
	cr_expect_eq(fixture_make(&fixture, LOG, &fixture_root), -EINVAL);
}

Test(audit_file, is_not_kept_by_the_kernel)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct kind *kind;
	struct node node;

	acme_init(&fixture, "");
	node = view_node(&fixture, LOG);
	kind = kind_of(&node);
	cr_expect(kind->live);
	cr_expect_not(kind->audited);
}

Test(audit_file, its_inode_is_its_organisations)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, "orgs/emca", &fixture_root), 0);
	node = view_node(&fixture, "orgs/emca/audit.log");
	cr_expect_neq(view_stat(&fixture, LOG).st_ino, tree_inode(&fixture.tree, &node));
	cr_expect_eq(view_stat(&fixture, "orgs/emca/audit.log").st_size, 0);
}
