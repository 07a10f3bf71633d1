#include "fs/credential.h"

#include <string.h>

#include "fs/credential_edit.h"
#include "fs/edit.h"
#include "fs/history.h"
#include "fs/target.h"

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
		.prefix_waived = tree_field(check->org, check->account->id, "api_base") != NULL,
	};

	return field ? field_judge(&judgement) : FIELD_OK;
}

static int refuse_unwritable(const struct save *save, struct record_id account, const char *name,
			     int error)
{
	target_refuse(save, account, name, "not saved, the store cannot be written",
		      strerror(-error));
	return error;
}

int credential_judge(const struct save *save, bool whole)
{
	struct target target;
	enum field_rule rule;
	int r = target_of(save, &target);
	int unwritable;

	if (r < 0)
		return r;
	/* Whoever commits finds out by itself. */
	unwritable = whole ? 0 : edit_writable(save->tree);
	if (unwritable < 0)
		return refuse_unwritable(save, target.account->id, target.name, unwritable);
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
	target_note(save, &target, field_rule_text(rule));
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
	target_note(save, &target, "appended to a value of one line");
	return false;
}

/* What is removed and made anew at once, as by mv from another file system, is replaced: with
 * nothing in it the new one is refused as any that is empty. To touch(1) what was removed brings
 * nothing back. */
void credential_abandoned(const struct save *save, enum abandoned why)
{
	const struct tombstone *tombstone;
	struct target target;
	bool there;

	if (target_of(save, &target) < 0 || !target.field)
		return;
	tombstone = tombstones_find(&save->tree->tombstones, target.field->id, save->uid,
				    tree_monotonic());
	there = target.field->value_version;
	if (!there && tombstone && why != ABANDONED_TRUNCATED)
		there = credential_restore(save, &target, tombstone) == 0 &&
			target_of(save, &target) == 0;
	if (there && why != ABANDONED_REFUSED)
		target_note(save, &target, "truncated without a value, old value kept");
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

static int put_value(struct saving *saving, const struct target *target)
{
	const struct save *save = &saving->save;
	CLEANUP_RECORD struct record field = {0};
	int r = change_new(&saving->change);

	if (r == 0)
		r = secret_copy(save->tree->pool, save->bytes, save->size, &saving->value);
	if (r == 0)
		r = target_next(save, target, &field);
	if (r == 0)
		r = change_put(saving->change, &field);
	if (r == 0)
		r = change_put_value(saving->change, field.id, field.value_version, saving->value);
	if (r == 0)
		r = history_settle(saving->change, save->tree, target->org, target->field,
				   *save->published);
	saving->version = field.value_version;
	return r;
}

int credential_stage(const struct save *save, struct saving *ret)
{
	struct saving saving = {.save = *save};
	struct target target;
	bool same = false;
	int r = credential_judge(save, true);

	if (r == 0)
		r = target_of(save, &target);
	if (r < 0)
		return r;
	saving.org = target.org;
	saving.account = target.account->id;
	snprintf(saving.name, sizeof saving.name, "%s", target.name);
	saving.save.size = field_trimmed(target.rule->type, save->bytes, save->size);
	r = is_current(&target, saving.save.bytes, saving.save.size, &same);
	if (r == 0 && !same)
		r = put_value(&saving, &target);
	if (r < 0)
		return credential_settle(&saving, r);
	*ret = saving;
	return 0;
}

int credential_settle(struct saving *saving, int result)
{
	const struct save *save = &saving->save;

	/* An editor that is refused writes back what was there: that mends nothing. */
	if (result == 0 && saving->change) {
		*save->published = saving->version;
		notes_clear(save->tree->notes, saving->account, save->uid, saving->name);
		pendings_remove(save->tree->pendings, save->node->id);
		tombstones_drop(&save->tree->tombstones, save->node->id);
	}
	if (result < 0)
		(void)refuse_unwritable(save, saving->account, saving->name, result);
	tree_account_changed(save->tree, save->node->pin, saving->account, save->node->id);
	saving_done(saving);
	return result;
}

int credential_commit(const struct save *save)
{
	struct saving saving;
	int r = credential_stage(save, &saving);

	if (r < 0)
		return r;
	if (saving.change)
		r = edit_commit(save->tree, save->node, saving.org, saving.change);
	return credential_settle(&saving, r);
}
