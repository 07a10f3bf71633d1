#include "store/survey.h"

#include <stdio.h>
#include <string.h>

#include "store/replay.h"
#include "store/sqlite.h"
#include "store/verify.h"

void survey_done(struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++)
		free(survey->orgs[i].name);
	free(survey->orgs);
	*survey = (struct survey){0};
}

/* One organisation that is being looked at. */
struct visit {
	const struct survey_view *view;
	const struct survey_watch *watch;
	struct survey_org *org;
};

static int tell(void *context, const char *record, const char *reason)
{
	const struct visit *visit = context;
	const struct survey_finding finding = {visit->org->name, record, reason};

	visit->org->findings++;
	return visit->watch->finding ? visit->watch->finding(visit->watch->context, &finding) : 0;
}

static bool watch(void *context, uint64_t done, uint64_t total)
{
	const struct visit *visit = context;

	return !visit->watch->watch || visit->watch->watch(visit->watch->context, done, total);
}

/* The log was verified as a whole, so that looking at it with the mark takes the shortcut if there
 * is one. */
static int hold_against_mark(struct visit *visit)
{
	static const struct {
		int error;
		enum survey_standing standing;
	} standings[] = {{-ESTALE, SURVEY_BEHIND}, {-ENOTUNIQ, SURVEY_BRANCHED}};
	const struct survey_view *view = visit->view;
	struct survey_org *org = visit->org;
	const struct pin pin = {.fingerprint = org->fingerprint, .mark = org->seen};
	CLEANUP(org_freep) struct org *again = NULL;
	int r;

	if (!org->seen.generation)
		return 0;
	r = org_load_pinned(view->engine, view->pool, view->host, &pin, &again);
	for (size_t i = 0; i < sizeof(standings) / sizeof(*standings); i++) {
		if (r == standings[i].error) {
			org->standing = standings[i].standing;
			return 0;
		}
	}
	return r;
}

static int look_into(struct visit *visit, const struct org *loaded)
{
	struct verify verify = {.finding = tell, .watch = watch, .context = visit};
	const struct record *self = org_record(loaded, (struct record_id){{0}});
	struct survey_org *org = visit->org;
	int r;

	org->found = org_mark(loaded);
	org->can = org_capability(loaded);
	if (self && (!org->name || *org->name == '.')) {
		/* It is not pinned, or was ended and lives again. */
		free(org->name);
		org->name = strdup(self->name);
		if (!org->name)
			return -ENOMEM;
	}
	r = hold_against_mark(visit);
	if (r == 0)
		r = verify_org(loaded, &verify);
	org->records = verify.records;
	org->values = verify.values;
	org->later = verify.later;
	return r;
}

/* How far the log of an organisation verifies that cannot be loaded. */
static int measure(struct visit *visit)
{
	static const struct mark none;
	CLEANUP(chain_freep) struct chain *chain = NULL;
	int r = chain_new(&visit->org->fingerprint, &chain);

	if (r == 0)
		r = replay_log(visit->view->engine, chain, &none);
	if (r == -ENOMEM || !chain)
		return r;
	visit->org->found =
		(struct mark){chain_generation(chain), *chain_head(chain), chain_time(chain)};
	return 0;
}

/* An organisation that cannot be loaded says so itself; the survey goes on. */
static int visit_org(struct visit *visit)
{
	const struct survey_view *view = visit->view;
	CLEANUP(org_freep) struct org *loaded = NULL;
	struct survey_org *org = visit->org;
	bool pinned = org->standing != SURVEY_NEW;
	int r;

	r = org_load(view->engine, view->pool, view->host, &org->fingerprint, &loaded);
	if (r == -ENOMEM)
		return r;
	if (r == 0)
		return look_into(visit, loaded);
	org->error = r;
	if (r == -ENOENT)
		org->standing = SURVEY_GONE;
	else
		org->standing = r == -EKEYREJECTED && !pinned ? SURVEY_FOREIGN : SURVEY_BROKEN;
	return org->standing == SURVEY_GONE ? 0 : measure(visit);
}

static struct survey_org *add(struct survey *survey)
{
	struct survey_org *orgs =
		reallocarray(survey->orgs, survey->count + 1, sizeof(*survey->orgs));

	if (!orgs)
		return NULL;
	survey->orgs = orgs;
	orgs[survey->count] = (struct survey_org){0};
	return &orgs[survey->count++];
}

