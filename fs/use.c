#include "fs/use.h"

#include <string.h>

#include "fs/use_file.h"

/* False for a link that dangles. */
static bool use_init(struct tree *tree, size_t pin, struct org *org, const struct record *entry,
		     struct use *ret)
{
	struct use use = {.tree = tree, .pin = pin, .org = org, .entry = entry};

	use.project = org_record(org, entry->parent);
	use.inherited = entry->kind == RECORD_INHERIT;
	if (use.inherited)
		use.account = org_record(org, entry->target);
	else if (entry->kind == RECORD_ACCOUNT)
		use.account = entry;
	if (!use.project || use.project->kind != RECORD_PROJECT || !use.account ||
	    use.account->kind != RECORD_ACCOUNT)
		return false;
	use.provider = tree_provider(tree, use.account);
	*ret = use;
	return true;
}

int use_of(struct tree *tree, const struct node *node, struct use *ret)
{
	const struct record *entry;
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r < 0)
		return r;
	entry = org_record(org, node->id);
	if (!entry && org_damaged(org))
		return -EIO;
	return entry && use_init(tree, node->pin, org, entry, ret) ? 0 : -ENOENT;
}

int use_find(struct tree *tree, const struct node *project, const char *name, struct use *ret)
{
	const struct record *entry;
	struct org *org = NULL;
	int r = tree_org(tree, project, &org);

	if (r < 0)
		return r;
	/* Accounts and links share one space of names. */
	entry = org_child(org, project->id, RECORD_ACCOUNT, name);
	if (!entry && org_damaged(org))
		return -EIO;
	return entry && use_init(tree, project->pin, org, entry, ret) ? 0 : -ENOENT;
}

bool use_next(struct tree *tree, const struct node *project, const struct record *previous,
	      struct use *ret)
{
	const struct record *entry = previous;
	struct org *org = NULL;

	if (tree_org(tree, project, &org) < 0)
		return false;
	while ((entry = org_next_child(org, project->id, entry))) {
		const bool named = entry->kind == RECORD_ACCOUNT || entry->kind == RECORD_INHERIT;

		if (named && org_child(org, project->id, entry->kind, entry->name) == entry &&
		    use_init(tree, project->pin, org, entry, ret))
			return true;
	}
	return false;
}

const struct provider_field *use_rule(const struct use *use, const struct record *field)
{
	return provider_field(use->provider, field->name);
}

static bool passes(const struct use *use, const struct record *field)
{
	const struct provider_field *rule = use_rule(use, field);

	if (field->kind != RECORD_FIELD || !field->value_version ||
	    tree_field(use->org, use->account->id, field->name) != field)
		return false;
	return !use->inherited || (rule && rule->inherit);
}

const struct record *use_next_field(const struct use *use, const struct record *previous)
{
	const struct record *field = previous;

	while ((field = org_next_child(use->org, use->account->id, field))) {
		if (passes(use, field))
			return field;
	}
	return NULL;
}

const struct record *use_field(const struct use *use, const char *name)
{
	const struct record *field = tree_field(use->org, use->account->id, name);

	return field && passes(use, field) ? field : NULL;
}

struct node use_node(const struct use *use, enum node_kind kind, const char *name)
{
	return (struct node){kind, use->pin, use->entry->id, name ? node_number(name) : 0};
}

uint64_t use_updated(const struct use *use)
{
	const struct record *field = NULL;
	uint64_t updated = use->account->updated;

	if (use->entry->updated > updated)
		updated = use->entry->updated;
	while ((field = org_next_child(use->org, use->account->id, field))) {
		if (field->updated > updated)
			updated = field->updated;
	}
	return updated;
}

const struct record *use_project(const struct org *org, const struct node *node)
{
	const struct record *record = org_record(org, node->id);

	if (record && record->kind != RECORD_PROJECT)
		record = org_record(org, record->parent);
	return record && record->kind == RECORD_PROJECT ? record : NULL;
}

bool use_runner(struct tree *tree, const struct org *org, const struct record *project, uid_t *ret)
{
	static const char name[] = "runner";
	const struct role *role = roles_find(&tree->settings->roles, SCOPE_PROJECT, name);
	const struct record *record = org_child(org, project->id, RECORD_ROLE, name);
	CLEANUP_PRINCIPALS struct principals principals = {0};
	const struct nss_name *user;

	if (!role || !(role->permissions & MAY_USE) || !record || !record->text ||
	    principals_parse(record->text, strlen(record->text), true, &principals, NULL) < 0 ||
	    principals.count != 1 || principals.list[0].group)
		return false;
	user = nss_get(tree->nss, false, principals.list[0].name);
	if (!user || !user->known)
		return false;
	*ret = (uid_t)user->id;
	return true;
}

static bool is_known(struct tree *tree, const struct node *node)
{
	return inodes_get(tree->inodes, tree_inode(tree, node));
}

/* The files in the directory of one account, and the directory: of what lies in one that the kernel
 * does not know it knows nothing. */
static void tell_use(struct tree *tree, const struct use *use)
{
	const struct provider *provider = use->provider;
	const struct record *field = NULL;
	const struct node directory = use_node(use, NODE_USE_ACCOUNT, NULL);
	struct node node;
	const char *name;

	if (!is_known(tree, &directory))
		return;
	tree_invalidate(tree, &directory);
	for (size_t i = 0; (name = use_env_name(i)); i++) {
		node = use_node(use, NODE_USE_FILE, name);
		tree_invalidate(tree, &node);
	}
	for (size_t i = 0; i < provider->rendering_count; i++) {
		node = use_node(use, NODE_USE_FILE, provider->renderings[i].path);
		tree_invalidate(tree, &node);
	}
	/* One that has lost its value, too. */
	while ((field = org_next_child(use->org, use->account->id, field))) {
		node = use_node(use, NODE_USE_FILE, field->name);
		tree_invalidate(tree, &node);
	}
}

static void tell_project(struct tree *tree, const struct use *use)
{
	static const enum node_kind kinds[] = {NODE_USE_PROJECT, NODE_USE_ENV, NODE_USE_JSON,
					       NODE_USE_STATUS};
	const struct node directory = {NODE_USE_PROJECT, use->pin, use->project->id, 0};

	if (!is_known(tree, &directory))
		return;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		const struct node node = {kinds[i], use->pin, use->project->id, 0};

		tree_invalidate(tree, &node);
	}
}

static void tell(struct tree *tree, size_t pin, struct org *org, const struct record *entry)
{
	struct use use;

	if (!use_init(tree, pin, org, entry, &use))
		return;
	tell_use(tree, &use);
	tell_project(tree, &use);
}

void use_changed(struct tree *tree, size_t pin, struct record_id account)
{
	const struct node node = {.kind = NODE_ACCOUNT, .pin = pin, .id = account};
	const struct node top = {.kind = NODE_USE, .pin = NO_PIN};
	const struct record *record;
	const struct record *heir = NULL;
	struct org *org = NULL;

	if (!tree->invalidate || !is_known(tree, &top) || tree_org(tree, &node, &org) < 0)
		return;
	record = org_record(org, account);
	if (!record)
		return;
	if (!record_id_is_zero(record->parent))
		tell(tree, pin, org, record);
	while ((heir = org_next_heir(org, account, heir)))
		tell(tree, pin, org, heir);
}
