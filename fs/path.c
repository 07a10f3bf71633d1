#include "fs/path.h"

#include <inttypes.h>
#include <string.h>

#include "fs/use_file.h"

struct path {
	struct tree *tree;
	const struct org *org;
	const struct way *via;
	char *text;
	size_t size;
};

static void add(struct path *path, const char *name)
{
	const size_t length = strlen(name);

	if (path->size + 1 + length + 1 > PATH_SIZE)
		return;
	if (path->size)
		path->text[path->size++] = '/';
	memcpy(path->text + path->size, name, length + 1);
	path->size += length;
}

static void add_record(struct path *path, struct record_id id)
{
	const struct record *record = org_record(path->org, id);

	add(path, record ? record->name : "?");
}

/* The organisation's directory, or that of a project, a connection or a user. */
static void add_place(struct path *path, struct record_id id)
{
	const struct record *record = org_record(path->org, id);

	if (record_id_is_zero(id))
		return;
	if (record && record->kind == RECORD_CONNECTION)
		add(path, "connections");
	else
		add(path, record && record->kind == RECORD_USER ? "users" : "projects");
	add_record(path, id);
}

static const struct record *link_of(const struct path *path, const struct node *link)
{
	return path->via && link->pin != NO_PIN ? org_record(path->org, link->id) : NULL;
}

/* Whether a link leads to the record, or to an association that does. */
static bool leads_to(const struct path *path, const struct record *link, struct record_id id)
{
	const struct record *target = link ? org_record(path->org, link->target) : NULL;

	if (!target)
		return false;
	return record_id_equal(target->id, id) ||
	       (target->kind == RECORD_ASSOCIATION && record_id_equal(target->target, id));
}

/* An account or a connection, by the links that lead to it when that is how it was reached. */
static void add_account(struct path *path, struct record_id id)
{
	const struct record *record = org_record(path->org, id);
	const struct record *link = path->via ? link_of(path, &path->via->link) : NULL;
	const struct record *before = path->via ? link_of(path, &path->via->before) : NULL;

	if (leads_to(path, link, id)) {
		record = link;
		if (leads_to(path, before, link->parent)) {
			add_place(path, before->parent);
			add(path, before->name);
			add(path, link->name);
			return;
		}
	}
	if (record)
		add_place(path, record->kind == RECORD_CONNECTION ? record->id : record->parent);
	if (!record || record->kind != RECORD_CONNECTION)
		add(path, record ? record->name : "?");
}

static void add_field(struct path *path, const struct node *node, const char *directory)
{
	const struct record *account = tree_account(path->tree, path->org, node);
	const char *name = tree_field_name(path->tree, path->org, node);

	if (account)
		add_account(path, account->id);
	if (directory)
		add(path, directory);
	add(path, name ? name : "?");
}

/* What lies directly in an account, under a name that is always the same. */
static const char *const in_account[NODE_KINDS] = {
	[NODE_ACCOUNT] = "",	   [NODE_PROVIDER] = "provider", [NODE_INFO] = ".info",
	[NODE_STATUS] = ".status", [NODE_HISTORY] = ".history",	 [NODE_CONNECTION] = "",
};

/* What lies directly in a project's directory in use/. */
static const char *const in_use[NODE_KINDS] = {
	[NODE_USE_ENV] = "env",
	[NODE_USE_JSON] = "env.json",
	[NODE_USE_STATUS] = ".status",
};

static bool is_in_use(const struct node *node)
{
	return node->kind >= NODE_USE && node->kind <= NODE_USE_FILE;
}

/* A link in a project or a connection. */
static void add_in_place(struct path *path, const struct node *node)
{
	const struct record *record = org_record(path->org, node->id);
	const struct pending *pending = NULL;

	if (!record)
		pending = pendings_get(path->tree->pendings, node->id);
	if (record || pending)
		add_place(path, record ? record->parent : pending->parent);
	add(path, record ? record->name : pending ? pending->name : "?");
}

/* In use/: behind the organisation. */
static void add_in_use(struct path *path, const struct node *node)
{
	const struct record *project = use_project(path->org, node);
	const char *name = NULL;
	struct use use = {0};

	if (node->kind == NODE_USE_ORG)
		return;
	add(path, project ? project->name : "?");
	if (in_use[node->kind])
		add(path, in_use[node->kind]);
	if (in_use[node->kind] || node->kind == NODE_USE_PROJECT)
		return;
	if (use_of(path->tree, node, &use) < 0) {
		add(path, "?");
		return;
	}
	add(path, use.entry->name);
	if (node->kind == NODE_USE_FILE)
		name = use_file_name(&use, node);
	if (node->kind != NODE_USE_ACCOUNT)
		add(path, node->kind == NODE_USE_PROVIDER ? "provider" : name ? name : "?");
}

static void add_in_org(struct path *path, const struct node *node)
{
	char number[24];

	if (in_account[node->kind]) {
		add_account(path, node->id);
		if (*in_account[node->kind])
			add(path, in_account[node->kind]);
	} else if (node->kind == NODE_FIELD) {
		add_field(path, node, NULL);
	} else if (node->kind == NODE_HISTORY_FIELD || node->kind == NODE_HISTORY_VALUE) {
		add_field(path, node, ".history");
		snprintf(number, sizeof number, "%" PRIu64, node->number);
		if (node->kind == NODE_HISTORY_VALUE)
			add(path, number);
	} else if (node->kind == NODE_PROJECTS) {
		add(path, "projects");
	} else if (node->kind == NODE_CONNECTIONS) {
		add(path, "connections");
	} else if (node->kind == NODE_USERS) {
		add(path, "users");
	} else if (node->kind == NODE_PROJECT || node->kind == NODE_USER) {
		add_place(path, node->id);
	} else if (node->kind == NODE_LINK || node->kind == NODE_PENDING ||
		   node->kind == NODE_ASSOCIATION) {
		add_in_place(path, node);
	} else if (node->kind == NODE_ROLES || node->kind == NODE_ROLE) {
		add_place(path, node->id);
		add(path, "roles");
		if (node->kind == NODE_ROLE)
			add(path, path->tree->settings->roles.list[node->number].name);
	} else if (node->kind == NODE_AUDIT) {
		add(path, "audit.log");
	}
}

void path_of(struct tree *tree, const struct node *node, const struct way *via, char ret[PATH_SIZE])
{
	struct path path = {.tree = tree, .via = via, .text = ret};
	const struct scratch_file *file;
	struct org *org = NULL;

	*ret = '\0';
	if (node->kind == NODE_SCRATCH || node->kind == NODE_SCRATCH_LINK) {
		file = scratch_get(tree->scratch, node->id);
		if (file)
			path_in(tree, &file->directory, file->name, ret);
		return;
	}
	if (node->kind == NODE_ORGS)
		add(&path, "orgs");
	if (node->kind == NODE_USE)
		add(&path, "use");
	if (node->pin == NO_PIN)
		return;
	add(&path, is_in_use(node) ? "use" : "orgs");
	add(&path, pins_get(store_pins(tree->store), node->pin)->name);
	if (tree_org(tree, node, &org) < 0)
		return;
	path.org = org;
	if (is_in_use(node))
		add_in_use(&path, node);
	else
		add_in_org(&path, node);
}

void path_in(struct tree *tree, const struct node *directory, const char *name, char ret[PATH_SIZE])
{
	struct path path = {.tree = tree, .text = ret};

	path_of(tree, directory, NULL, ret);
	path.size = strlen(ret);
	add(&path, name);
}
