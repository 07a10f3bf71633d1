#include "fs/scratch_dir.h"

#include "fs/edit.h"

bool scratch_dir_is_name(const struct tree *tree, const char *name)
{
	return settings_name_is_scratch(tree->settings, name);
}

int scratch_dir_lookup(struct tree *tree, const struct node *directory, const char *name,
		       const struct caller *caller, struct node *ret)
{
	const struct scratch_file *file = scratch_find(tree->scratch, directory, caller->uid, name);

	if (!file)
		return -ENOENT;
	*ret = file->node;
	return 0;
}

int scratch_dir_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		     struct listing *ret)
{
	const unsigned last = ~0u;
	const struct scratch_file *file;
	size_t cursor = 0;
	int r = 0;

	while (r == 0 && (file = scratch_next(tree->scratch, directory, caller->uid, &cursor))) {
		/* As all names with a dot, so that nothing wanders into them. */
		if (file->name[0] != '.')
			r = listing_add(ret, file->name, &file->node, last);
	}
	return r;
}

static int make(const struct edit *edit, const char *target, struct node *ret)
{
	const struct scratch_making making = {
		.directory = edit->directory,
		.name = edit->name,
		.uid = edit->caller->uid,
		.gid = edit->caller->gid,
		.target = target,
	};
	struct scratch_file *file = NULL;
	int r = edit_need(edit, ~0u);

	if (r == 0)
		r = scratch_make(edit->tree->scratch, &making, &file);
	if (r == 0)
		*ret = file->node;
	return r;
}

int scratch_dir_make_file(const struct edit *edit, struct node *ret)
{
	return make(edit, NULL, ret);
}

int scratch_dir_make_link(const struct edit *edit, const char *target)
{
	struct node node;

	if (!scratch_dir_is_name(edit->tree, edit->name))
		return -EINVAL;
	return make(edit, target, &node);
}

void scratch_dir_remove(const struct edit *edit, const struct node *child)
{
	struct scratch_file *file = scratch_get(edit->tree->scratch, child->id);

	if (file)
		scratch_remove(edit->tree->scratch, file);
}

static bool is_scratch(const struct node *node)
{
	return node->kind == NODE_SCRATCH || node->kind == NODE_SCRATCH_LINK;
}

bool scratch_dir_renames(const struct edit *edit, const struct node *child, const struct edit *to)
{
	return is_scratch(child) || scratch_dir_is_name(edit->tree, to->name);
}

/* Renaming is committing: validated, authorised and durable here. */
static int save(const struct edit *to, const struct scratch_file *file, const struct node *node)
{
	const struct kind *kind = kind_of(node);
	uint64_t published = 0;
	const struct save save = {
		.tree = to->tree,
		.node = node,
		.uid = to->caller->uid,
		.bytes = secret_view(file->bytes),
		.size = secret_size(file->bytes),
		.published = &published,
	};
	int r = kind->commit ? access_bits(to->tree, node, to->caller, 2) : -EPERM;

	return r < 0 ? r : kind->commit(&save);
}

static int save_by_rename(struct scratch_file *file, const struct edit *to,
			  const struct node *replaced)
{
	const struct kind *directory = kind_of(to->directory);
	struct node node = {0};
	int r = 0;

	if (file->node.kind != NODE_SCRATCH)
		return -EPERM;
	if (replaced)
		node = *replaced;
	else
		r = directory->make_file ? directory->make_file(to, &node) : -EPERM;
	if (r == 0)
		r = save(to, file, &node);
	pendings_settle(to->tree->pendings, node.id);
	if (r == 0)
		scratch_remove(to->tree->scratch, file);
	return r;
}

/* A backup by renaming: what is there stays, the backup is a copy. The kernel has moved the name
 * along, and is told that it is another file now. */
static int copy_to_scratch(const struct edit *edit, const struct node *child, const struct edit *to)
{
	CLEANUP_SECRET struct secret *content = NULL;
	struct scratch_file *file;
	struct scratch_bytes bytes;
	struct node node = {0};
	uint64_t version = 0;
	int r;

	if (!kind_of(child)->commit)
		return -EPERM;
	r = access_bits(edit->tree, child, edit->caller, 2);
	if (r == 0)
		r = kind_of(child)->content(edit->tree, child, &content, &version);
	if (r < 0)
		return r;
	if (scratch_dir_lookup(to->tree, to->directory, to->name, to->caller, &node) == 0)
		scratch_dir_remove(to, &node);
	r = scratch_dir_make_file(to, &node);
	if (r < 0)
		return r;
	file = scratch_get(to->tree->scratch, node.id);
	bytes = (struct scratch_bytes){secret_view(content), secret_size(content)};
	r = scratch_write(to->tree->scratch, file, 0, &bytes);
	if (r < 0)
		scratch_remove(to->tree->scratch, file);
	tree_forget_name(to->tree, to->directory, to->name);
	return r;
}

int scratch_dir_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		       const struct node *replaced)
{
	struct scratch_file *file = scratch_get(edit->tree->scratch, child->id);

	if (is_scratch(child) && !file)
		return -ENOENT;
	if (!scratch_dir_is_name(to->tree, to->name))
		return save_by_rename(file, to, replaced);
	if (!node_equal(edit->directory, to->directory))
		return -EXDEV;
	if (!file)
		return copy_to_scratch(edit, child, to);
	return scratch_rename(edit->tree->scratch, file, to->name);
}

int scratch_stat(struct tree *tree, const struct node *node, struct stat *ret)
{
	const struct scratch_file *file = scratch_get(tree->scratch, node->id);

	if (!file)
		return -ENOENT;
	ret->st_mode = kind_of(node)->type | (node->kind == NODE_SCRATCH ? file->mode : 0777);
	ret->st_uid = file->uid;
	ret->st_gid = file->gid;
	ret->st_size = (off_t)secret_size(file->bytes);
	ret->st_mtim.tv_sec = (time_t)(file->changed / 1000000000u);
	ret->st_mtim.tv_nsec = (long)(file->changed % 1000000000u);
	return 0;
}

int scratch_content(struct tree *tree, const struct node *node, struct secret **ret,
		    uint64_t *ret_version)
{
	const struct scratch_file *file = scratch_get(tree->scratch, node->id);

	*ret_version = 1;
	if (!file)
		return -ENOENT;
	return secret_copy(tree->pool, secret_view(file->bytes), secret_size(file->bytes), ret);
}
