#include <criterion/criterion.h>
#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

#include "fs/acl.h"

struct expected {
	unsigned tag;
	unsigned bits;
	unsigned id;
};

static void expect_list(const struct acl *acl, const struct expected *expected, size_t count)
{
	const struct posix_acl_xattr_header *header = (const void *)acl->bytes;
	const struct posix_acl_xattr_entry *entries = (const void *)(header + 1);

	cr_assert_eq(acl->size, sizeof *header + count * sizeof *entries);
	cr_assert_eq(le32toh(header->a_version), POSIX_ACL_XATTR_VERSION);
	for (size_t i = 0; i < count; i++) {
		cr_assert_eq(le16toh(entries[i].e_tag), expected[i].tag, "entry %zu", i);
		cr_assert_eq(le16toh(entries[i].e_perm), expected[i].bits, "entry %zu", i);
		cr_assert_eq(le32toh(entries[i].e_id), expected[i].id, "entry %zu", i);
	}
}

Test(acl, nobody_named_is_a_mode_alone)
{
	struct acl acl = {0};

	cr_assert_eq(acl_build(7, 5, NULL, 0, &acl), 0);
	cr_assert_eq(acl.mode, 0705);
	cr_assert_null(acl.bytes);
	acl_done(&acl);
}

Test(acl, entries_are_sorted_merged_and_masked)
{
	const struct acl_entry entries[] = {
		{.group = true, .id = 30, .bits = 4},  {.group = false, .id = 20, .bits = 4},
		{.group = false, .id = 10, .bits = 6}, {.group = true, .id = 30, .bits = 1},
		{.group = false, .id = 20, .bits = 2},
	};
	const struct expected expected[] = {
		{ACL_USER_OBJ, 6, 0xffffffff},	{ACL_USER, 6, 10},  {ACL_USER, 6, 20},
		{ACL_GROUP_OBJ, 0, 0xffffffff}, {ACL_GROUP, 5, 30}, {ACL_MASK, 7, 0xffffffff},
		{ACL_OTHER, 0, 0xffffffff},
	};
	struct acl acl = {0};

	cr_assert_eq(acl_build(6, 0, entries, 5, &acl), 0);
	expect_list(&acl, expected, sizeof expected / sizeof expected[0]);
	cr_assert_eq(acl.mode, 0670, "the group bits of the mode are the mask");
	acl_done(&acl);
}

Test(acl, an_entry_without_bits_is_left_out)
{
	const struct acl_entry entries[] = {{.id = 10, .bits = 0}, {.id = 11, .bits = 4}};
	struct acl acl = {0};

	cr_assert_eq(acl_build(6, 0, entries, 2, &acl), 0);
	cr_assert_eq(acl.mode, 0640);
	cr_assert_eq(acl.size, 4 + 5 * 8);
	acl_done(&acl);
}

Test(acl, the_kernel_takes_507_names_and_no_more)
{
	struct acl_entry entries[ACL_NAMED_MAX + 1];
	struct acl acl = {0};

	for (size_t i = 0; i <= ACL_NAMED_MAX; i++)
		entries[i] = (struct acl_entry){.id = (id_t)(1000 + i), .bits = 4};
	cr_assert_eq(acl_build(6, 0, entries, ACL_NAMED_MAX, &acl), 0);
	cr_assert_leq(acl.size, 4096);
	acl_done(&acl);
	cr_assert_eq(acl_build(6, 0, entries, ACL_NAMED_MAX + 1, &acl), -E2BIG);
}
