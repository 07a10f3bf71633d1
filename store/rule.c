#include "store/rule.h"

#include "store/name.h"

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
	bool text_is_name;
} rules[RECORD_KINDS] = {
	[RECORD_ORG] = {true, true, NEVER, NEVER, NEVER, RECORD_ORG, false},
	[RECORD_ROLE] = {true, true, ALWAYS, MAYBE, NEVER, RECORD_ROLE, false},
	[RECORD_PROJECT] = {true, true, ALWAYS, NEVER, NEVER, RECORD_PROJECT, false},
	[RECORD_INHERIT] = {true, true, ALWAYS, ALWAYS, ALWAYS, RECORD_ACCOUNT, true},
	[RECORD_ACCOUNT] = {true, false, ALWAYS, MAYBE, NEVER, RECORD_ACCOUNT, true},
	[RECORD_FIELD] = {true, false, ALWAYS, ALWAYS, NEVER, RECORD_FIELD, false},
	/* Renamed, it would be somebody else's. */
	[RECORD_USER] = {true, true, ALWAYS, NEVER, NEVER, RECORD_USER, false},
	[RECORD_CONNECTION] = {true, false, ALWAYS, NEVER, NEVER, RECORD_CONNECTION, false},
	[RECORD_ASSOCIATION] = {true, true, ALWAYS, ALWAYS, ALWAYS, RECORD_ASSOCIATION, true},
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

/* What is shown in a line of .info, or as a link's target. */
static bool text_fits(const struct record *record)
{
	return !rules[record->kind].text_is_name || !record->text || !*record->text ||
	       name_is_valid(record->text);
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
	       record->name && name_is_valid(record->name) && text_fits(record);
}
