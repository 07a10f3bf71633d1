#include "store/rule.h"

#include <string.h>

enum relation {
	NEVER, /* zero */
	MAYBE,
	ALWAYS,
};

static const struct {
	bool known;
	bool manager;
	enum relation id, parent, target;
	enum record_kind space;
} rules[RECORD_KINDS] = {
	[RECORD_ORG] = {true, true, NEVER, NEVER, NEVER, RECORD_ORG},
	[RECORD_ROLE] = {true, true, ALWAYS, MAYBE, NEVER, RECORD_ROLE},
	[RECORD_PROJECT] = {true, true, ALWAYS, NEVER, NEVER, RECORD_PROJECT},
	[RECORD_INHERIT] = {true, true, ALWAYS, ALWAYS, ALWAYS, RECORD_ACCOUNT},
	[RECORD_ACCOUNT] = {true, false, ALWAYS, MAYBE, NEVER, RECORD_ACCOUNT},
	[RECORD_FIELD] = {true, false, ALWAYS, ALWAYS, NEVER, RECORD_FIELD},
};

bool rule_knows(uint32_t kind)
{
	return kind < RECORD_KINDS && rules[kind].known;
}

bool rule_needs_manager(uint32_t kind)
{
	return !rule_knows(kind) || rules[kind].manager;
}

bool rule_change_needs_manager(const struct record *old, const struct record *new)
{
	return old->kind != new->kind || !record_id_equal(old->parent, new->parent) ||
	       !record_id_equal(old->target, new->target) || old->secret != new->secret;
}

enum record_kind rule_space(enum record_kind kind)
{
	return rules[kind].space;
}

static bool name_is_listable(const char *name)
{
	return name && *name && !strchr(name, '/') && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static bool relation_fits(enum relation relation, struct record_id id)
{
	return relation == MAYBE || (relation == NEVER) == record_id_is_zero(id);
}

bool rule_is_sound(const struct record *record)
{
	return rule_knows(record->kind) && relation_fits(rules[record->kind].id, record->id) &&
	       relation_fits(rules[record->kind].parent, record->parent) &&
	       relation_fits(rules[record->kind].target, record->target) &&
	       (record_id_is_zero(record->id) || !record_id_equal(record->id, record->parent)) &&
	       !(record_id_equal(record->id, record->target) && !record_id_is_zero(record->id)) &&
	       name_is_listable(record->name);
}
