/*
 * Promises of a catalogue's file: that a provider has a field, which what names the field makes,
 * and which are kept or broken when the file ends. Plain values.
 */
#pragma once

#include "conf/provider.h"

/* "Provider number `provider` has the field `field`", said in `line`. */
struct promise {
	size_t provider;
	char *field;
	unsigned line;
};

struct promises {
	struct promise *list;
	size_t count;
};

void promises_done(struct promises *promises);

/* -ENOMEM. */
int promises_add(struct promises *promises, size_t provider, const char *field,
		 unsigned line) MUST_CHECK;
/* All that needs name; NULL names none. */
int promises_add_needs(struct promises *promises, size_t provider, char ***needs,
		       unsigned line) MUST_CHECK;

/* Whether something has been said of a provider. */
bool promises_have(const struct promises *promises, size_t provider);
