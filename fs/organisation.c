#include "fs/organisation.h"

#include <string.h>

#include "fs/account.h"
#include "fs/children.h"
#include "fs/edit.h"
#include "fs/ending.h"

static const struct record_id top = {{0}};
static const struct children accounts = {RECORD_ACCOUNT, NODE_ACCOUNT, NULL};

struct fixed_child {
	const char *name;
	enum node_kind kind;
};

/* Listed before the accounts: they cannot be removed, and who removes everything learns it first.
 */
static const struct fixed_child fixed[] = {
	{"roles", NODE_ROLES}, {"projects", NODE_PROJECTS}, {"connections", NODE_CONNECTIONS},
	{"users", NODE_USERS}, {"audit.log", NODE_AUDIT},
};
enum { FIXED = sizeof fixed / sizeof fixed[0] };

/* Names that mean something in an organisation, now or with a feature that is off. */
static const char *const reserved[] = {"orgs",	"projects", "connections", "users",
				       "roles", "use",	    "audit.log"};

static bool is_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
		if (strcmp(name, reserved[i]) == 0)
			return true;
	}
	return false;
}

/* Whether there is such a thing, with the features that are on. */
static bool is_offered(const struct tree *tree, enum node_kind kind)
{
	return (kind != NODE_CONNECTIONS && kind != NODE_USERS) || tree->settings->connections;
}

int org_dir_lookup(struct tree *tree, const struct node *directory, const char *name,
		   const struct caller *caller, struct node *ret)
{
	struct org *org = NULL;
	int r = tree_org(tree, directory, &org);

	(void)caller;
	if (r < 0)
		return r;
	if (ending_is_name(name)) {
		*ret = (struct node){.kind = NODE_ENDING, .pin = directory->pin};
		return 0;
	}
	for (size_t i = 0; i < FIXED; i++) {
		if (strcmp(name, fixed[i].name) == 0 && is_offered(tree, fixed[i].kind)) {
			*ret = (struct node){.kind = fixed[i].kind, .pin = directory->pin};
			return 0;
		}
	}
	return children_lookup(&accounts, tree, directory, top, name, ret);
}

int org_dir_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		 struct listing *ret)
{
	const struct children_place place = {tree, directory, top, caller, FIXED};
	struct org *org = NULL;
	int r = tree_org(tree, directory, &org);

	for (size_t i = 0; i < FIXED && r == 0; i++) {
		const struct node node = {.kind = fixed[i].kind, .pin = directory->pin};

		if (!is_offered(tree, node.kind))
			continue;
		/* Listed for those who may read it. */
		if (node.kind != NODE_AUDIT || access_bits(tree, &node, caller, 4) == 0)
			r = listing_add(ret, fixed[i].name, &node, (unsigned)i);
	}
	return r < 0 ? r : children_list(&accounts, &place, ret);
}

uint64_t org_dir_updated(struct tree *tree, const struct node *node)
{
	struct org *org = NULL;

	return tree_org(tree, node, &org) == 0 ? org_time(org) : tree->started;
}

int org_dir_make_directory(const struct edit *edit)
{
	int r = edit_need(edit, MAY_MANAGE);

	if (r == 0)
		r = edit_name(edit);
	if (r < 0)
		return r;
	return is_reserved(edit->name) ? -EINVAL : account_make(edit, top);
}

int org_dir_remove(const struct edit *edit, const struct node *child)
{
	int r = edit_need(edit, MAY_MANAGE);

	if (r < 0)
		return r;
	if (child->kind == NODE_AUDIT)
		edit_stop_removing(edit);
	return child->kind == NODE_ACCOUNT ? account_remove(edit, child) : -EPERM;
}

int org_dir_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		   const struct node *replaced)
{
	/* Never EXDEV, which would have mv copy, delete, and break the links. */
	if (child->kind != NODE_ACCOUNT || !node_equal(edit->directory, to->directory) ||
	    is_reserved(to->name))
		return -EPERM;
	return account_rename(edit, child, to, replaced);
}
