#include "fs/access.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "fs/grants.h"
#include "fs/kind.h"
#include "fs/use_file.h"

/* What each permission is worth on each kind of node, as rwx. The columns follow the bits of
 * `enum permission` and MAY_PASS. The `w` that everybody who may look into an account has there
 * lets editors leave their scratch files, that in a connection lets members associate their own
 * accounts, that in users/ lets them make their directories; what is a credential is decided by
 * edit.c. */
struct rights {
	uint8_t roles, audit, manage, list, inherit, use, pass;
};
_Static_assert(sizeof(struct rights) == PERMISSIONS, "one column a permission");

static const struct rights table[NODE_KINDS] = {
	[NODE_ORG] = {.roles = 5, .audit = 1, .manage = 7, .list = 5, .pass = 1},
	[NODE_PROJECTS] = {.roles = 5, .manage = 7, .list = 5, .pass = 1},
	[NODE_PROJECT] = {.roles = 5, .manage = 7, .list = 5, .inherit = 7, .use = 5},
	[NODE_ROLES] = {.roles = 7, .manage = 7, .list = 5},
	[NODE_ROLE] = {.roles = 6, .manage = 4, .list = 4, .inherit = 4, .use = 4},
	[NODE_AUDIT] = {.audit = 4},
	[NODE_ACCOUNT] = {.manage = 7, .list = 7, .use = 7},
	[NODE_PROVIDER] = {.manage = 6, .list = 4, .use = 4},
	[NODE_INFO] = {.manage = 4, .list = 4, .use = 4},
	[NODE_STATUS] = {.manage = 4},
	[NODE_HISTORY] = {.manage = 5},
	[NODE_FIELD] = {.manage = 6, .use = 4},
	[NODE_HISTORY_FIELD] = {.manage = 5},
	[NODE_HISTORY_VALUE] = {.manage = 4},
	[NODE_ENDING] = {.roles = 6},
	[NODE_USE_ORG] = {.roles = 5, .manage = 5, .list = 5, .pass = 1},
	[NODE_USE_PROJECT] = {.roles = 5, .manage = 5, .list = 5, .inherit = 5, .use = 5},
	[NODE_USE_ENV] = {.manage = 4, .use = 4},
	[NODE_USE_JSON] = {.manage = 4, .use = 4},
	[NODE_USE_STATUS] = {.manage = 4, .inherit = 4, .use = 4},
	[NODE_USE_ACCOUNT] = {.manage = 5, .list = 5, .use = 5},
	[NODE_USE_PROVIDER] = {.manage = 4, .list = 4, .use = 4},
	[NODE_USE_MADE] = {.manage = 5, .list = 5, .use = 5},
	[NODE_USE_FILE] = {.manage = 4, .use = 4},
	[NODE_CONNECTIONS] = {.roles = 5, .manage = 7, .list = 5, .pass = 1},
	[NODE_CONNECTION] = {.manage = 7, .list = 7, .use = 5},
	[NODE_USERS] = {.manage = 7, .list = 7},
	[NODE_USER] = {.manage = 7},
};

/* A value in use/ that is not secret. */
static const struct rights open_file = {.manage = 4, .list = 4, .use = 4};
static const struct rights plain_field = {.manage = 6, .list = 4, .use = 4};
/* Managers of the organisation appoint in its projects, owners in the organisation; that either may
 * remove in roles/ is for the daemon to refuse, or to take as emptying a list. */
static const struct rights project_role = {
	.roles = 6, .manage = 6, .list = 4, .inherit = 4, .use = 4};
static const struct rights project_roles = {
	.roles = 7, .manage = 7, .list = 5, .inherit = 5, .use = 5};

void caller_done(struct caller *caller)
{
	free(caller->groups);
	*caller = (struct caller){0};
}

int caller_copy(const struct caller *caller, struct caller *ret)
{
	struct caller copy = *caller;

	copy.groups = calloc(caller->group_count + 1, sizeof *copy.groups);
	if (!copy.groups)
		return -ENOMEM;
	if (caller->group_count)
		memcpy(copy.groups, caller->groups, caller->group_count * sizeof *copy.groups);
	*ret = copy;
	return 0;
}

int caller_groups_from_database(struct caller *caller)
{
	const struct passwd *user = getpwuid(caller->uid);
	int room = 65536;
	CLEANUP_FREE gid_t *groups = NULL;

	if (!user)
		return -ENOENT;
	groups = calloc((size_t)room, sizeof *groups);
	if (!groups)
		return -ENOMEM;
	if (getgrouplist(user->pw_name, user->pw_gid, groups, &room) < 0)
		return -E2BIG;
	free(caller->groups);
	caller->groups = TAKE_PTR(groups);
	caller->group_count = (size_t)room;
	caller->groups_known = true;
	return 0;
}

static bool caller_in_group(const struct caller *caller, gid_t gid)
{
	if (!caller->groups_known)
		return false;
	if (caller->gid == gid)
		return true;
	for (size_t i = 0; i < caller->group_count; i++) {
		if (caller->groups[i] == gid)
			return true;
	}
	return false;
}

