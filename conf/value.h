/*
 * Values of configuration files: each function puts what a text says where the tables of settings
 * and of the catalogue's keys point, replacing (and freeing) what was there. -EINVAL, with
 * conf_error_text() set, for a malformed value, which leaves the target as it was; -ENOMEM.
 */
#pragma once

#include "conf/error.h"
#include "store/cleanup.h"

/* What becomes of a value that was asked for when the audit log cannot be written. */
enum audit_mode {
	AUDIT_REQUIRED,	   /* it is refused; the record is the kernel's before the value leaves */
	AUDIT_SYNC,	   /* the same, and it is the disk's */
	AUDIT_BEST_EFFORT, /* it is given, and counted */
	AUDIT_MODES,
};
const char *audit_mode_name(enum audit_mode mode);

typedef int value_set_fn(void *target, const char *value, struct conf_error *error);

value_set_fn value_set_text;	   /* char *: as it is */
value_set_fn value_set_flag;	   /* bool: yes or no */
value_set_fn value_set_words;	   /* char **: separated by blanks */
value_set_fn value_set_path;	   /* char *: absolute */
value_set_fn value_set_identity;   /* char *: an absolute path, or credential:NAME */
value_set_fn value_set_user;	   /* char *: the name of a user */
value_set_fn value_set_principals; /* struct principals: separated by commas or blanks */
value_set_fn value_set_history;	   /* unsigned: 0 to 1000 */
value_set_fn value_set_count;	   /* unsigned: 1 to 1000000 */
value_set_fn value_set_size;	   /* uint64_t: bytes, or with K, M, G; at least 4K */
value_set_fn value_set_memory;	   /* uint64_t: bytes, or with K, M, G; at least 4M */
value_set_fn value_set_audit;	   /* enum audit_mode: required, sync or best-effort */
