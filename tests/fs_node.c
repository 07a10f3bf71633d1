#include <criterion/criterion.h>

#include "fs/node.h"

static const struct org_id acme = {{1}};
static const struct org_id other = {{2}};
static const struct node field = {NODE_FIELD, 0, {{7}}, 0};

Test(node, the_root_is_inode_1)
{
	const struct node root = {.kind = NODE_ROOT, .pin = NO_PIN};

	cr_assert_eq(node_inode(&root, acme, ""), 1);
}

/* Released: what was open when a daemon was replaced must be found by the next one. */
Test(node, numbers_do_not_change_between_versions)
{
	cr_assert_eq(node_inode(&field, acme, ""), UINT64_C(0xf575b6629913c51e));
}

Test(node, the_place_of_the_pin_does_not_count)
{
	struct node moved = field;

	moved.pin = 5;
	cr_assert_eq(node_inode(&field, acme, ""), node_inode(&moved, acme, ""));
}

Test(node, every_part_of_what_it_is_counts)
{
	const struct node info = {NODE_INFO, 0, {{7}}, 0};
	const struct node another = {NODE_FIELD, 0, {{8}}, 0};
	const uint64_t number = node_inode(&field, acme, "");

	cr_assert_neq(number, node_inode(&field, other, ""));
	cr_assert_neq(number, node_inode(&info, acme, ""));
	cr_assert_neq(number, node_inode(&another, acme, ""));
	cr_assert_neq(number, node_inode(&field, acme, "1"));
}

Test(node, equal_means_all_of_it)
{
	struct node other_number = field;

	other_number.number = 1;
	cr_assert(node_equal(&field, &field));
	cr_assert_not(node_equal(&field, &other_number));
}
