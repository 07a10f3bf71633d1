#include "fs/grants.h"

#include "fs/acl.h"
#include "fs/offer.h"
#include "fs/use.h"

void grants_done(struct grants *grants)
{
	for (size_t i = 0; i < grants->count; i++)
		free(grants->list[i].principal.name);
	free(grants->list);
	*grants = (struct grants){0};
}

static int grants_add(struct grants *grants, const struct principal *principal,
		      unsigned permissions)
{
	struct grant *grant;

	if ((grants->count & (grants->count - 1)) == 0) {
		const size_t room = grants->count ? grants->count * 2 : 1;
		struct grant *list = reallocarray(grants->list, room, sizeof *list);

		if (!list)
			return -ENOMEM;
		grants->list = list;
	}
	grant = &grants->list[grants->count];
	*grant = (struct grant){{principal->group, strdup(principal->name)}, permissions};
	if (!grant->principal.name)
		return -ENOMEM;
	grants->count++;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct principal *a = &((const struct grant *)left)->principal;
	const struct principal *b = &((const struct grant *)right)->principal;

	return a->group != b->group ? (a->group ? 1 : -1) : strcmp(a->name, b->name);
}

/* One entry a principal: permissions only add up. */
static void merge(struct grants *grants)
{
	size_t kept = 0;

	if (grants->count)
		qsort(grants->list, grants->count, sizeof *grants->list, compare);
	for (size_t i = 0; i < grants->count; i++) {
		struct grant *grant = &grants->list[i];

		if (kept && compare(&grants->list[kept - 1], grant) == 0) {
			grants->list[kept - 1].permissions |= grant->permissions;
			free(grant->principal.name);
		} else {
			grants->list[kept++] = *grant;
		}
	}
	grants->count = kept;
}

/* One way of looking at an organisation's roles: as they are, or as a change would make them. */
struct view {
	struct tree *tree;
	const struct org *org;
	const struct grants_change *change; /* NULL: as they are */
	struct grants *grants;
};

static int add_principals(const struct view *view, const struct principals *principals,
			  unsigned permissions)
{
	int r = 0;

	for (size_t i = 0; i < principals->count && r == 0; i++)
		r = grants_add(view->grants, &principals->list[i], permissions);
	return r;
}

