#include "fs/path.h"

#include <inttypes.h>
#include <string.h>

#include "fs/use_file.h"

struct path {
	struct tree *tree;
	const struct org *org;
	const struct node *via;
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

/* The organisation's directory, or that of one of its projects. */
static void add_place(struct path *path, struct record_id project)
{
	if (record_id_is_zero(project))
		return;
	add(path, "projects");
	add_record(path, project);
}

/* An account, by the link that leads to it when that is how it was reached. */
static void add_account(struct path *path, struct record_id id)
{
	const struct record *account = org_record(path->org, id);
	const struct record *link = path->via ? org_record(path->org, path->via->id) : NULL;

	if (link && record_id_equal(link->target, id))
		account = link;
	if (account)
		add_place(path, account->parent);
	add(path, account ? account->name : "?");
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
	[NODE_STATUS] = ".status", [NODE_HISTORY] = ".history",
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

static void add_in_project(struct path *path, const struct node *node)
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
	} else if (node->kind == NODE_PROJECT) {
		add_place(path, node->id);
	} else if (node->kind == NODE_LINK || node->kind == NODE_PENDING) {
		add_in_project(path, node);
	} else if (node->kind == NODE_ROLES || node->kind == NODE_ROLE) {
		add_place(path, node->id);
		add(path, "roles");
		if (node->kind == NODE_ROLE)
			add(path, path->tree->settings->roles.list[node->number].name);
	} else if (node->kind == NODE_AUDIT) {
		add(path, "audit.log");
	}
}

void path_of(struct tree *tree, const struct node *node, const struct node *via,
	     char ret[PATH_SIZE])
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