static bool caller_is(struct tree *tree, const struct caller *caller,
		      const struct principal *principal)
{
	const struct nss_name *name = nss_get(tree->nss, principal->group, principal->name);

	if (!name || !name->known)
		return false;
	return principal->group ? caller_in_group(caller, name->id) : caller->uid == name->id;
}

static const struct rights *rights_of(struct tree *tree, const struct org *org,
				      const struct node *node)
{
	const struct record *record = org_record(org, node->id);
	const struct record *account;
	const struct provider_field *field = NULL;
	const char *name;

	if (node->kind == NODE_ROLE && !record_id_is_zero(node->id))
		return &project_role;
	if (node->kind == NODE_ROLES && !record_id_is_zero(node->id))
		return &project_roles;
	if (node->kind == NODE_USE_FILE && use_file_is_open(tree, node))
		return &open_file;
	if (node->kind != NODE_FIELD)
		return &table[node->kind];
	account = tree_account(tree, org, node);
	name = tree_field_name(tree, org, node);
	if (account && name)
		field = provider_field(tree_provider(tree, account), name);
	/* Secret when either says so, or nobody knows. */
	if (!field || field->secret || (record && record->secret))
		return &table[NODE_FIELD];
	return &plain_field;
}

static unsigned bits_of(const struct rights *rights, unsigned permissions)
{
	const uint8_t columns[PERMISSIONS] = {rights->roles, rights->audit,   rights->manage,
					      rights->list,  rights->inherit, rights->use,
					      rights->pass};
	unsigned bits = 0;

	for (size_t i = 0; i < PERMISSIONS; i++)
		bits |= permissions & 1u << i ? columns[i] : 0;
	return bits;
}

/* The union of all that the caller's roles permit. */
static int permissions_of(struct tree *tree, const struct org *org, const struct node *node,
			  const struct caller *caller, unsigned *ret)
{
	CLEANUP_GRANTS struct grants grants = {0};
	unsigned permissions = 0;
	int r = grants_of(tree, org, node, &grants);

	if (r < 0)
		return r;
	for (size_t i = 0; i < grants.count; i++) {
		if (caller_is(tree, caller, &grants.list[i].principal))
			permissions |= grants.list[i].permissions;
	}
	*ret = permissions;
	return 0;
}

int access_need(struct tree *tree, const struct node *node, const struct caller *caller,
		unsigned permissions)
{
	struct org *org = NULL;
	unsigned held = 0;
	int r = tree_org(tree, node, &org);

	if (r < 0 || caller->uid == 0)
		return r;
	r = permissions_of(tree, org, node, caller, &held);
	if (r < 0)
		return r;
	return held & permissions ? 0 : -EACCES;
}

/* What this host must be able to sign for to edit a node, or what a directory holds; nothing where
 * no row says so. Links are the managers' too, in a directory of which more may be written. */
static const enum capability host_needs[NODE_KINDS] = {
	[NODE_ORG] = CAN_WRITE,		[NODE_PROJECTS] = CAN_MANAGE,  [NODE_PROJECT] = CAN_WRITE,
	[NODE_ROLES] = CAN_MANAGE,	[NODE_ROLE] = CAN_MANAGE,      [NODE_ACCOUNT] = CAN_WRITE,
	[NODE_CONNECTIONS] = CAN_WRITE, [NODE_CONNECTION] = CAN_WRITE, [NODE_USERS] = CAN_MANAGE,
	[NODE_USER] = CAN_WRITE,	[NODE_PROVIDER] = CAN_WRITE,   [NODE_FIELD] = CAN_WRITE,
	[NODE_ENDING] = CAN_MANAGE,
};

static int host_may(const struct org *org, const struct node *node, unsigned permissions)
{
	const enum capability needed =
		permissions == (MAY_MANAGE | MAY_INHERIT) ? CAN_MANAGE : host_needs[node->kind];

	return org_capability(org) >= needed ? 0 : -EROFS;
}

int access_edit(struct tree *tree, const struct node *node, const struct caller *caller,
		unsigned permissions)
{
	struct org *org = NULL;
	int r = access_need(tree, node, caller, permissions);

	if (r == 0)
		r = tree_org(tree, node, &org);
	return r < 0 ? r : host_may(org, node, permissions);
}

int access_bits(struct tree *tree, const struct node *node, const struct caller *caller,
		unsigned bits)
{
	struct org *org = NULL;
	unsigned held = 0;
	int r;

	if (node->pin == NO_PIN && caller->uid == 0)
		return 0;
	if (node->pin == NO_PIN)
		return (kind_of(node)->other_bits & bits) == bits ? 0 : -EACCES;
	r = tree_org(tree, node, &org);
	if (r == 0 && caller->uid != 0)
		r = permissions_of(tree, org, node, caller, &held);
	if (r < 0)
		return r;
	if (caller->uid != 0 && (bits_of(rights_of(tree, org, node), held) & bits) != bits)
		return -EACCES;
	return bits & 2 ? host_may(org, node, 0) : 0;
}

