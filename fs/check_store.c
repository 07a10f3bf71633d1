/*
 * credfs check --store: looks at every byte of the store that means something, without the
 * shortcuts that a daemon takes, and changes none. A mounted store is looked at as it is at one
 * moment.
 */
#include "fs/check.h"

#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>

#include "fs/command.h"
#include "fs/progress.h"
#include "fs/text.h"
#include "fs/trouble.h"
#include "fs/unlock.h"
#include "store/survey.h"

enum column { COLUMN_ORGANISATION, COLUMN_RECORD, COLUMN_REASON, COLUMNS };

static const char *const headings[] = {
	[COLUMN_ORGANISATION] = "organisation",
	[COLUMN_RECORD] = "record",
	[COLUMN_REASON] = "reason",
};

/* What was found so far. */
struct findings {
	struct progress *progress;
	struct libscols_table *table;
	size_t count;
};

static int put(struct libscols_line *line, enum column column, const char *text)
{
	return scols_line_set_data(line, column, text) < 0 ? -ENOMEM : 0;
}

static int add(void *context, const struct survey_finding *finding)
{
	struct findings *findings = context;
	struct libscols_line *line = scols_table_new_line(findings->table, NULL);
	int r;

	if (!line)
		return -ENOMEM;
	findings->count++;
	r = put(line, COLUMN_ORGANISATION, finding->org);
	if (r == 0)
		r = put(line, COLUMN_RECORD, *finding->record ? finding->record : NULL);
	return r < 0 ? r : put(line, COLUMN_REASON, finding->reason);
}

static bool watch(void *context, uint64_t done, uint64_t total)
{
	const struct findings *findings = context;

	return progress_tell(findings->progress, done, total);
}

/* Whether nothing more of its log can be read by this version. */
static bool is_later(const struct survey_org *org)
{
	return org->error == -EPROTONOSUPPORT;
}

/* What the comparison with this host's marks says; NULL: nothing that were wrong. */
static int describe(const struct survey_org *org, char **ret)
{
	static const char *const reasons[] = {
		[SURVEY_BEHIND] = "its log was put back",
		[SURVEY_BRANCHED] = "its log is another branch",
		[SURVEY_GONE] = "its log is gone",
		[SURVEY_BROKEN] = "its log or its keys do not verify to the end",
	};
	const char *reason = (size_t)org->standing < sizeof reasons / sizeof reasons[0]
				     ? reasons[org->standing]
				     : NULL;

	*ret = NULL;
	if (is_later(org))
		reason = "what follows in its log was written by a later version of credfs";
	if (!reason)
		return 0;
	if (asprintf(ret, "%s: it is at generation %" PRIu64 ", seen here was %" PRIu64, reason,
		     org->found.generation, org->seen.generation) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int add_standings(struct findings *findings, const struct survey *survey)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < survey->count; i++) {
		CLEANUP_FREE char *reason = NULL;
		struct survey_finding finding = {.org = survey->orgs[i].name, .record = ""};

		r = describe(&survey->orgs[i], &reason);
		finding.reason = reason;
		if (r == 0 && reason)
			r = add(findings, &finding);
	}
	return r;
}

static struct libscols_table *new_table(bool json)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		return NULL;
	scols_table_set_name(table, "findings");
	scols_table_enable_json(table, json);
	for (size_t i = 0; i < COLUMNS; i++) {
		if (!scols_table_new_column(table, headings[i], 0, 0)) {
			scols_unref_table(table);
			return NULL;
		}
	}
	return table;
}

static void print_orgs(const struct survey *survey)
{
	static const char *const notes[] = {
		[SURVEY_NEW] = ", not pinned on this host",
		[SURVEY_FOREIGN] = "not for this host's identity",
	};

	for (size_t i = 0; i < survey->count; i++) {
		const struct survey_org *org = &survey->orgs[i];
		const char *note = (size_t)org->standing < sizeof notes / sizeof notes[0]
					   ? notes[org->standing]
					   : NULL;

		printf("%s: ", org->name ? org->name : "?");
		if (org->found.generation && !org->error) {
			printf("%" PRIu64 " entries, the last of ", org->found.generation);
			text_time(stdout, org->found.time);
			printf(", %zu records, %zu values, %zu damaged", org->records, org->values,
			       org->findings - org->later);
			if (org->later)
				printf(", %zu of a later version", org->later);
		}
		printf("%s\n", note ? note : "");
	}
}

static int print(struct findings *findings, const struct survey *survey, bool json)
{
	if (!json)
		print_orgs(survey);
	if (!json && !findings->count)
		return 0;
	return scols_print_table(findings->table) < 0 ? -EIO : 0;
}

/* Which organisations this host knows; that it knows none is a finding. */
static int open_pins(struct findings *findings, const struct settings *settings,
		     const struct recipient *host, struct pins **ret)
{
	const struct survey_finding missing = {
		.record = settings->store_pins,
		.reason = "this host's list of organisations is missing, damaged or another's"};
	int r = pins_open(settings->store_pins, host, ret);

	return r == -ENOENT || r == -EBADMSG ? add(findings, &missing) : r;
}

/* That this program is too old is another matter than damage, if it is all. */
static enum exit_code judge(const struct settings *settings, const struct findings *findings,
			    const struct survey *survey)
{
	size_t later = 0;

	for (size_t i = 0; i < survey->count; i++)
		later += survey->orgs[i].later + is_later(&survey->orgs[i]);
	if (later)
		command_fail(EXIT_STORE_VERSION,
			     "%s: part of it was written by a later version of credfs: use that "
			     "version",
			     settings->store_path);
	if (findings->count > later)
		return EXIT_WRONG;
	return later ? EXIT_STORE_VERSION : EXIT_DONE;
}

static enum exit_code check(const struct settings *settings, const struct unlocked *unlocked,
			    struct findings *findings, bool json)
{
	const struct recipient *recipient = unlocked->identity.host;
	CLEANUP(pins_closep) struct pins *pins = NULL;
	CLEANUP_SURVEY struct survey survey = {0};
	const struct survey_watch watching = {add, watch, findings};
	struct survey_host host = {.pool = unlocked->pool, .host = recipient};
	int r = open_pins(findings, settings, recipient, &pins);

	if (r < 0)
		return trouble_say(TROUBLE_PINS, settings->store_pins, r);
	host.pins = pins;
	r = survey_store(settings->store_path, &host, &watching, &survey);
	if (r == -ECANCELED)
		return command_fail(EXIT_OTHER, "interrupted");
	if (r < 0)
		return trouble_say(TROUBLE_STORE, settings->store_path, r);
	r = add_standings(findings, &survey);
	progress_done(findings->progress);
	if (r == 0)
		r = print(findings, &survey, json);
	if (r < 0 || fflush(stdout) != 0)
		return command_fail(EXIT_OTHER, "cannot print what was found");
	return judge(settings, findings, &survey);
}

enum exit_code check_store(const char *configuration, bool json)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	CLEANUP_UNLOCKED struct unlocked unlocked = {0};
	CLEANUP_PROGRESS struct progress progress;
	struct findings findings = {.progress = &progress};
	enum exit_code code;

	progress_init(&progress, "verifying");
	code = command_settings(configuration, &settings);
	if (code == EXIT_DONE)
		code = unlock(settings, settings->memory, &unlocked);
	if (code != EXIT_DONE)
		return code;
	findings.table = new_table(json);
	if (!findings.table)
		return command_fail(EXIT_OTHER, "out of memory");
	code = check(settings, &unlocked, &findings, json);
	scols_unref_table(findings.table);
	return code;
}
