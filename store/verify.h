/*
 * Verification of one organisation's rows: each that the log speaks of must be there, be what the
 * log says, open and be sound, and be the one of its name; the keys must be sealed to all
 * recipients; and there must be no row that the log does not speak of. Used by survey.c. One thread
 * at a time.
 */
#pragma once

#include <stdbool.h>

#include "store/org.h"

struct verify {
	/* Told of each thing that is wrong, by path or id; "" is the organisation as a whole. */
	int (*finding)(void *context, const char *record, const char *reason);
	bool (*watch)(void *context, uint64_t done, uint64_t total);
	void *context;
	size_t records, values; /* counted */
	size_t later;		/* findings that are nothing but of a later version */
};

/* -ECANCELED when watch() said so; what finding() returned; -ENOMEM; errors of the engine. */
int verify_org(const struct org *org, struct verify *verify) MUST_CHECK;
