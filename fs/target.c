#include "fs/target.h"

#include "fs/edit.h"
#include "fs/log.h"

int target_of(const struct save *save, struct target *ret)
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

int target_next(const struct save *save, const struct target *target, struct record *ret)
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

void target_refuse(const struct save *save, struct record_id account, const char *file,
		   const char *reason, const char *detail)
{
	const struct node status = {NODE_STATUS, save->node->pin, account, 0};

	notes_put(save->tree->notes, account, save->uid, file, reason, detail);
	tree_invalidate(save->tree, &status);
	log_line(LOG_NOTICE, "refused: inode %llu, uid %u: %s",
		 (unsigned long long)tree_inode(save->tree, save->node), (unsigned)save->uid,
		 reason);
}

void target_note(const struct save *save, const struct target *target, const char *reason)
{
	target_refuse(save, target->account->id, target->name, reason, "");
}
