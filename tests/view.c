#include "tests/view.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>

#include "fs/attr.h"
#include "fs/kind.h"

struct node view_node(struct fixture *fixture, const char *path)
{
	struct node node = {0};
	int r = fixture_find(fixture, path, &node);

	cr_assert_eq(r, 0, "%s: %s", path, strerror(-r));
	return node;
}

static void read_whole(struct fixture *fixture, const char *path, char ret[4096])
{
	int r = fixture_read(fixture, path, ret);

	cr_assert_eq(r, 0, "%s: %s", path, strerror(-r));
}

void view_expect(struct fixture *fixture, const char *path, const char *expected)
{
	char content[4096];

	read_whole(fixture, path, content);
	cr_expect_str_eq(content, expected, "%s holds \"%s\"", path, content);
}

void view_expect_part(struct fixture *fixture, const char *path, const char *part)
{
	char content[4096];

	read_whole(fixture, path, content);
	cr_expect_not_null(strstr(content, part), "%s: no \"%s\" in: %s", path, part, content);
}

void view_expect_no_part(struct fixture *fixture, const char *path, const char *part)
{
	char content[4096];

	read_whole(fixture, path, content);
	cr_expect_null(strstr(content, part), "%s: \"%s\" in: %s", path, part, content);
}

static struct view_bits text_of(unsigned bits)
{
	return (struct view_bits){
		{bits & 4 ? 'r' : '-', bits & 2 ? 'w' : '-', bits & 1 ? 'x' : '-', '\0'}};
}

struct view_bits view_bits(struct fixture *fixture, const char *path, const struct caller *caller)
{
	const struct node node = view_node(fixture, path);
	unsigned bits = 0;

	for (unsigned bit = 1; bit <= 4; bit *= 2) {
		int r = access_bits(&fixture->tree, &node, caller, bit);

		cr_assert(r == 0 || r == -EACCES, "%s: %s", path, strerror(-r));
		bits |= r == 0 ? bit : 0;
	}
	return text_of(bits);
}

/* An inode as the kernel's question would find or make it. */
static struct inode *inode_of(struct fixture *fixture, const struct node *node)
{
	struct inode *inode = NULL;

	cr_assert_eq(
		inodes_add(fixture->tree.inodes, tree_inode(&fixture->tree, node), node, &inode),
		0);
	return inode;
}

static unsigned bits_in(const struct acl *acl, unsigned tag, id_t id)
{
	const struct posix_acl_xattr_entry *entries =
		(const void *)(acl->bytes + sizeof(struct posix_acl_xattr_header));
	const size_t count = (acl->size - sizeof(struct posix_acl_xattr_header)) / sizeof *entries;

	for (size_t i = 0; i < count; i++) {
		if (le16toh(entries[i].e_tag) == tag && le32toh(entries[i].e_id) == id)
			return le16toh(entries[i].e_perm);
	}
	return 0;
}

struct view_bits view_entry(struct fixture *fixture, const char *path, bool group, id_t id)
{
	const struct node node = view_node(fixture, path);
	struct inode *inode = inode_of(fixture, &node);
	const struct acl *acl = NULL;
	unsigned bits;

	cr_assert_eq(access_acl(&fixture->tree, inode, &acl), 0);
	bits = acl->bytes ? bits_in(acl, group ? ACL_GROUP : ACL_USER, id) : 0;
	inodes_forget(fixture->tree.inodes, inode->number, 0);
	return text_of(bits);
}

struct stat view_stat(struct fixture *fixture, const char *path)
{
	const struct node node = view_node(fixture, path);
	struct inode *inode = inode_of(fixture, &node);
	struct stat st = {0};

	cr_assert_eq(attr_of(&fixture->tree, inode, &st), 0, "%s", path);
	inodes_forget(fixture->tree.inodes, inode->number, 0);
	return st;
}

void view_list(struct fixture *fixture, const char *path, const struct caller *caller,
	       char ret[4096])
{
	const struct node node = view_node(fixture, path);
	const struct handle_open open = {&fixture->tree, &node, caller, O_RDONLY | O_DIRECTORY,
					 fixture->unique += 2};
	const struct listing *listing;
	uint64_t number = 0;
	size_t used = 0;

	cr_assert_eq(handles_open_directory(fixture->handles, &open, &number), 0, "%s", path);
	listing = handle_listing(handles_get(fixture->handles, number));
	ret[0] = '\0';
	for (size_t i = 0; i < listing->count; i++) {
		used += (size_t)snprintf(ret + used, 4096 - used, "%s%s", i ? " " : "",
					 listing->list[i].name);
		cr_assert_lt(used, 4096);
	}
	handles_close(fixture->handles, &fixture->tree, number);
}

void view_expect_list(struct fixture *fixture, const char *path, const struct caller *caller,
		      const char *expected)
{
	char names[4096];

	view_list(fixture, path, caller, names);
	cr_expect_str_eq(names, expected, "%s lists \"%s\"", path, names);
}

struct node view_know(struct fixture *fixture, const char *path)
{
	const struct node node = view_node(fixture, path);

	inodes_remember(fixture->tree.inodes, inode_of(fixture, &node));
	return node;
}

bool view_was_told(struct fixture *fixture, const struct node *node)
{
	const uint64_t number = tree_inode(&fixture->tree, node);

	cr_assert_leq(fixture->invalidated, FIXTURE_TOLD);
	for (size_t i = 0; i < fixture->invalidated; i++) {
		if (fixture->told[i] == number)
			return true;
	}
	return false;
}
