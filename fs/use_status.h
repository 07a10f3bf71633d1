/*
 * use/ORG/PROJECT/.status: why a file that could be expected there is not. One `key: value` a line;
 * the keys are an interface, and each may come several times, or not at all:
 *
 *   conflict: OPENAI_API_KEY: openai/api_key, other/api_key     both set the variable, so that the
 *                                                project has no env and no env.json
 *   absent: db/my.cnf: password cannot be written in it
 *   plain: warehouse: nothing is made for connections of type oracle
 *   hidden: other/env: a file of that name is made              a field that is not shown
 *
 * Files for which fields are not set are not told of. No values. A call of the table of kinds.
 */
#pragma once

#include "fs/use.h"

int use_status_content(struct tree *tree, const struct node *node, struct secret **ret,
		       uint64_t *ret_version);
