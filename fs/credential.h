/*
 * The value of a field, as a file: read as one snapshot, judged with the catalogue's rules,
 * committed as one signed change, kept in history when it is replaced. Calls of the table of kinds,
 * and what account.c does with a field as a whole.
 */
#pragma once

#include "conf/field.h"
#include "fs/kind.h"

int credential_content(struct tree *tree, const struct node *node, struct secret **ret,
		       uint64_t *ret_version);
int credential_size(struct tree *tree, const struct node *node, uint64_t *ret);
uint64_t credential_updated(struct tree *tree, const struct node *node);
int credential_judge(const struct save *save, bool whole);
int credential_commit(const struct save *save);
int credential_stage(const struct save *save, struct saving *ret);
int credential_settle(struct saving *saving, int result);
bool credential_appendable(const struct save *save);
void credential_abandoned(const struct save *save, enum abandoned why);

/* The catalogue's rule for one field of an account with these bytes in it: the refusal is noted for
 * `uid` and logged. 0 or -errno. */
struct credential_check {
	struct tree *tree;
	const struct org *org;
	const struct record *account;
	const struct provider *provider; /* not yet the account's, perhaps */
	const char *name;
	const uint8_t *bytes;
	size_t size;
	bool whole;
};
enum field_rule credential_check(const struct credential_check *check);
