/*
 * Which segments of the audit log lie in a directory: the numbers of their first records, in order.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

struct audit_numbers {
	uint64_t *list;
	size_t count;
};

void audit_numbers_done(struct audit_numbers *numbers);
#define CLEANUP_AUDIT_NUMBERS CLEANUP(audit_numbers_done)

/* -ENOMEM; -errno of the directory. */
int audit_numbers_list(int directory, struct audit_numbers *ret) MUST_CHECK;
