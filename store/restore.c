/*
 * What this host has seen of an organisation is its mark, or more, if the present store can still
 * be read and has gone on behind the mark. A backup is copied beside the store before it is looked
 * at, so that what was verified is what takes the store's place.
 */
#include "store/restore.h"

#include <string.h>
#include <time.h>

#include "store/durable.h"
#include "store/exchange.h"
#include "store/outline.h"
#include "store/recover.h"
#include "store/sqlite.h"

enum { KEPT_MAX = 100 }; /* former stores of one second */

struct restore {
	const struct restore_place *place;
	struct survey_view view; /* of the database that is to be the store */
	struct engine *present;	 /* NULL: it is that one, or cannot be read */
	char *copy;		 /* of the backup; NULL without one */
	struct pins *pins;
	int pins_error;
	struct pin *seen; /* by this host, of each that is pinned; names are the pins' */
	struct survey survey;
	struct restore_loss *losses; /* of the survey's at the same index */
};

struct restore *restore_close(struct restore *restore)
{
	if (!restore)
		return NULL;
	engine_close(restore->present);
	engine_close(restore->view.engine);
	if (restore->copy)
		sqlite_remove(restore->copy);
	free(restore->copy);
	pins_close(restore->pins);
	free(restore->seen);
	survey_done(&restore->survey);
	free(restore->losses);
	free(restore);
	return NULL;
}

/* Copy a file of a backup, if it is there; `needed` says that it must be. */
static int copy_file(const char *from, const char *to, const char *suffix, bool needed)
{
	CLEANUP_FREE char *source = NULL;
	CLEANUP_FREE char *target = NULL;
	int r;

	if (asprintf(&source, "%s%s", from, suffix) < 0) {
		source = NULL;
		return -ENOMEM;
	}
	if (asprintf(&target, "%s%s", to, suffix) < 0) {
		target = NULL;
		return -ENOMEM;
	}
	r = durable_copy(source, target);
	return r == -ENOENT && !needed ? 0 : r;
}

/* Beside the store; what a restore that was killed has left there is nobody's. */
static int copy_backup(struct restore *restore)
{
	const struct restore_place *place = restore->place;
	int r;

	if (asprintf(&restore->copy, "%s.restoring", place->store) < 0) {
		restore->copy = NULL;
		return -ENOMEM;
	}
	sqlite_remove(restore->copy);
	r = copy_file(place->file, restore->copy, "", true);
	return r < 0 ? r : copy_file(place->file, restore->copy, "-wal", false);
}

/* A present store that cannot be read is what a backup is for. */
static int open_databases(struct restore *restore, const char **ret_path)
{
	const struct restore_place *place = restore->place;
	int r;

	*ret_path = place->store;
	if (!place->file)
		return sqlite_open(place->store, &restore->view.engine);
	r = exchange_check(place->store);
	if (r == 0)
		r = sqlite_open(place->store, &restore->present);
	if (r == -EBUSY || r == -ENOMEM)
		return r;
	*ret_path = place->file;
	r = copy_backup(restore);
	return r < 0 ? r : sqlite_open(restore->copy, &restore->view.engine);
}

static int open_pins(struct restore *restore)
{
	const char *path = restore->place->pins;
	int r;

	r = pins_open(path, restore->view.host, &restore->pins);
	restore->pins_error = r == -ENOENT || r == -EBADMSG ? r : 0;
	return restore->pins_error ? pins_new(path, restore->view.host, &restore->pins) : r;
}

/* The present store, if it holds against the mark, may have gone on behind it. */
static void look_at_present(struct restore *restore, struct pin *pin)
{
	const struct survey_view *view = &restore->view;
	CLEANUP(org_freep) struct org *org = NULL;

	if (restore->present &&
	    org_load_pinned(restore->present, view->pool, view->host, pin, &org) == 0)
		pin->mark = org_mark(org);
}

static int gather_seen(struct restore *restore)
{
	size_t count = pins_count(restore->pins);

	restore->seen = calloc(count + 1, sizeof(*restore->seen));
	if (!restore->seen)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		restore->seen[i] = *pins_get(restore->pins, i);
		look_at_present(restore, &restore->seen[i]);
	}
	return 0;
}

static bool is_put_back(const struct survey_org *org)
{
	return org->standing == SURVEY_BEHIND || org->standing == SURVEY_BRANCHED;
}

/* What the present store tells of what would be lost. */
static int count_loss(struct restore *restore, const struct survey_org *org,
		      struct restore_loss *loss)
{
	CLEANUP_OUTLINE struct outline present = {0};
	CLEANUP_OUTLINE struct outline future = {0};
	struct org_id id = org_id_of(&org->fingerprint);
	uint64_t common;
	int r;

	r = outline_make(restore->present, id, &present);
	if (r == 0)
		r = outline_make(restore->view.engine, id, &future);
	common = outline_common(&present, &future);
	if (r < 0 || present.count != loss->until || common >= loss->until)
		return r == -ENOMEM ? r : 0;
	loss->since = common + 1;
	loss->changes = loss->until - common;
	loss->first = present.entries[common].time;
	loss->counted = true;
	return 0;
}

static int gather_losses(struct restore *restore)
{
	const struct survey *survey = &restore->survey;
	int r = 0;

	restore->losses = calloc(survey->count + 1, sizeof(*restore->losses));
	if (!restore->losses)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < survey->count; i++) {
		const struct survey_org *org = &survey->orgs[i];
		struct restore_loss *loss = &restore->losses[i];

		if (!is_put_back(org) && org->standing != SURVEY_GONE)
			continue;
		loss->until = org->seen.generation;
		loss->last = org->seen.time;
		loss->since = org->standing == SURVEY_BEHIND ? org->found.generation + 1 : 0;
		if (restore->present)
			r = count_loss(restore, org, loss);
	}
	return r;
}

