/*
 * What has a name but is not there yet: fields that are being created and hold no value so far, and
 * links under the temporary name that `ln -sfn` renames from. In memory only; a pending field is
 * invisible to everybody, a pending link to all but its maker, and neither grants anything. One
 * thread at a time.
 */
#pragma once

#include <sys/types.h>

#include "store/cleanup.h"
#include "store/id.h"

struct pending {
	size_t pin;
	struct record_id id;	 /* of the record it may become */
	struct record_id parent; /* account of a field, project of a link */
	struct record_id target; /* account of a link; zero: this is a field */
	char *name;
	uid_t maker;
	unsigned users; /* open handles on a field */
	uint64_t made;	/* ns, monotonic */
};

struct pendings;

int pendings_new(struct pendings **ret) MUST_CHECK;
struct pendings *pendings_free(struct pendings *pendings);
DEFINE_CLEANUP(struct pendings, pendings_free);

/* By name, and by id; NULL. Borrowed until the next change. */
struct pending *pendings_find(struct pendings *pendings, struct record_id parent, const char *name);
struct pending *pendings_get(struct pendings *pendings, struct record_id id);

/* Add a copy of `model`, name included; links expire after ten minutes. -ENOSPC when there are too
 * many of one maker, -ENOMEM. */
int pendings_add(struct pendings *pendings, const struct pending *model,
		 struct pending **ret) MUST_CHECK;

void pendings_remove(struct pendings *pendings, struct record_id id);

/* Rises with each that is added or removed. */
uint64_t pendings_changes(const struct pendings *pendings);

void pendings_each(const struct pendings *pendings,
		   void (*each)(void *context, const struct pending *pending), void *context);

/* Back to none; and one from before: as it was, but without users. -ENOMEM. */
void pendings_clear(struct pendings *pendings);
int pendings_restore(struct pendings *pendings, const struct pending *model) MUST_CHECK;
/* And when all is done, and the handles are open again: fields that none is left to fill are
 * dropped. */
void pendings_settle_all(struct pendings *pendings);

/* Drop a field that no open handle is left to fill; nothing happens to any other. */
void pendings_settle(struct pendings *pendings, struct record_id id);
