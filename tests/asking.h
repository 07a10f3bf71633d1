/*
 * An asker for tests: it gives one answer to every question, or none, and counts them.
 */
#pragma once

#include <errno.h>
#include <string.h>

#include "store/asker.h"

struct asking {
	const char *answer; /* NULL: there is nobody */
	unsigned asked[ASK_QUESTIONS];
};

static inline int asking_answer(void *context, enum asker_question question,
				struct secret_pool *pool, struct secret **ret)
{
	struct asking *asking = context;

	asking->asked[question]++;
	return asking->answer ? secret_copy(pool, asking->answer, strlen(asking->answer), ret)
			      : -ENODATA;
}

static inline struct asker asking_asker(struct asking *asking)
{
	return (struct asker){asking_answer, asking};
}