int access_admin(struct tree *tree, const struct caller *caller)
{
	const struct principals *admins = &tree->settings->admins;

	if (caller->uid == 0)
		return 0;
	for (size_t i = 0; i < admins->count; i++) {
		if (caller_is(tree, caller, &admins->list[i]))
			return 0;
	}
	return -EACCES;
}

bool access_is_member(struct tree *tree, const struct node *org, const struct caller *caller)
{
	return access_need(tree, org, caller, ~0u) == 0;
}

/* A named user is judged by its own entry alone, never by its groups': what its groups have is
 * added to it, so that two roles are worth the sum of both. */
static unsigned with_groups(struct tree *tree, const struct grants *grants,
			    const struct nss_name *user, unsigned permissions)
{
	for (size_t i = 0; i < grants->count; i++) {
		const struct principal *principal = &grants->list[i].principal;
		const struct nss_name *group;

		if (!principal->group)
			continue;
		group = nss_get(tree->nss, true, principal->name);
		for (size_t g = 0; group && group->known && g < user->group_count; g++) {
			if (user->groups[g] == group->id)
				permissions |= grants->list[i].permissions;
		}
	}
	return permissions;
}

static size_t resolve(struct tree *tree, const struct grants *grants, const struct rights *rights,
		      struct acl_entry *entries)
{
	size_t count = 0;

	for (size_t i = 0; i < grants->count; i++) {
		const struct grant *grant = &grants->list[i];
		const bool group = grant->principal.group;
		const struct nss_name *name = nss_get(tree->nss, group, grant->principal.name);
		unsigned permissions = grant->permissions;

		if (!name || !name->known || (!group && name->id == 0))
			continue;
		if (!group)
			permissions = with_groups(tree, grants, name, permissions);
		entries[count++] =
			(struct acl_entry){group, name->id, bits_of(rights, permissions)};
	}
	return count;
}

static int acl_in_org(struct tree *tree, const struct node *node, struct acl *ret)
{
	CLEANUP_GRANTS struct grants grants = {0};
	CLEANUP_FREE struct acl_entry *entries = NULL;
	struct org *org = NULL;
	size_t count;
	int r = tree_org(tree, node, &org);

	if (r == 0)
		r = grants_of(tree, org, node, &grants);
	if (r < 0)
		return r;
	entries = calloc(grants.count + 1, sizeof *entries);
	if (!entries)
		return -ENOMEM;
	count = resolve(tree, &grants, rights_of(tree, org, node), entries);
	return acl_build(kind_of(node)->owner_bits, 0, entries, count, ret);
}

/* /orgs lists the store's admins, who may make organisations there. */
static int acl_outside(struct tree *tree, const struct node *node, struct acl *ret)
{
	const struct principals *admins = &tree->settings->admins;
	const struct kind *kind = kind_of(node);
	CLEANUP_FREE struct acl_entry *entries = calloc(admins->count + 1, sizeof *entries);
	size_t count = 0;

	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; kind->make_directory && i < admins->count; i++) {
		const struct principal *admin = &admins->list[i];
		const struct nss_name *name = nss_get(tree->nss, admin->group, admin->name);

		if (name && name->known && (admin->group || name->id != 0))
			entries[count++] = (struct acl_entry){admin->group, name->id, 7};
	}
	return acl_build(kind->owner_bits, kind->other_bits, entries, count, ret);
}

/* Some programs read a file only where nobody but its owner may: a project that has but one runner
 * gives its files to him. */
static bool owner_of(struct tree *tree, const struct node *node, uid_t *ret)
{
	const struct record *project = NULL;
	struct org *org = NULL;

	if (kind_of(node)->owned && tree_org(tree, node, &org) == 0)
		project = use_project(org, node);
	return project && use_runner(tree, org, project, ret);
}

static int compute(struct tree *tree, const struct node *node, struct acl *ret)
{
	return node->pin == NO_PIN ? acl_outside(tree, node, ret) : acl_in_org(tree, node, ret);
}

int access_acl(struct tree *tree, struct inode *inode, const struct acl **ret)
{
	const struct node *node = &inode->node;
	const uint64_t generation = tree_org_state(tree, node->pin)->access_generation;
	struct acl acl = {0};
	int r = 0;

	if (kind_of(node)->stat)
		inode->acl = (struct acl){.mode = 0600};
	else if (inode->acl_generation != generation) {
		inode->owned = owner_of(tree, node, &inode->owner);
		if (inode->owned)
			acl.mode = 0400;
		else
			r = compute(tree, node, &acl);
		if (r < 0)
			return r;
		acl_done(&inode->acl);
		inode->acl = acl;
		inode->acl_generation = generation;
	}
	*ret = &inode->acl;
	return 0;
}
