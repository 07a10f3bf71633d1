#include "fs/credential.h"

#include <string.h>

#include "fs/account.h"
#include "fs/edit.h"
#include "fs/log.h"

enum { VERSIONS_MAX = 2048 };

int credential_content(struct tree *tree, const struct node *node, struct secret **ret,
		       uint64_t *ret_version)
{
	const struct record *field;
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r < 0)
		return r;
	field = org_record(org, node->id);
	if (!field || !field->value_version)
		return -ENOENT;
	*ret_version = field->value_version;
	return org_value(org, field->id, field->value_version, ret, NULL);
}

int credential_size(struct tree *tree, const struct node *node, uint64_t *ret)
{
	const struct record *field;
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r < 0)
		return r;
	field = org_record(org, node->id);
	*ret = field && field->value_version ? field->value_size : 0;
	return 0;
}

uint64_t credential_updated(struct tree *tree, const struct node *node)
{
	const struct record *field = NULL;
	struct org *org = NULL;

	if (tree_org(tree, node, &org) == 0)
		field = org_record(org, node->id);
	return field ? field->updated : tree->started;
}

enum field_rule credential_check(const struct credential_check *check)
{
	const struct provider_field *field = provider_field(check->provider, check->name);
	const struct field_judgement judgement = {
		.field = field,
		.bytes = check->bytes,
		.size = check->size,
		.whole = check->whole,
		.prefix_waived = account_field(check->org, check->account->id, "api_base") != NULL,
	};

	return field ? field_judge(&judgement) : FIELD_OK;
}

/* Everything about the field that a save needs, gathered once. */
struct target {
	struct org *org;
	const struct record *account;
	const struct record *field; /* NULL: new */
	const char *name;
	const struct provider_field *rule;
};

static int target_of(const struct save *save, struct target *ret)
{
	struct target target = {0};
	int r = tree_org(save->tree, save->node, &target.org);

	if (r < 0)
		return r;
	target.account = tree_account(save->tree, target.org, save->node);
	target.name = tree_field_name(save->tree, target.org, save->node);
	target.field = org_record(target.org, save->node->id);
	if (!target.account || !target.name)
		return -ENOENT;
	target.rule = provider_field(tree_provider(save->tree, target.account), target.name);
	if (!target.rule)
		return -EINVAL;
	*ret = target;
	return 0;
}

static void note(const struct save *save, const struct target *target, const char *reason)
{
	const struct node status = {NODE_STATUS, save->node->pin, target->account->id, 0};

	notes_put(save->tree->notes, target->account->id, save->uid, target->name, reason, "");
	tree_invalidate(save->tree, &status);
	log_line(LOG_NOTICE, "refused: inode %llu, uid %u: %s",
		 (unsigned long long)tree_inode(save->tree, save->node), (unsigned)save->uid,
		 reason);
}

int credential_judge(const struct save *save, bool whole)
{
	struct target target;
	enum field_rule rule;
	int r = target_of(save, &target);

	if (r < 0)
		return r;
	rule = credential_check(&(struct credential_check){
		.tree = save->tree,
		.org = target.org,
		.account = target.account,
		.provider = tree_provider(save->tree, target.account),
		.name = target.name,
		.bytes = save->bytes,
		.size = save->size,
		.whole = whole,
	});
	if (rule == FIELD_OK)
		return 0;
	note(save, &target, field_rule_text(rule));
	return -field_rule_errno(rule);
}

bool credential_appendable(const struct save *save)
{
	struct target target;

	if (target_of(save, &target) < 0)
		return false;
	if (save->size == 0)
		return true;
	if (field_type_has_lines(target.rule->type) && memchr(save->bytes, '\n', save->size))
		return true;
	note(save, &target, "appended to a value of one line");
	return false;
}

/* The value that was removed to make room for the one that was refused. */
static int restore(const struct save *save, const struct target *target,
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
	return r;
}

