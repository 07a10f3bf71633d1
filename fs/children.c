#include "fs/children.h"

static const struct record_id top = {{0}};

int children_lookup(const struct children *children, struct tree *tree,
		    const struct node *directory, struct record_id parent, const char *name,
		    struct node *ret)
{
	const struct record *record;
	struct org *org = NULL;
	int r = tree_org(tree, directory, &org);

	if (r < 0)
		return r;
	record = org_child(org, parent, children->record, name);
	if (!record || record->kind != children->record)
		return org_damaged(org) ? -EIO : -ENOENT;
	*ret = (struct node){children->node, directory->pin, record->id, 0};
	return 0;
}

int children_list(const struct children *children, const struct children_place *place,
		  struct listing *ret)
{
	const struct record *record = NULL;
	struct org *org = NULL;
	int r = tree_org(place->tree, place->directory, &org);

	while (r == 0 && (record = org_next_child(org, place->parent, record))) {
		const struct node node = {children->node, place->directory->pin, record->id, 0};

		if (record->kind == children->record &&
		    org_child(org, place->parent, children->record, record->name) == record &&
		    (!children->visible ||
		     children->visible(place->tree, record->name, place->caller)))
			r = listing_add(ret, record->name, &node, place->rank);
	}
	return r;
}

int children_make(const struct children *children, const struct edit *edit)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record record = {0};
	struct org *org = NULL;
	int r = edit_begin(edit, &org, &change);

	if (r == 0 && org_child(org, top, children->record, edit->name))
		r = -EEXIST;
	if (r == 0)
		r = edit_record(children->record, top, edit->name, &record);
	if (r == 0)
		r = change_put(change, &record);
	return r < 0 ? r : edit_commit(edit->tree, edit->directory, org, change);
}

int children_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		    const struct node *replaced,
		    int (*put_removed)(struct change *change, const struct org *org,
				       const struct node *removed))
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record renamed = {0};
	const struct record *record;
	struct org *org = NULL;
	int r;

	if (!node_equal(edit->directory, to->directory))
		return -EPERM;
	r = edit_need(edit, MAY_MANAGE);
	if (r == 0)
		r = edit_name(to);
	if (r == 0)
		r = edit_begin(edit, &org, &change);
	if (r == 0 && replaced)
		r = put_removed(change, org, replaced);
	if (r < 0)
		return r;
	record = org_record(org, child->id);
	r = record ? edit_renamed(record, to->name, &renamed) : -ENOENT;
	if (r == 0)
		r = change_put(change, &renamed);
	if (r == 0)
		r = edit_commit_rights(edit->tree, edit->directory, org, change);
	return r;
}
