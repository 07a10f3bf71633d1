#include "fs/use.h"

#include <string.h>

#include "fs/offer.h"
#include "fs/use_file.h"

/* What speaks there is called otherwise, too. */
static const struct {
	const char *type;
	const char *provider;
} others[] = {
	{"postgres", "postgresql"},
	{"mariadb", "mysql"},
};

/* The provider that is made for connections of a type; NULL. */
static const struct provider *find_type(const struct tree *tree, const char *type)
{
	const struct provider *provider;

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		if (strcmp(others[i].type, type) == 0)
			type = others[i].provider;
	}
	provider = catalogue_find(tree->catalogue, type);
	return provider && provider->connections ? provider : NULL;
}

/* What is made for the type of its connection, which may be written to `type`; NULL. */
static const struct provider *typed_provider(const struct use *use, char type[DATA_TYPE_MAX])
{
	*type = '\0';
	if (!use->connection || !data_type_of(use->org, use->connection, type))
		return NULL;
	return find_type(use->tree, type);
}

static const struct provider *provider_of(const struct use *use)
{
	char type[DATA_TYPE_MAX];
	const struct provider *provider = typed_provider(use, type);

	return provider ? provider
			: tree_provider(use->tree, use->account ? use->account : use->connection);
}

bool use_type_is_strange(const struct use *use, char ret[DATA_TYPE_MAX])
{
	return !typed_provider(use, ret) && *ret;
}

/* False for a link that dangles. */
static bool use_init(struct tree *tree, size_t pin, struct org *org, const struct record *entry,
		     struct use *ret)
{
	struct use use = {.tree = tree, .pin = pin, .org = org, .entry = entry};

	use.project = org_record(org, entry->parent);
	use.inherited = entry->kind == RECORD_INHERIT;
	if (use.inherited) {
		const struct offer offer = offer_of(tree, org, entry);

		use.account = offer.account;
		use.connection = offer.connection;
	} else if (entry->kind == RECORD_ACCOUNT) {
		use.account = entry;
	}
	if (!use.project || use.project->kind != RECORD_PROJECT ||
	    (!use.account && !use.connection))
		return false;
	use.provider = provider_of(&use);
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

/* The connection, or the account, that a field is of. */
static const struct record *holder_of(const struct use *use, const struct record *field)
{
	const struct record *connection = use->connection;

	return connection && record_id_equal(field->parent, connection->id) ? connection
									    : use->account;
}

const struct provider_field *use_rule(const struct use *use, const struct record *field)
{
	return provider_field(tree_provider(use->tree, holder_of(use, field)), field->name);
}

/* One account may serve many connections: what a connection says counts more. */
static bool is_overruled(const struct use *use, const struct record *field)
{
	return use->connection && !record_id_equal(field->parent, use->connection->id) &&
	       tree_field(use->org, use->connection->id, field->name);
}

static bool passes(const struct use *use, const struct record *field)
{
	const struct provider_field *rule;

	if (field->kind != RECORD_FIELD || !field->value_version ||
	    tree_field(use->org, field->parent, field->name) != field || is_overruled(use, field))
		return false;
	rule = use_rule(use, field);
	return !use->inherited || (rule && rule->inherit);
}

static const struct record *next_of(const struct use *use, const struct record *holder,
				    const struct record *previous)
{
	const struct record *field = previous;

	while (holder && (field = org_next_child(use->org, holder->id, field))) {
		if (passes(use, field))
			return field;
	}
	return NULL;
}

const struct record *use_next_field(const struct use *use, const struct record *previous)
{
	const struct record *field;

	if (previous && holder_of(use, previous) == use->account)
		return next_of(use, use->account, previous);
	field = next_of(use, use->connection, previous);
	return field ? field : next_of(use, use->account, NULL);
}

const struct record *use_field(const struct use *use, const char *name)
{
	const struct record *field = NULL;

	if (use->connection)
		field = tree_field(use->org, use->connection->id, name);
	if (!field && use->account)
		field = tree_field(use->org, use->account->id, name);
	return field && passes(use, field) ? field : NULL;
}

struct node use_node(const struct use *use, enum node_kind kind, const char *name)
{
	return (struct node){kind, use->pin, use->entry->id, name ? node_number(name) : 0};
}

static uint64_t latest_of(const struct use *use, const struct record *holder, uint64_t updated)
{
	const struct record *field = NULL;

	if (!holder)
		return updated;
	if (holder->updated > updated)
		updated = holder->updated;
	while ((field = org_next_child(use->org, holder->id, field))) {
		if (field->updated > updated)
			updated = field->updated;
	}
	return updated;
}

uint64_t use_updated(const struct use *use)
{
	return latest_of(use, use->account, latest_of(use, use->connection, use->entry->updated));
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

/* Those that have lost their values, too. */
static void tell_fields(struct tree *tree, const struct use *use, const struct record *holder)
{
	const struct record *field = NULL;

	while (holder && (field = org_next_child(use->org, holder->id, field))) {
		const struct node node = use_node(use, NODE_USE_FILE, field->name);

		tree_invalidate(tree, &node);
	}
}

/* The files in the directory of one account, and the directory: of what lies in one that the kernel
 * does not know it knows nothing. */
static void tell_use(struct tree *tree, const struct use *use)
{
	const struct provider *provider = use->provider;
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
	tell_fields(tree, use, use->connection);
	tell_fields(tree, use, use->account);
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

struct telling {
	struct tree *tree;
	size_t pin;
	struct org *org;
};

static int tell(void *context, const struct record *entry)
{
	const struct telling *telling = context;
	struct use use;

	if (use_init(telling->tree, telling->pin, telling->org, entry, &use)) {
		tell_use(telling->tree, &use);
		tell_project(telling->tree, &use);
	}
	return 0;
}

void use_changed(struct tree *tree, size_t pin, struct record_id id)
{
	const struct node node = {.kind = NODE_ACCOUNT, .pin = pin, .id = id};
	const struct node top = {.kind = NODE_USE, .pin = NO_PIN};
	struct telling telling = {.tree = tree, .pin = pin};
	const struct record *record;

	if (!tree->invalidate || !is_known(tree, &top) || tree_org(tree, &node, &telling.org) < 0)
		return;
	record = org_record(telling.org, id);
	if (!record)
		return;
	if (record->kind == RECORD_ACCOUNT && !record_id_is_zero(record->parent))
		(void)tell(&telling, record);
	(void)!offer_each_link(tree, telling.org, record, tell, &telling);
}
