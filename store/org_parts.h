/*
 * What an organisation in memory is made of, for the files that org.h's calls are in and no other.
 */
#pragma once

#include "store/chain.h"
#include "store/index.h"
#include "store/keyring.h"
#include "store/opener.h"
#include "store/org.h"

struct org {
	struct engine *engine;
	struct secret_pool *pool;
	const struct recipient *host;
	struct digest fingerprint;
	struct chain *chain;
	struct index *index;
	struct keyring *keyring;
	size_t damaged;
	bool unclean; /* the index is not what the log says */
	bool ended;   /* in the generation that it was judged in */
	uint64_t judged;
};

/* What opens its rows; borrows from it. */
struct opener org_opener(const struct org *org);
