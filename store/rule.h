/*
 * Rules about records: which form each kind must have, which of them share a space of names, and
 * what only a manager may change. The same for whoever writes and whoever reads what others wrote.
 * Pure; any thread.
 */
#pragma once

#include "store/record.h"

/* Whether this version knows the kind. */
bool rule_knows(uint32_t kind);

/* Whether an entry that writes or removes a record of this kind needs a manager's signature. */
bool rule_needs_manager(uint32_t kind);

/* Whether a change of `old` into `new` needs a manager's signature though the kind does not: it
 * would show something secret to others than before. */
bool rule_change_needs_manager(const struct record *old, const struct record *new);

/* Whether the record has the id, the relations and the name that its kind asks for. Names,
 * and texts that are names, are held to store/name.h, whoever signed them. */
bool rule_is_sound(const struct record *record);

/* The space in which the names of one parent's children of this kind differ. */
enum record_kind rule_space(enum record_kind kind);
