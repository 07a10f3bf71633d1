#include "fs/use_dir.h"

#include <string.h>

#include "fs/orgs.h"
#include "fs/project.h"
#include "fs/use_file.h"

enum { MADE_PATH_MAX = 64 }; /* of a file that is made: a section's name is shorter */

/* First what an account is, then its fields, then what is made of them. */
enum { RANK_PROVIDER, RANK_FIELD, RANK_MADE };

int use_lookup(struct tree *tree, const struct node *directory, const char *name,
	       const struct caller *caller, struct node *ret)
{
	int r = orgs_lookup(tree, directory, name, caller, ret);

	if (r == 0)
		ret->kind = NODE_USE_ORG;
	return r;
}

static void change_kinds(struct listing *listing, enum node_kind kind)
{
	for (size_t i = 0; i < listing->count; i++)
		listing->list[i].node.kind = kind;
}

int use_list(struct tree *tree, const struct node *directory, const struct caller *caller,
	     struct listing *ret)
{
	int r = orgs_list(tree, directory, caller, ret);

	change_kinds(ret, NODE_USE_ORG);
	return r;
}

int use_org_lookup(struct tree *tree, const struct node *directory, const char *name,
		   const struct caller *caller, struct node *ret)
{
	int r = projects_lookup(tree, directory, name, caller, ret);

	if (r == 0)
		ret->kind = NODE_USE_PROJECT;
	return r;
}

int use_org_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		 struct listing *ret)
{
	int r = projects_list(tree, directory, caller, ret);

	change_kinds(ret, NODE_USE_PROJECT);
	return r;
}

/* Names that lie beside the accounts, which cannot have them. */
static const struct {
	const char *name;
	enum node_kind kind;
} beside[] = {
	{"env", NODE_USE_ENV},
	{"env.json", NODE_USE_JSON},
	{".status", NODE_USE_STATUS},
};
enum { BESIDE = sizeof beside / sizeof beside[0] };

int use_project_lookup(struct tree *tree, const struct node *directory, const char *name,
		       const struct caller *caller, struct node *ret)
{
	struct use use;
	int r;

	(void)caller;
	for (size_t i = 0; i < BESIDE; i++) {
		if (strcmp(name, beside[i].name) == 0) {
			*ret = (struct node){beside[i].kind, directory->pin, directory->id, 0};
			return 0;
		}
	}
	r = use_find(tree, directory, name, &use);
	if (r == 0)
		*ret = use_node(&use, NODE_USE_ACCOUNT, NULL);
	return r;
}

static bool is_there(struct tree *tree, const struct node *node)
{
	CLEANUP_SECRET struct secret *content = NULL;
	uint64_t version;

	return kind_of(node)->content(tree, node, &content, &version) != -ENOENT;
}

/* Names that begin with a dot are opened, not listed. */
static int list_file(struct listing *listing, struct tree *tree, const char *name,
		     const struct node *node)
{
	if (name[0] == '.' || !is_there(tree, node))
		return 0;
	return listing_add(listing, name, node, RANK_MADE);
}

int use_project_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		     struct listing *ret)
{
	struct use use = {0};
	int r = 0;

	(void)caller;
	while (r == 0 && use_next(tree, directory, use.entry, &use)) {
		const struct node node = use_node(&use, NODE_USE_ACCOUNT, NULL);

		r = listing_add(ret, use.entry->name, &node, RANK_FIELD);
	}
	for (size_t i = 0; i < BESIDE && r == 0; i++) {
		const struct node node = {beside[i].kind, directory->pin, directory->id, 0};

		r = list_file(ret, tree, beside[i].name, &node);
	}
	return r;
}

/* The rest of a path behind a directory of it; NULL when it does not lie there. */
static const char *below(const char *path, const char *directory)
{
	const size_t length = strlen(directory);

	if (!length)
		return path;
	return strncmp(path, directory, length) == 0 && path[length] == '/' ? path + length + 1
									    : NULL;
}

/* Whether a file that is made lies below `directory`, as far as any is there. */
static bool has_made(const struct use *use, const char *directory)
{
	for (size_t i = 0; i < use->provider->rendering_count; i++) {
		const struct rendering *rendering = &use->provider->renderings[i];
		CLEANUP_SECRET struct secret *content = NULL;
		const char *field;

		if (below(rendering->path, directory) &&
		    use_render(use, rendering, &content, &field) == 0)
			return true;
	}
	return false;
}

/* What is made in `directory` ("": of the account) under `name`; -ENOENT when nothing has it. */
static int find_made(const struct use *use, const char *directory, const char *name,
		     struct node *ret)
{
	char path[MADE_PATH_MAX];

