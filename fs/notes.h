/*
 * The last refusal of each user on each account, for `.status`: which rule and which field, never
 * bytes, length or position. In memory only, bounded: the oldest gives way. One thread at a time.
 */
#pragma once

#include <sys/types.h>

#include "store/cleanup.h"
#include "store/id.h"

struct note {
	struct record_id account;
	uid_t uid;
	char field[256];
	const char *reason; /* a static sentence */
	char detail[256];   /* what else belongs to it, a field's name; may be empty */
	uint64_t age;
};

struct notes;

int notes_new(struct notes **ret) MUST_CHECK;
struct notes *notes_free(struct notes *notes);
DEFINE_CLEANUP(struct notes, notes_free);

/* Put the note in the place of this user's last one on the account. */
void notes_put(struct notes *notes, struct record_id account, uid_t uid, const char *field,
	       const char *reason, const char *detail);

/* Drop this user's note on the account if it is about this field: the field was saved. */
void notes_clear(struct notes *notes, struct record_id account, uid_t uid, const char *field);

/* The notes of an account: *cursor starts at 0; NULL at the end. */
const struct note *notes_next(const struct notes *notes, struct record_id account, size_t *cursor);
