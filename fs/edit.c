#include "fs/edit.h"

#include <limits.h>
#include <string.h>

#include "conf/field.h"
#include "fs/crash.h"
#include "fs/follow.h"
#include "fs/log.h"

static const uint64_t stopped_ns = UINT64_C(10000000000);
static const uint64_t probe_ns = UINT64_C(1000000000);

int edit_name(const struct edit *edit)
{
	if (strlen(edit->name) > NAME_MAX)
		return -ENAMETOOLONG;
	if (!name_is_valid(edit->name) || edit->name[0] == '.' ||
	    settings_name_is_scratch(edit->tree->settings, edit->name))
		return -EINVAL;
	return 0;
}

int edit_need(const struct edit *edit, unsigned permissions)
{
	return access_edit(edit->tree, edit->directory, edit->caller, permissions);
}

int edit_begin(const struct edit *edit, struct org **ret_org, struct change **ret_change)
{
	struct org *org = NULL;
	int r = tree_org(edit->tree, edit->directory, &org);

	if (r == 0)
		r = change_new(ret_change);
	if (r == 0)
		*ret_org = org;
	return r;
}

static int translated(int error)
{
	switch (error) {
	case 0:
	case -ENOSPC:
	case -ENOMEM:
	case -EFBIG:
		return error;
	case -EACCES: /* what this host may sign, not what the caller may do */
	case -EROFS:
		return -EROFS;
	default:
		return -EIO;
	}
}

/* Trouble that the next commit will meet too, unless somebody mends it meanwhile. */
static bool lasts(int error)
{
	return error == -ENOSPC || error == -EROFS || error == -EIO;
}

int edit_writable(struct tree *tree)
{
	const uint64_t now = tree_monotonic();
	const bool failed = tree->unwritable;

	if (tree->probed && now - tree->probed < probe_ns)
		return tree->unwritable;
	tree->probed = now;
	tree->unwritable = translated(store_probe(tree->store, failed));
	if (tree->unwritable && !failed)
		log_line(LOG_ERR, "the store cannot be written: %s", strerror(-tree->unwritable));
	if (!tree->unwritable && failed)
		log_line(LOG_NOTICE, "the store can be written again");
	return tree->unwritable;
}

/* Another writer was first: follow him, and try once more. */
static int commit_behind(struct tree *tree, size_t pin, struct org *org,
			 const struct change *change, uint64_t time)
{
	CLEANUP_NEWS struct news news = {0};
	int r = follow_org(tree, pin, &news);

	if (r == 0)
		r = follow_spares(org, &news, change) ? org_commit_at(org, change, time) : -ESTALE;
	return r;
}

/* What is in memory is behind the store: it is loaded anew when next touched. */
static void forget(struct tree *tree, size_t pin)
{
	store_org_forget(tree->store, pin);
	tree_access_changed(tree, pin);
}

int edit_commit(struct tree *tree, const struct node *node, struct org *org,
		const struct change *change)
{
	const struct digest fingerprint = *org_fingerprint(org);
	const uint64_t time = tree_now();
	int r;

	tree_intend(tree, node->pin, time);
	r = org_commit_at(org, change, time);
	if (r == -ESTALE)
		r = commit_behind(tree, node->pin, org, change, time);
	crash_at("committed");
	if (r == 0)
		return 0;
	if (lasts(r)) {
		/* Whoever writes next asks the store itself: it may have been for once. */
		tree->unwritable = r;
		tree->probed = 0;
	}
	log_line(LOG_ERR, "organisation %02x%02x%02x%02x: change not written: %s",
		 fingerprint.bytes[0], fingerprint.bytes[1], fingerprint.bytes[2],
		 fingerprint.bytes[3], strerror(-r));
	if (r == -EUCLEAN || r == -ESTALE)
		forget(tree, node->pin);
	return r == -EUCLEAN ? 0 : translated(r);
}

int edit_commit_rights(struct tree *tree, const struct node *node, struct org *org,
		       const struct change *change)
{
	int r = edit_commit(tree, node, org, change);

	if (r == 0)
		tree_access_changed(tree, node->pin);
	return r;
}

int edit_commit_all(struct tree *tree, const struct edit_change *list, size_t count, uint64_t time)
{
	struct org_change changes[ORG_CHANGES_MAX] = {{NULL, NULL, 0}};
	int r;

	if (count > ORG_CHANGES_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++)
		changes[i] = (struct org_change){list[i].org, list[i].change, time};
	r = org_commit_all(changes, count);
	crash_at("committed");
	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct org *org = store_org_loaded(tree->store, list[i].pin);

		if (org && org_is_unclean(org))
			forget(tree, list[i].pin);
	}
	return r;
}

void edit_stop_removing(const struct edit *edit)
{
	struct tree_org *state = tree_org_state(edit->tree, edit->directory->pin);

	edit->tree->org_changes++;
	state->remover = edit->caller->pid;
	state->removed = tree_monotonic();
}

bool edit_is_stopped(const struct edit *edit)
{
	struct tree_org *state = tree_org_state(edit->tree, edit->directory->pin);
	const uint64_t now = tree_monotonic();

	/* Long after its last attempt the number may be another process'. */
	if (!state->remover || state->remover != edit->caller->pid ||
	    now - state->removed > stopped_ns)
		return false;
	edit->tree->org_changes++;
	state->removed = now;
	return true;
}

void edit_tidy(struct tree *tree)
{
	int r = store_tidy(tree->store);

	if (r < 0 && r != -EBUSY)
		log_line(LOG_WARNING, "deleted bytes not yet overwritten: %s", strerror(-r));
}

int edit_record(enum record_kind kind, struct record_id parent, const char *name,
		struct record *ret)
{
	struct record record = {.kind = kind, .parent = parent, .id = record_id_new()};

	record.name = strdup(name);
	if (!record.name)
		return -ENOMEM;
	record.created = tree_now();
	record.updated = record.created;
	*ret = record;
	return 0;
}

int edit_renamed(const struct record *record, const char *name, struct record *ret)
{
	CLEANUP_RECORD struct record renamed = {0};
	int r = record_copy(record, &renamed);

	if (r < 0)
		return r;
	free(renamed.name);
	renamed.name = strdup(name);
	renamed.updated = tree_now();
	if (!renamed.name)
		return -ENOMEM;
	*ret = renamed;
	renamed = (struct record){0};
	return 0;
}

static int touch(struct change *change, const struct org *org, struct record_id id)
{
	CLEANUP_RECORD struct record touched = {0};
	const struct record *record = org_record(org, id);
	int r = record ? record_copy(record, &touched) : -ENOENT;

	if (r < 0)
		return r;
	touched.updated = tree_now();
	return change_put(change, &touched);
}

int edit_commit_links(const struct edit *edit, struct org *org, struct change *change)
{
	int r = touch(change, org, edit->directory->id);

	return r < 0 ? r : edit_commit_rights(edit->tree, edit->directory, org, change);
}

struct record_id edit_ranked_id(struct tree *tree, const struct node *directory,
				enum node_kind kind, enum edit_rank rank)
{
	struct node node = {.kind = kind, .pin = directory->pin};
	unsigned quarter;

	/* A few tries: each rank has a quarter of all numbers, the last one half. */
	do {
		node.id = record_id_new();
		quarter = (unsigned)(tree_inode(tree, &node) >> 62);
	} while (rank == EDIT_FIELD ? quarter < 2 : quarter != (unsigned)rank);
	return node.id;
}
