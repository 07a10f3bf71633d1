/*
 * Following: what other processes and hosts wrote to the store is taken over, and the kernel told
 * of it, as if it had been written here. Under the tree's lock.
 */
#pragma once

#include "fs/kind.h"

/* See whether others have written, and follow them in every organisation that is loaded. Once a
 * second. Trouble is logged once; what was verified last goes on being served. */
void follow_others(struct tree *tree);

/* Follow them in one organisation, which is loaded. 0 when it can be used, perhaps as it was: the
 * caller owns what is told in `ret` (news_done). -ESTALE when it has to be loaded anew. */
int follow_org(struct tree *tree, size_t pin, struct news *ret) MUST_CHECK;

/* Why nothing that comes next in its log can be followed; NULL: it can, as far as is known. */
const char *follow_stuck(const struct tree_org *state, const struct org *org);

/* Whether a change that was judged before the news came is as good as before: they changed nobody's
 * rights, and nothing that it is about. */
bool follow_spares(const struct org *org, const struct news *news, const struct change *change);

/* The content of a node, as its kind gives it, followed first where it is behind. */
int follow_content(struct tree *tree, const struct node *node, struct secret **ret,
		   uint64_t *ret_version) MUST_CHECK;

/* Move the rows of every loaded organisation that this host may sign for towards the newest key, a
 * batch each. Whether there is more to do. */
bool follow_reseal(struct tree *tree);