static int add_role(const struct view *view, struct record_id scope, const struct role *role,
		    unsigned permissions)
{
	CLEANUP_PRINCIPALS struct principals principals = {0};
	const struct grants_change *change = view->change;
	const struct record *record;
	int r;

	if (change && change->principals && record_id_equal(scope, change->scope) &&
	    strcmp(role->name, change->role) == 0)
		return add_principals(view, change->principals, permissions);
	record = org_child(view->org, scope, RECORD_ROLE, role->name);
	if (!record || !record->text)
		return 0;
	/* Written by another version perhaps: what cannot be read grants nothing. */
	r = principals_parse(record->text, strlen(record->text), true, &principals, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return add_principals(view, &principals, permissions);
}

/* Every role of a scope; `reach` says what of a role's permissions counts here, and `pass` what
 * any of them is worth. */
static int add_scope(const struct view *view, struct record_id scope, unsigned reach, unsigned pass)
{
	const struct roles *roles = &view->tree->settings->roles;
	const enum role_scope wanted = record_id_is_zero(scope) ? SCOPE_ORGANISATION
								: SCOPE_PROJECT;
	int r = 0;

	for (size_t i = 0; i < roles->count && r == 0; i++) {
		const struct role *role = &roles->list[i];
		unsigned permissions = role->permissions & reach;

		if (role->permissions)
			permissions |= pass;
		if (role->scope == wanted && permissions)
			r = add_role(view, scope, role, permissions);
	}
	return r;
}

static int add_projects(const struct view *view)
{
	const struct record_id top = {{0}};
	const struct record *record = NULL;
	int r = 0;

	while (r == 0 && (record = org_next_child(view->org, top, record))) {
		if (record->kind == RECORD_PROJECT)
			r = add_scope(view, record->id, 0, MAY_PASS);
	}
	return r;
}

static int add_link(void *context, const struct record *link)
{
	return add_scope(context, link->parent, MAY_USE, 0);
}

static int add_links_to(const struct view *view, struct record_id target)
{
	const struct record *heir = NULL;
	int r = 0;

	while (r == 0 && (heir = org_next_heir(view->org, target, heir))) {
		if (heir->kind == RECORD_INHERIT)
			r = add_link((void *)(uintptr_t)view, heir);
	}
	return r;
}

/* Who would use the record after the change. */
static int add_change(const struct view *view, struct record_id record)
{
	const struct grants_change *change = view->change;
	int r;

	if (!record_id_equal(change->account, record) &&
	    !record_id_equal(change->connection, record))
		return 0;
	if (!record_id_is_zero(change->heir))
		return add_scope(view, change->heir, MAY_USE, 0);
	r = add_links_to(view, change->connection);
	return r < 0 ? r : add_links_to(view, change->association);
}

/* Who uses an account or a connection through the links of his projects. */
static int add_heirs(const struct view *view, const struct record *record)
{
	int r = offer_each_link(view->tree, view->org, record, add_link, (void *)(uintptr_t)view);

	return r == 0 && view->change ? add_change(view, record->id) : r;
}

/* A field that the catalogue keeps from projects. */
static bool is_withheld(const struct view *view, const struct node *node,
			const struct record *account)
{
	const char *name = tree_field_name(view->tree, view->org, node);
	const struct provider_field *field = NULL;

	if (node->kind != NODE_FIELD)
		return false;
	if (name)
		field = provider_field(tree_provider(view->tree, account), name);
	return !field || !field->inherit;
}

static int add_account(const struct view *view, const struct node *node)
{
	const struct record *account = tree_account(view->tree, view->org, node);

	if (!account)
		return 0;
	if (!record_id_is_zero(account->parent))
		return add_scope(view, account->parent, MAY_MANAGE | MAY_USE, 0);
	return is_withheld(view, node, account) ? 0 : add_heirs(view, account);
}

static int add_project(const struct view *view, struct record_id project, unsigned reach)
{
	return record_id_is_zero(project) ? 0 : add_scope(view, project, reach, 0);
}

/* In use/: who may use all that a project has, what it inherits for who may use it, and its own
 * accounts also for who manages them. */
static int add_use(const struct view *view, const struct node *node)
{
	const struct record *project = use_project(view->org, node);
	unsigned reach = MAY_USE;

	if (node->kind == NODE_USE_PROJECT || node->kind == NODE_USE_STATUS)
		reach |= MAY_MANAGE | MAY_INHERIT;
	else if (tree_account(view->tree, view->org, node))
		reach |= MAY_MANAGE;
	return project ? add_scope(view, project->id, reach, 0) : 0;
}

/* Whether who holds the principal's roles is the user, as the user database says. */
static bool is_user(struct tree *tree, const struct principal *principal,
		    const struct nss_name *user)
{
	const struct nss_name *name = nss_get(tree->nss, principal->group, principal->name);

	if (!name || !name->known)
		return false;
	if (!principal->group)
		return name->id == user->id;
	for (size_t i = 0; i < user->group_count; i++) {
		if (user->groups[i] == name->id)
			return true;
	}
	return false;
}

/* A user's own accounts are his alone, and only while he is a member. */
static int add_owner(const struct view *view, const struct record *owner)
{
	CLEANUP_GRANTS struct grants members = {0};
	struct view inner = *view;
	const struct principal principal = {false, owner->name};
	const struct nss_name *user;
	int r;

	inner.grants = &members;
	r = add_scope(&inner, (struct record_id){{0}}, MAY_MANAGE | MAY_LIST, 0);
	user = nss_get(view->tree->nss, false, owner->name);
	if (r < 0 || !user || !user->known)
		return r;
	for (size_t i = 0; i < members.count; i++) {
		if (is_user(view->tree, &members.list[i].principal, user))
			return grants_add(view->grants, &principal, MAY_MANAGE | MAY_USE);
	}
	return 0;
}

/* The user whose directory this is, or in whose directory it lies; NULL. */
static const struct record *owner_of(struct tree *tree, const struct org *org,
				     const struct node *node)
{
	const struct record *account;

	if (node->kind == NODE_USER)
		return org_record(org, node->id);
	account = tree_account(tree, org, node);
	return account ? offer_owner(org, account) : NULL;
}

/* Whether whose the account is cannot be told, for what it lies in is damaged: it is nobody's. */
static bool is_lost(struct tree *tree, const struct org *org, const struct node *node)
{
	const struct record *account = tree_account(tree, org, node);

	return account && !record_id_is_zero(account->parent) && !org_record(org, account->parent);
}

static int add_all(const struct view *view, const struct node *node)
{
	int r;

	if (is_lost(view->tree, view->org, node))
		return 0;
	r = add_scope(view, (struct record_id){{0}}, ~0u, 0);
	if (r < 0)
		return r;
	if (node->kind == NODE_ORG || node->kind == NODE_PROJECTS ||
	    node->kind == NODE_CONNECTIONS || node->kind == NODE_USE_ORG)
		r = add_projects(view);
	else if (node->kind == NODE_PROJECT)
		r = add_project(view, node->id, MAY_MANAGE | MAY_INHERIT | MAY_USE);
	else if (node->kind == NODE_ROLES || node->kind == NODE_ROLE)
		/* Who holds a project's roles is the organisation's business, not the project's. */
		r = add_project(view, node->id, MAY_INHERIT | MAY_USE);
	else if (node->kind >= NODE_USE_PROJECT && node->kind <= NODE_USE_FILE)
		r = add_use(view, node);
	else
		r = add_account(view, node);
	return r;
}

int grants_of(struct tree *tree, const struct org *org, const struct node *node, struct grants *ret)
{
	CLEANUP_GRANTS struct grants grants = {0};
	const struct view view = {tree, org, NULL, &grants};
	const struct record *owner = owner_of(tree, org, node);
	int r = owner ? add_owner(&view, owner) : add_all(&view, node);

	if (r < 0)
		return r;
	merge(&grants);
	*ret = grants;
	grants = (struct grants){0};
	return 0;
}

/* Uid 0 needs no entry: it passes anyway. */
static size_t named(struct tree *tree, const struct grants *grants)
{
	size_t count = 0;

	for (size_t i = 0; i < grants->count; i++) {
		const struct principal *principal = &grants->list[i].principal;
		const struct nss_name *name = NULL;

		if (!principal->group)
			name = nss_get(tree->nss, false, principal->name);
		count += !name || !name->known || name->id != 0;
	}
	return count;
}

/* An account or a connection; NULL: nothing. */
static int check_account(struct tree *tree, const struct org *org,
			 const struct grants_change *change, const struct record *record)
{
	CLEANUP_GRANTS struct grants grants = {0};
	const struct view view = {tree, org, change, &grants};
	int r = record ? add_heirs(&view, record) : 0;

	if (r < 0)
		return r;
	merge(&grants);
	return named(tree, &grants) > ACL_PROJECTS_MAX ? -E2BIG : 0;
}

/* Only the accounts whose lists the change makes longer: a large organisation has many others. */
static int check_accounts(struct tree *tree, const struct org *org,
			  const struct grants_change *change)
{
	const struct record *link = NULL;
	int r = 0;

	if (!record_id_is_zero(change->account))
		r = check_account(tree, org, change, org_record(org, change->account));
	if (r == 0 && !record_id_is_zero(change->connection))
		r = check_account(tree, org, change, org_record(org, change->connection));
	if (record_id_is_zero(change->scope))
		return r;
	while (r == 0 && (link = org_next_child(org, change->scope, link))) {
		struct offer offer = {0};

		if (link->kind == RECORD_INHERIT)
			offer = offer_of(tree, org, link);
		r = check_account(tree, org, change, offer.account);
		if (r == 0)
			r = check_account(tree, org, change, offer.connection);
	}
	return r;
}

int grants_check(struct tree *tree, const struct org *org, const struct grants_change *change)
{
	CLEANUP_GRANTS struct grants grants = {0};
	const struct view view = {tree, org, change, &grants};
	/* The organisation's directory is the longest list: whoever has any role may pass it. */
	int r = add_scope(&view, (struct record_id){{0}}, ~0u, 0);

	if (r == 0)
		r = add_projects(&view);
	if (r < 0)
		return r;
	merge(&grants);
	return named(tree, &grants) > ACL_NAMED_MAX ? -E2BIG : check_accounts(tree, org, change);
}
