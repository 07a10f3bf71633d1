/*
 * Refreshing: an organisation that others wrote to follows their entries. What they changed is
 * verified and opened as at loading, but that alone; what came of it is told record by record, as
 * it was before, so that whoever showed it can take it back. Used by org.c alone. One thread at a
 * time.
 */
#pragma once

#include "store/news.h"
#include "store/opener.h"

/* What is refreshed; `opener` borrows the same chain and keyring. */
struct refreshed {
	struct opener opener;
	struct chain *chain;
	struct keyring *keyring;
	const struct recipient *host;
	struct index *index;
};

/* Follow what is newer in the engine than the chain, and fold it into the index. Whatever could be
 * followed is folded, and told in `ret`, which the caller owns in any case: -EBADMSG or
 * -EPROTONOSUPPORT when the next entry is one that cannot be. -EKEYREJECTED when this host is no
 * member any more; that and other errors leave an index that is good for nothing. */
int refresh(const struct refreshed *refreshed, struct news *ret) MUST_CHECK;