	if (snprintf(path, sizeof path, "%s%s%s", directory, *directory ? "/" : "", name) >=
	    (int)sizeof path)
		return -ENOENT;
	for (size_t i = 0; i < use->provider->rendering_count; i++) {
		const char *made = use->provider->renderings[i].path;

		if (strcmp(made, path) == 0) {
			*ret = use_node(use, NODE_USE_FILE, path);
			return 0;
		}
		if (below(made, path) && has_made(use, path)) {
			*ret = use_node(use, NODE_USE_MADE, path);
			return 0;
		}
	}
	return -ENOENT;
}

int use_account_lookup(struct tree *tree, const struct node *directory, const char *name,
		       const struct caller *caller, struct node *ret)
{
	enum render_format format;
	struct use use;
	int r = use_of(tree, directory, &use);

	(void)caller;
	if (r < 0)
		return r;
	if (strcmp(name, "provider") == 0) {
		*ret = use_node(&use, NODE_USE_PROVIDER, NULL);
		return 0;
	}
	if (find_made(&use, "", name, ret) == 0)
		return 0;
	if (!use_env_format(name, &format) && !use_field(&use, name))
		return org_damaged(use.org) ? -EIO : -ENOENT;
	*ret = use_node(&use, NODE_USE_FILE, name);
	return 0;
}

/* A directory holds several files, and stands in the list once. */
static bool is_listed(const struct listing *listing, const char *name)
{
	for (size_t i = 0; i < listing->count; i++) {
		if (strcmp(listing->list[i].name, name) == 0)
			return true;
	}
	return false;
}

/* What is made in `directory` ("": of the account). */
static int list_made(const struct use *use, const char *directory, struct listing *ret)
{
	int r = 0;

	for (size_t i = 0; i < use->provider->rendering_count && r == 0; i++) {
		const char *rest = below(use->provider->renderings[i].path, directory);
		struct node node;
		char name[MADE_PATH_MAX];

		if (!rest)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)strcspn(rest, "/"), rest);
		if (name[0] == '.' || is_listed(ret, name) ||
		    find_made(use, directory, name, &node) < 0)
			continue;
		if (node.kind == NODE_USE_MADE)
			r = listing_add(ret, name, &node, RANK_MADE);
		else
			r = list_file(ret, use->tree, name, &node);
	}
	return r;
}

static int list_fields(const struct use *use, struct listing *ret)
{
	const struct record *field = NULL;
	enum render_format format;
	struct node made;
	int r = 0;

	while (r == 0 && (field = use_next_field(use, field))) {
		const struct node node = use_node(use, NODE_USE_FILE, field->name);

		if (!use_env_format(field->name, &format) &&
		    find_made(use, "", field->name, &made) < 0)
			r = listing_add(ret, field->name, &node, RANK_FIELD);
	}
	return r;
}

int use_account_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		     struct listing *ret)
{
	struct node provider;
	const char *name;
	struct use use;
	int r = use_of(tree, directory, &use);

	(void)caller;
	if (r < 0)
		return r;
	provider = use_node(&use, NODE_USE_PROVIDER, NULL);
	r = listing_add(ret, "provider", &provider, RANK_PROVIDER);
	if (r == 0)
		r = list_fields(&use, ret);
	if (r == 0)
		r = list_made(&use, "", ret);
	for (size_t i = 0; r == 0 && (name = use_env_name(i)); i++) {
		const struct node node = use_node(&use, NODE_USE_FILE, name);

		r = list_file(ret, tree, name, &node);
	}
	return r;
}

/* The path of a directory of files that are made: the beginning of a rendering's. */
static int made_path(const struct use *use, const struct node *node, char ret[MADE_PATH_MAX])
{
	for (size_t i = 0; i < use->provider->rendering_count; i++) {
		const char *path = use->provider->renderings[i].path;

		for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
			snprintf(ret, MADE_PATH_MAX, "%.*s", (int)(slash - path), path);
			if (node_number(ret) == node->number)
				return 0;
		}
	}
	return -ENOENT;
}

int use_made_lookup(struct tree *tree, const struct node *directory, const char *name,
		    const struct caller *caller, struct node *ret)
{
	char path[MADE_PATH_MAX];
	struct use use;
	int r = use_of(tree, directory, &use);

	(void)caller;
	if (r == 0)
		r = made_path(&use, directory, path);
	return r < 0 ? r : find_made(&use, path, name, ret);
}

int use_made_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		  struct listing *ret)
{
	char path[MADE_PATH_MAX];
	struct use use;
	int r = use_of(tree, directory, &use);

	(void)caller;
	if (r == 0)
		r = made_path(&use, directory, path);
	return r < 0 ? r : list_made(&use, path, ret);
}

uint64_t use_account_updated(struct tree *tree, const struct node *node)
{
	struct use use;

	return use_of(tree, node, &use) == 0 ? use_updated(&use) : tree->started;
}