void credential_abandoned(const struct save *save, bool refused)
{
	const struct tombstone *tombstone;
	struct target target;

	if (target_of(save, &target) < 0 || !target.field)
		return;
	tombstone = tombstones_find(&save->tree->tombstones, target.field->id, save->uid,
				    tree_monotonic());
	if (!target.field->value_version && tombstone)
		(void)!restore(save, &target, tombstone);
	else if (target.field->value_version && !refused)
		note(save, &target, "truncated without a value, old value kept");
}

static int is_current(const struct target *target, const uint8_t *bytes, size_t size, bool *ret)
{
	CLEANUP_SECRET struct secret *current = NULL;
	int r;

	*ret = false;
	if (!target->field || !target->field->value_version || target->field->value_size != size)
		return 0;
	r = org_value(target->org, target->field->id, target->field->value_version, &current, NULL);
	if (r == -EBADMSG || r == -ENOENT)
		return 0; /* a damaged value is replaced by any other */
	if (r < 0)
		return r;
	*ret = memcmp(secret_view(current), bytes, size) == 0;
	return 0;
}

/* Earlier values beyond what the configuration keeps are removed with the same change. */
static int prune(struct change *change, const struct org *org, struct record_id field,
		 uint64_t current, size_t keep)
{
	uint64_t versions[VERSIONS_MAX];
	size_t count = org_value_versions(org, field, versions, VERSIONS_MAX);
	int r = 0;

	if (count && versions[count - 1] == current)
		count--;
	for (size_t i = 0; i + keep < count && r == 0; i++)
		r = change_remove_value(change, field, versions[i]);
	return r;
}

/* What becomes of the value that is there, and of those before it: as many as the configuration
 * says stay, and what the same handle published before is no history of its own. */
static int settle_history(struct change *change, const struct tree *tree, const struct org *org,
			  const struct record *field, uint64_t published)
{
	const unsigned keep = tree->settings->history;
	const uint64_t current = field ? field->value_version : 0;
	const bool stays = current && keep && current != published;
	int r = 0;

	if (!field)
		return 0;
	if (current && !stays)
		r = change_remove_value(change, field->id, current);
	return r < 0 ? r : prune(change, org, field->id, current, keep - stays);
}

static int next_field(const struct save *save, const struct target *target, struct record *ret)
{
	int r;

	if (target->field)
		r = record_copy(target->field, ret);
	else
		r = edit_record(RECORD_FIELD, target->account->id, target->name, ret);
	if (r < 0)
		return r;
	ret->id = save->node->id;
	ret->secret = target->rule->secret;
	ret->value_version = ++ret->value_last;
	ret->value_size = save->size;
	ret->updated = tree_now();
	return 0;
}

static int write_value(const struct save *save, const struct target *target)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_SECRET struct secret *value = NULL;
	CLEANUP_RECORD struct record field = {0};
	int r = change_new(&change);

	if (r == 0)
		r = secret_copy(save->tree->pool, save->bytes, save->size, &value);
	if (r == 0)
		r = next_field(save, target, &field);
	if (r == 0)
		r = change_put(change, &field);
	if (r == 0)
		r = change_put_value(change, field.id, field.value_version, value);
	if (r == 0)
		r = settle_history(change, save->tree, target->org, target->field,
				   *save->published);
	if (r == 0)
		r = edit_commit(save->tree, save->node, target->org, change);
	if (r == 0)
		*save->published = field.value_version;
	return r;
}

int credential_commit(const struct save *save)
{
	struct save trimmed = *save;
	struct record_id account;
	struct target target;
	bool same = false;
	int r = credential_judge(save, true);

	if (r == 0)
		r = target_of(save, &target);
	if (r < 0)
		return r;
	account = target.account->id;
	trimmed.size = field_trimmed(target.rule->type, save->bytes, save->size);
	notes_clear(save->tree->notes, account, save->uid, target.name);
	r = is_current(&target, trimmed.bytes, trimmed.size, &same);
	if (r == 0 && !same)
		r = write_value(&trimmed, &target);
	if (r == 0 && !same) {
		pendings_remove(save->tree->pendings, save->node->id);
		tombstones_drop(&save->tree->tombstones, save->node->id);
	}
	tree_account_changed(save->tree, save->node->pin, account, save->node->id);
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
	return r < 0 || !erase ? r : settle_history(change, edit->tree, org, field, 0);
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
}

