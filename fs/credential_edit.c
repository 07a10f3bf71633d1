#include "fs/credential_edit.h"

#include <string.h>

#include "fs/announce.h"
#include "fs/burial.h"
#include "fs/credential.h"
#include "fs/edit.h"
#include "fs/history.h"

enum { VERSIONS_MAX = 2048 };

int credential_restore(const struct save *save, const struct target *target,
		       const struct tombstone *tombstone)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record field = {0};
	const struct record_id account = target->account->id;
	int r = change_new(&change);

	if (r == 0)
		r = record_copy(target->field, &field);
	if (r < 0)
		return r;
	field.value_version = tombstone->version;
	field.value_size = tombstone->size;
	field.updated = tombstone->updated;
	r = change_put(change, &field);
	if (r == 0)
		r = edit_commit(save->tree, save->node, target->org, change);
	tombstones_drop(&save->tree->tombstones, field.id);
	tree_account_changed(save->tree, save->node->pin, account, field.id);
	/* Whose writing was refused has made the kernel speak before there was anything to see. */
	if (r == 0)
		announce(save->tree, save->node);
	return r;
}

/* The field without a value. What it was becomes history; if none is kept it stays until nobody can
 * want it back. */
static int put_cleared(const struct edit *edit, struct change *change, const struct org *org,
		       const struct record *field, bool erase)
{
	CLEANUP_RECORD struct record cleared = {0};
	int r = record_copy(field, &cleared);

	if (r < 0)
		return r;
	cleared.value_version = 0;
	cleared.value_size = 0;
	cleared.updated = tree_now();
	r = change_put(change, &cleared);
	return r < 0 || !erase ? r : history_settle(change, edit->tree, org, field, 0);
}

int credential_clear(const struct edit *edit, const struct node *child)
{
	CLEANUP(change_freep) struct change *change = NULL;
	const struct record *field;
	struct tombstone tombstone;
	struct org *org = NULL;
	bool buried;
	int r = edit_begin(edit, &org, &change);

	if (r < 0)
		return r;
	field = org_record(org, child->id);
	if (!field || !field->value_version)
		return -ENOENT;
	tombstone = (struct tombstone){
		.pin = child->pin,
		.field = child->id,
		.uid = edit->caller->uid,
		.version = field->value_version,
		.size = field->value_size,
		.updated = field->updated,
		.removed = tree_monotonic(),
	};
	buried = tombstones_put(&edit->tree->tombstones, &tombstone);
	r = put_cleared(edit, change, org, field, edit->tree->settings->history || !buried);
	if (r == 0)
		r = edit_commit(edit->tree, edit->directory, org, change);
	if (r < 0) {
		tombstones_drop(&edit->tree->tombstones, child->id);
		return r;
	}
	tree_account_changed(edit->tree, child->pin, edit->directory->id, child->id);
	return 0;
}

void credential_erase(struct tree *tree, const struct tombstone *tombstone)
{
	const struct node node = {NODE_FIELD, tombstone->pin, tombstone->field, 0};
	CLEANUP(change_freep) struct change *change = NULL;
	const struct record *field;
	struct org *org = NULL;
	int r;

	if (tree->settings->history || tree_org(tree, &node, &org) < 0)
		return;
	field = org_record(org, tombstone->field);
	if (!field || field->value_version)
		return;
	r = change_new(&change);
	if (r == 0)
		r = change_remove_value(change, tombstone->field, tombstone->version);
	if (r == 0)
		r = edit_commit(tree, &node, org, change);
	if (r == 0)
		edit_tidy(tree);
	else
		burial_again(tree, tombstone->pin);
}

/* A field that takes the place of another, or of none. */
struct moving {
	struct change *change;
	struct target target;
	const struct record *field;
	const struct secret *value;
	size_t keep;			      /* of what the replaced one held */
	struct secret *history[VERSIONS_MAX]; /* that */
};

/* The last values that the replaced field had, in order, as history of the one that takes its
 * place. */
static int put_history(struct moving *moving, struct record *moved)
{
	const struct record *replaced = moving->target.field;
	const struct org *org = moving->target.org;
	uint64_t versions[VERSIONS_MAX];
	size_t count = org_value_versions(org, replaced->id, versions, VERSIONS_MAX);
	size_t i = count > moving->keep ? count - moving->keep : 0;
	int r = 0;

	for (; i < count && r == 0; i++) {
		struct secret **value = &moving->history[i];

		r = org_value(org, replaced->id, versions[i], value, NULL);
		if (r == 0)
			r = change_put_value(moving->change, moved->id, ++moved->value_last,
					     *value);
	}
	return r;
}

static int take_place(const struct moving *moving, struct record *moved)
{
	const struct target *target = &moving->target;

	free(moved->name);
	moved->name = strdup(target->name);
	moved->parent = target->account->id;
	moved->secret = target->rule->secret;
	moved->updated = tree_now();
	if (!moved->name)
		return -ENOMEM;
	return target->field ? change_remove(moving->change, target->field->id) : 0;
}

static int replace_values(struct moving *moving, struct record *moved)
{
	uint64_t versions[VERSIONS_MAX];
	const size_t count =
		org_value_versions(moving->target.org, moved->id, versions, VERSIONS_MAX);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = change_remove_value(moving->change, moved->id, versions[i]);
	if (r == 0)
		r = put_history(moving, moved);
	/* Who reads it by its name has had the other's numbers. */
	if (moved->value_last < moving->target.field->value_last)
		moved->value_last = moving->target.field->value_last;
	moved->value_version = ++moved->value_last;
	if (r == 0)
		r = change_put_value(moving->change, moved->id, moved->value_version,
				     moving->value);
	return r;
}

/* The field's record itself moves, because the kernel takes its inode along: what it held before
 * goes, what it replaces becomes its history. */
static int put_moved(struct moving *moving)
{
	CLEANUP_RECORD struct record moved = {0};
	int r = record_copy(moving->field, &moved);

	if (r == 0)
		r = take_place(moving, &moved);
	if (r == 0 && moving->target.field)
		r = replace_values(moving, &moved);
	return r < 0 ? r : change_put(moving->change, &moved);
}

static int move(const struct edit *edit, const struct node *child, const struct save *save,
		const struct secret *value)
{
	CLEANUP(change_freep) struct change *change = NULL;
	struct moving moving = {.value = value, .keep = edit->tree->settings->history};
	int r = credential_judge(save, true);

	if (r == 0)
		r = target_of(save, &moving.target);
	if (r == 0)
		r = change_new(&change);
	if (r < 0)
		return r;
	moving.change = change;
	moving.field = org_record(moving.target.org, child->id);
	r = put_moved(&moving);
	if (r == 0)
		r = edit_commit(edit->tree, edit->directory, moving.target.org, change);
	for (size_t i = 0; i < VERSIONS_MAX; i++)
		secret_free(moving.history[i]);
	return r;
}

int credential_move(const struct edit *edit, const struct node *child, const struct edit *to,
		    const struct node *place)
{
	CLEANUP_SECRET struct secret *value = NULL;
	struct save save = {.tree = to->tree, .node = place, .uid = to->caller->uid};
	uint64_t version = 0;
	int r = credential_content(edit->tree, child, &value, &version);

	if (r < 0)
		return r;
	save.bytes = secret_view(value);
	save.size = secret_size(value);
	r = move(edit, child, &save, value);
	if (r == 0)
		tree_access_changed(edit->tree, child->pin);
	return r;
}
