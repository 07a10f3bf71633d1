/*
 * Survey: all that an engine holds of each organisation, verified from its first entry to its last
 * row without any shortcut, and held against what this host has seen. It changes nothing. One
 * thread at a time.
 */
#pragma once

#include <stdbool.h>

#include "store/org.h"

enum survey_standing {
	SURVEY_HOLDS,	 /* the log passes through the mark, or a manager abandoned that */
	SURVEY_BEHIND,	 /* it ends before the mark */
	SURVEY_BRANCHED, /* it does not pass through the mark */
	SURVEY_GONE,	 /* it is pinned, and there is no log */
	SURVEY_NEW,	 /* it is not pinned here */
	SURVEY_FOREIGN,	 /* nor is this host one of its recipients */
	SURVEY_BROKEN,	 /* it cannot be read: `error` */
};

struct survey_org {
	char *name; /* as it is pinned; else as it calls itself, or NULL */
	struct digest fingerprint;
	enum survey_standing standing;
	int error;
	enum capability can; /* this host */
	struct mark seen;    /* by this host; generation 0: not at all */
	struct mark found;   /* the newest entry there is; generation 0: none that is verified */
	size_t records, values;
	size_t findings; /* that were told of it */
	size_t later;	 /* of these: rows that only a later version can read */
};

struct survey {
	struct survey_org *orgs; /* those that are pinned first, in their order */
	size_t count;
};

/* What is wrong with one thing. All strings are borrowed. */
struct survey_finding {
	const char *org;    /* its name; NULL if it is not known */
	const char *record; /* path or id; "" for the organisation as a whole */
	const char *reason;
};

/* `finding` is told what is wrong, and `watch` how far it is, in rows of the organisation; false
 * ends the survey. Either may be NULL. */
struct survey_watch {
	int (*finding)(void *context, const struct survey_finding *finding);
	bool (*watch)(void *context, uint64_t done, uint64_t total);
	void *context;
};

/* Who looks at what. */
struct survey_view {
	struct engine *engine;
	struct secret_pool *pool;
	const struct recipient *host;
};

/* `pins` is what this host has pinned and seen. The caller owns `ret` (survey_done). -ECANCELED
 * when `watch` said so; -ENOMEM; what `finding` returned; other errors of the engine. */
int survey_make(const struct survey_view *view, const struct pin *pins, size_t count,
		const struct survey_watch *watch, struct survey *ret) MUST_CHECK;
/* The same of the store at `path`, as it is at one moment, also while a daemon has it open; and
 * whether the database itself is whole (a finding without an organisation). Errors as
 * sqlite_look(), which are about the file, and as above. */
struct survey_host {
	struct secret_pool *pool;
	const struct recipient *host;
	const struct pins *pins; /* read before; NULL: this host knows none */
};
int survey_store(const char *path, const struct survey_host *host, const struct survey_watch *watch,
		 struct survey *ret) MUST_CHECK;
/* Call it otherwise if one of the list has its name: two may call themselves by one, which only one
 * can have here. -ENOMEM. */
int survey_name_apart(struct survey_org *org, const struct pin *list, size_t count) MUST_CHECK;

void survey_done(struct survey *survey);
#define CLEANUP_SURVEY CLEANUP(survey_done)
