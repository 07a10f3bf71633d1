#include "fs/audit_filter.h"

#include <ctype.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

void audit_parts_done(struct audit_parts *parts)
{
	for (size_t i = 0; i < AUDIT_MEMBERS; i++)
		free(parts->list[i]);
	*parts = (struct audit_parts){0};
}

/* So many seconds; false when it is no such text. */
static bool parse_ago(const char *text, uint64_t *ret)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char *end = NULL;
	uint64_t number;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (*end != units[i].unit || end[1])
			continue;
		return !errno && !__builtin_mul_overflow(number, units[i].seconds, ret);
	}
	return false;
}

static void print_time(time_t time, char ret[AUDIT_TIME_SIZE])
{
	struct tm tm = {0};

	gmtime_r(&time, &tm);
	strftime(ret, AUDIT_TIME_SIZE, "%Y-%m-%dT%H:%M:%S.000000000Z", &tm);
}

int audit_filter_since(const char *text, uint64_t now, char ret[AUDIT_TIME_SIZE])
{
	static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"};
	uint64_t ago;

	if (parse_ago(text, &ago)) {
		const uint64_t seconds = now / 1000000000u;

		print_time((time_t)(ago < seconds ? seconds - ago : 0), ret);
		return 0;
	}
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		struct tm tm = {0};
		const char *end = strptime(text, formats[i], &tm);

		if (end && (!*end || strcmp(end, "Z") == 0)) {
			print_time(timegm(&tm), ret);
			return 0;
		}
	}
	return -EINVAL;
}

/* A string or a number of the line; NULL when it has none of that name. */
static char *text_of(const json_t *line, const char *name)
{
	const json_t *member = json_object_get(line, name);
	char *text = NULL;

	if (json_is_string(member))
		return strdup(json_string_value(member));
	if (json_is_integer(member) &&
	    asprintf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(member)) < 0)
		return NULL;
	return text;
}

static bool is_text(const json_t *line, const char *name, const char *wanted)
{
	CLEANUP_FREE char *text = text_of(line, name);

	return text && strcmp(text, wanted) == 0;
}

static bool matches(const json_t *line, const char *name, const char *pattern)
{
	CLEANUP_FREE char *text = text_of(line, name);

	return text && fnmatch(pattern, text, 0) == 0;
}

static bool passes(const struct audit_filter *filter, const json_t *line)
{
	const char *time = json_string_value(json_object_get(line, "time"));

	if (filter->user && !is_text(line, "user", filter->user) &&
	    !is_text(line, "uid", filter->user))
		return false;
	if (filter->path && !matches(line, "path", filter->path) &&
	    !matches(line, "to", filter->path))
		return false;
	if (filter->operation && !is_text(line, "operation", filter->operation))
		return false;
	if (filter->result && strcmp(filter->result, "refused") == 0) {
		if (is_text(line, "result", "ok"))
			return false;
	} else if (filter->result && !is_text(line, "result", filter->result)) {
		return false;
	}
	return strcmp(time, filter->since) >= 0;
}

static int take_apart(const json_t *line, struct audit_parts *ret)
{
	static const char *const names[] = {
		[AUDIT_MEMBER_TIME] = "time",
		[AUDIT_MEMBER_USER] = "user",
		[AUDIT_MEMBER_PID] = "pid",
		[AUDIT_MEMBER_PROGRAM] = "program",
		[AUDIT_MEMBER_OPERATION] = "operation",
		[AUDIT_MEMBER_PATH] = "path",
		[AUDIT_MEMBER_RESULT] = "result",
		[AUDIT_MEMBER_VERSION] = "version",
	};
	_Static_assert(sizeof names / sizeof names[0] == AUDIT_MEMBERS, "a name for each");
	CLEANUP_AUDIT_PARTS struct audit_parts parts = {0};
	CLEANUP_FREE char *to = text_of(line, "to");
	CLEANUP_FREE char *path = NULL;

	for (size_t i = 0; i < AUDIT_MEMBERS; i++)
		parts.list[i] = text_of(line, names[i]);
	if (!parts.list[AUDIT_MEMBER_USER])
		parts.list[AUDIT_MEMBER_USER] = text_of(line, "uid");
	/* What the daemon says of itself has a count in place of a path. */
	if (!parts.list[AUDIT_MEMBER_PATH])
		parts.list[AUDIT_MEMBER_PATH] = text_of(line, "count");
	if (to) {
		path = TAKE_PTR(parts.list[AUDIT_MEMBER_PATH]);
		if (asprintf(&parts.list[AUDIT_MEMBER_PATH], "%s -> %s", path ? path : "", to) <
		    0) {
			parts.list[AUDIT_MEMBER_PATH] = NULL;
			return -ENOMEM;
		}
	}
	*ret = parts;
	parts = (struct audit_parts){0};
	return 1;
}

int audit_filter_take(const struct audit_filter *filter, const char *line, size_t size,
		      struct audit_parts *ret)
{
	json_auto_t *object = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_string(json_object_get(object, "time")))
		return -EBADMSG;
	return passes(filter, object) ? take_apart(object, ret) : 0;
}
