/*
 * A step: an entry on its way into a chain, with what it brings, made ready so that taking it
 * cannot fail. Used by chain.c alone. A plain value that owns its parts; one thread at a time.
 */
#pragma once

#include "store/abandoned.h"
#include "store/membership.h"

struct step {
	struct entry entry;
	struct digest digest;
	struct membership membership; /* that holds after it, of a membership entry */
	struct abandoned *abandoned;  /* by it, of a recover entry */
};

void step_done(struct step *step);
#define CLEANUP_STEP CLEANUP(step_done)

/* Whether entries of this type say who the members are from then on. */
bool step_is_membership(const struct step *step);

/* Make ready what the entry brings. Errors of membership_of(). */
int step_prepare(struct step *step) MUST_CHECK;

/* The step of a coded entry; the caller owns `ret`. Errors of entry_decode() and the above. */
int step_read(const uint8_t *bytes, size_t size, struct step *ret) MUST_CHECK;
