/*
 * Access control lists in the form that the kernel reads (system.posix_acl_access, version 2).
 * The kernel enforces them; it trusts the daemon to hand it canonical ones: sorted, one entry a
 * user and group, with a mask, and a file mode whose group bits equal the mask. With another mode
 * it passes over the list, and an unknown tag lets everybody in. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/cleanup.h"

/* What the kernel's 4096-byte buffer holds, less the four entries that name nobody. */
enum { ACL_NAMED_MAX = 507 };

struct acl_entry {
	bool group;
	id_t id;
	unsigned bits; /* rwx: 4, 2, 1 */
};

struct acl {
	mode_t mode;	/* permission bits that belong to the list */
	uint8_t *bytes; /* NULL when the mode says it all */
	size_t size;
};

void acl_done(struct acl *acl);

/* Build from entries in any order; entries for one user or group are merged, those without bits
 * dropped. -E2BIG for more than ACL_NAMED_MAX; -ENOMEM. The caller owns `ret`. */
int acl_build(unsigned owner_bits, unsigned other_bits, const struct acl_entry *entries,
	      size_t count, struct acl *ret) MUST_CHECK;