static int add_pins(struct survey *survey, const struct pin *pins, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct survey_org *org = add(survey);

		if (!org)
			return -ENOMEM;
		org->fingerprint = pins[i].fingerprint;
		org->seen = pins[i].mark;
		org->name = strdup(pins[i].name);
		if (!org->name)
			return -ENOMEM;
	}
	return 0;
}

struct ids {
	struct org_id *list;
	size_t count;
};

static int add_id(void *context, struct org_id id)
{
	struct ids *ids = context;
	struct org_id *list = reallocarray(ids->list, ids->count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	ids->list = list;
	list[ids->count++] = id;
	return 0;
}

static bool has(const struct survey *survey, struct org_id id)
{
	for (size_t i = 0; i < survey->count; i++) {
		if (org_id_equal(org_id_of(&survey->orgs[i].fingerprint), id))
			return true;
	}
	return false;
}

static int take_fingerprint(void *context, const struct engine_entry *entry)
{
	*(struct digest *)context = entry_digest(entry->bytes, entry->size);
	return 0;
}

static int add_unpinned(struct survey *survey, struct engine *engine, struct org_id id)
{
	struct digest fingerprint = {{0}};
	struct survey_org *org;
	int r;

	if (has(survey, id))
		return 0;
	r = engine->ops->fetch(engine, id, 0, 1, take_fingerprint, &fingerprint);
	/* What is listed without being its own organisation's log cannot be one. */
	if (r < 0 || !org_id_equal(org_id_of(&fingerprint), id))
		return r == -ENOMEM ? r : 0;
	org = add(survey);
	if (!org)
		return -ENOMEM;
	org->fingerprint = fingerprint;
	org->standing = SURVEY_NEW;
	return 0;
}

static int add_others(struct survey *survey, struct engine *engine)
{
	struct ids ids = {0};
	int r = engine->ops->orgs(engine, add_id, &ids);

	for (size_t i = 0; r == 0 && i < ids.count; i++)
		r = add_unpinned(survey, engine, ids.list[i]);
	free(ids.list);
	/* A list that cannot be read through is no reason to leave out those that are pinned. */
	return r == -EBADMSG || r == -EIO ? 0 : r;
}

int survey_make(const struct survey_view *view, const struct pin *pins, size_t count,
		const struct survey_watch *watching, struct survey *ret)
{
	CLEANUP_SURVEY struct survey survey = {0};
	int r;

	r = add_pins(&survey, pins, count);
	if (r == 0)
		r = add_others(&survey, view->engine);
	for (size_t i = 0; r == 0 && i < survey.count; i++) {
		struct visit visit = {view, watching, &survey.orgs[i]};

		r = visit_org(&visit);
	}
	if (r < 0)
		return r;
	*ret = survey;
	survey = (struct survey){0};
	return 0;
}

static int tell_of_database(void *context, const char *text)
{
	const struct survey_watch *watching = context;
	const struct survey_finding finding = {.record = "", .reason = text};

	return watching->finding ? watching->finding(watching->context, &finding) : 0;
}

int survey_store(const char *path, const struct survey_host *host,
		 const struct survey_watch *watching, struct survey *ret)
{
	CLEANUP(engine_closep) struct engine *engine = NULL;
	CLEANUP_FREE struct pin *list = NULL;
	struct survey_view view = {.pool = host->pool, .host = host->host};
	struct survey_watch told = *watching;
	size_t count = host->pins ? pins_count(host->pins) : 0;
	int r;

	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		list[i] = *pins_get(host->pins, i);
	r = sqlite_look(path, &engine);
	if (r < 0)
		return r;
	view.engine = engine;
	r = engine->ops->examine(engine, tell_of_database, &told);
	/* What cannot even be looked through is told, and no reason not to look at the rest. */
	if (r == -EBADMSG || r == -EIO)
		r = tell_of_database(&told, "the database cannot be read through");
	return r < 0 ? r : survey_make(&view, list, count, watching, ret);
}

static bool is_named(const struct pin *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, name) == 0)
			return true;
	}
	return false;
}

int survey_name_apart(struct survey_org *org, const struct pin *list, size_t count)
{
	const uint8_t *id = org->fingerprint.bytes;
	char *name;

	if (!is_named(list, count, org->name))
		return 0;
	if (asprintf(&name, "%.200s (%02x%02x%02x%02x)", org->name, id[0], id[1], id[2], id[3]) < 0)
		return -ENOMEM;
	free(org->name);
	org->name = name;
	return 0;
}
