/*
 * Needs: what must be there for something to be complete, as alternatives, each a set of fields:
 * `api_key | user token`. A NULL-terminated array of NULL-terminated arrays of names.
 */
#pragma once

#include "conf/error.h"
#include "store/cleanup.h"

char ***needs_free(char ***needs);
DEFINE_CLEANUP(char **, needs_free);

/* Replace what was there. -EINVAL, with conf_error_text() set, for an alternative without a field;
 * -ENOMEM. */
int needs_set(char ****needs, const char *value, struct conf_error *error) MUST_CHECK;
