/*
 * An asker: what knows somebody who can answer when the host's identity does not open by itself. A
 * plain value. The answer is the secret alone, without the newline that ended it.
 */
#pragma once

#include "store/secret.h"

enum asker_question { ASK_PASSPHRASE, ASK_PHRASE, ASK_QUESTIONS };

struct asker {
	/* -ENODATA: there is nobody, or no answer; -ECANCELED; other -errno. The caller owns `ret`.
	 */
	int (*ask)(void *context, enum asker_question question, struct secret_pool *pool,
		   struct secret **ret);
	void *context;
};
