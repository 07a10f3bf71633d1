/*
 * The target of a save: everything about a field that judging and committing it need, gathered
 * once. Borrowed from the organisation, until its next commit.
 */
#pragma once

#include "fs/kind.h"

struct target {
	struct org *org;
	const struct record *account;
	const struct record *field; /* NULL: new */
	const char *name;
	const struct provider_field *rule;
};

/* -ENOENT when the account is gone; -EINVAL when its provider does not know the field. */
int target_of(const struct save *save, struct target *ret) MUST_CHECK;

/* The field's record as a save of the save's size will leave it: one version on. */
int target_next(const struct save *save, const struct target *target,
		struct record *ret) MUST_CHECK;

/* Say in .status and in the log why a save was refused. */
void target_note(const struct save *save, const struct target *target, const char *reason);

/* The same for any file of an account; `detail` may be "". */
void target_refuse(const struct save *save, struct record_id account, const char *file,
		   const char *reason, const char *detail);