/* One that opens nothing at all is another host's. */
static int check_identity(const struct restore *restore)
{
	const struct survey *survey = &restore->survey;
	size_t closed = 0, there = 0;

	for (size_t i = 0; i < survey->count; i++) {
		if (survey->orgs[i].standing == SURVEY_GONE)
			continue;
		there++;
		closed += survey->orgs[i].error == -EKEYREJECTED;
	}
	return there && closed == there ? -EKEYREJECTED : 0;
}

int restore_open(const struct restore_place *place, struct secret_pool *pool,
		 const struct identity *identity, const struct survey_watch *watch,
		 struct restore **ret, const char **ret_path)
{
	CLEANUP(restore_closep) struct restore *restore = calloc(1, sizeof(*restore));
	int r;

	if (!restore)
		return -ENOMEM;
	restore->place = place;
	restore->view.pool = pool;
	restore->view.host = identity->host;
	r = open_databases(restore, ret_path);
	if (r < 0)
		return r;
	*ret_path = place->pins;
	r = open_pins(restore);
	if (r < 0)
		return r;
	*ret_path = NULL;
	r = gather_seen(restore);
	if (r == 0)
		r = survey_make(&restore->view, restore->seen, pins_count(restore->pins), watch,
				&restore->survey);
	if (r == 0)
		r = check_identity(restore);
	if (r == 0)
		r = gather_losses(restore);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(restore);
	return 0;
}

const struct survey *restore_survey(const struct restore *restore)
{
	return &restore->survey;
}

const struct restore_loss *restore_loss(const struct restore *restore, size_t index)
{
	return &restore->losses[index];
}

int restore_pins_error(const struct restore *restore)
{
	return restore->pins_error;
}

bool restore_is_needed(const struct restore *restore)
{
	if (restore->place->file || restore->pins_error)
		return true;
	for (size_t i = 0; i < restore->survey.count; i++) {
		const struct survey_org *org = &restore->survey.orgs[i];

		if (is_put_back(org) || org->standing == SURVEY_GONE || org->standing == SURVEY_NEW)
			return true;
	}
	return false;
}

/* What was seen is abandoned by a signed entry, where this host may sign one; elsewhere the mark
 * stays, and the organisation refused, until a manager has. */
static int recover(struct restore *restore)
{
	for (size_t i = 0; i < restore->survey.count; i++) {
		struct survey_org *org = &restore->survey.orgs[i];
		const struct recover_log log = {restore->view.engine, org->fingerprint, org->found};
		int r;

		if (!is_put_back(org) || org->can < CAN_MANAGE)
			continue;
		r = recover_log(&log, restore->view.host, &org->seen, &org->found);
		if (r < 0)
			return r;
		org->standing = SURVEY_HOLDS;
	}
	return 0;
}

/* Whether the organisation is pinned from now on. */
static bool is_kept(const struct survey_org *org)
{
	return org->standing != SURVEY_GONE && org->standing != SURVEY_FOREIGN &&
	       (org->standing != SURVEY_BROKEN || org->seen.generation) && org->name;
}

static int replace_pins(struct restore *restore)
{
	CLEANUP_FREE struct pin *list = calloc(restore->survey.count + 1, sizeof(*list));
	size_t count = 0;
	int r;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < restore->survey.count; i++) {
		struct survey_org *org = &restore->survey.orgs[i];
		bool holds = org->standing == SURVEY_HOLDS || org->standing == SURVEY_NEW;

		if (!is_kept(org))
			continue;
		r = survey_name_apart(org, list, count);
		if (r < 0)
			return r;
		list[count++] = (struct pin){.fingerprint = org->fingerprint,
					     .mark = holds ? org->found : org->seen,
					     .name = org->name};
	}
	return pins_replace(restore->pins, list, count);
}

static int name_kept(const char *store, char **ret)
{
	time_t now = time(NULL);
	char stamp[32] = "";
	struct tm utc;

	if (gmtime_r(&now, &utc))
		strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
	for (unsigned i = 1; i <= KEPT_MAX; i++) {
		if (asprintf(ret, i > 1 ? "%s.until-%s.%u" : "%s.until-%s", store, stamp, i) < 0) {
			*ret = NULL;
			return -ENOMEM;
		}
		if (access(*ret, F_OK) < 0)
			return 0;
		free(*ret);
		*ret = NULL;
	}
	return -EEXIST;
}

/* Both databases are closed first: whoever exchanges them must be alone with them. */
static int exchange(struct restore *restore, char **ret_kept)
{
	const char *store = restore->place->store;
	CLEANUP_FREE char *kept = NULL;
	int r;

	restore->view.engine = engine_close(restore->view.engine);
	restore->present = engine_close(restore->present);
	r = name_kept(store, &kept);
	if (r == 0)
		r = exchange_put(restore->copy, store, kept);
	if (r == 0 && access(kept, F_OK) == 0)
		*ret_kept = TAKE_PTR(kept);
	return r;
}

int restore_finish(struct restore *restore, char **ret_kept)
{
	int r;

	*ret_kept = NULL;
	r = recover(restore);
	if (r == 0 && restore->place->file)
		r = exchange(restore, ret_kept);
	if (r < 0)
		return r;
	return replace_pins(restore) < 0 ? -ENOTRECOVERABLE : 0;
}