/* The values that the replaced field had, in order, as history of the one that takes its place. */
static int put_history(struct change *change, const struct target *target, struct record *moved,
		       struct secret **values)
{
	uint64_t versions[VERSIONS_MAX];
	size_t count = 0;
	int r = 0;

	if (target->field)
		count = org_value_versions(target->org, target->field->id, versions, VERSIONS_MAX);
	for (size_t i = 0; i < count && r == 0; i++) {
		r = org_value(target->org, target->field->id, versions[i], &values[i], NULL);
		if (r == 0)
			r = change_put_value(change, moved->id, ++moved->value_last, values[i]);
	}
	return r;
}

static int take_place(struct change *change, const struct target *target, struct record *moved)
{
	free(moved->name);
	moved->name = strdup(target->name);
	moved->parent = target->account->id;
	moved->secret = target->rule->secret;
	moved->updated = tree_now();
	if (!moved->name)
		return -ENOMEM;
	return target->field ? change_remove(change, target->field->id) : 0;
}

/* The field's record itself moves, because the kernel takes its inode along: what it held before
 * goes, what it replaces becomes its history. */
static int put_moved(struct change *change, const struct target *target, const struct record *field,
		     const struct secret *value, struct secret **history)
{
	CLEANUP_RECORD struct record moved = {0};
	uint64_t versions[VERSIONS_MAX];
	const size_t count = org_value_versions(target->org, field->id, versions, VERSIONS_MAX);
	int r = record_copy(field, &moved);

	if (r == 0)
		r = take_place(change, target, &moved);
	if (r == 0 && target->field) {
		for (size_t i = 0; i < count && r == 0; i++)
			r = change_remove_value(change, field->id, versions[i]);
		if (r == 0)
			r = put_history(change, target, &moved, history);
		moved.value_version = ++moved.value_last;
		if (r == 0)
			r = change_put_value(change, field->id, moved.value_version, value);
	}
	return r < 0 ? r : change_put(change, &moved);
}

static int move(const struct edit *edit, const struct node *child, const struct save *save,
		const struct secret *value)
{
	CLEANUP(change_freep) struct change *change = NULL;
	struct secret *history[VERSIONS_MAX] = {NULL};
	struct target target;
	int r = credential_judge(save, true);

	if (r == 0)
		r = target_of(save, &target);
	if (r == 0)
		r = change_new(&change);
	if (r == 0)
		r = put_moved(change, &target, org_record(target.org, child->id), value, history);
	if (r == 0)
		r = edit_commit(edit->tree, edit->directory, target.org, change);
	for (size_t i = 0; i < VERSIONS_MAX; i++)
		secret_free(history[i]);
	return r;
}

int credential_move(const struct edit *edit, const struct node *child, const struct edit *to)
{
	CLEANUP_SECRET struct secret *value = NULL;
	struct node place = {0};
	struct save save = {.tree = to->tree, .node = &place, .uid = to->caller->uid};
	uint64_t version = 0;
	int r = credential_content(edit->tree, child, &value, &version);

	if (r == 0)
		r = account_make_file(to, &place);
	if (r == 0 && place.kind != NODE_FIELD)
		r = -EPERM;
	if (r < 0)
		return r;
	save.bytes = secret_view(value);
	save.size = secret_size(value);
	r = move(edit, child, &save, value);
	pendings_settle(edit->tree->pendings, place.id);
	if (r == 0)
		tree_access_changed(edit->tree, child->pin);
	return r;
}
