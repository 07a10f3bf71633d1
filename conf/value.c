#include "conf/value.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "store/name.h"
#include "store/source.h"
#include "conf/principal.h"
#include "conf/words.h"

#define BLANKS " \t"

enum { HISTORY_MAX = 1000, COUNT_MAX = 1000000, SIZE_MIN = 4 << 10, MEMORY_MIN = 4 << 20 };

int value_set_text(void *target, const char *value, struct conf_error *error)
{
	char *text = strdup(value);

	(void)error;
	if (!text)
		return -ENOMEM;
	free(*(char **)target);
	*(char **)target = text;
	return 0;
}

int value_set_flag(void *target, const char *value, struct conf_error *error)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0) {
		conf_error_text(error, "neither yes nor no: %s", value);
		return -EINVAL;
	}
	*(bool *)target = yes;
	return 0;
}

int value_set_words(void *target, const char *value, struct conf_error *error)
{
	CLEANUP_WORDS char **words = NULL;
	int r = words_split(value, BLANKS, &words);

	(void)error;
	if (r < 0)
		return r;
	words_free(*(char ***)target);
	*(char ***)target = TAKE_PTR(words);
	return 0;
}

int value_set_path(void *target, const char *value, struct conf_error *error)
{
	if (value[0] != '/' || strlen(value) >= PATH_MAX) {
		conf_error_text(error, "not an absolute path: %s", value);
		return -EINVAL;
	}
	return value_set_text(target, value, error);
}

int value_set_identity(void *target, const char *value, struct conf_error *error)
{
	struct source source;

	if (source_parse(value, &source) < 0) {
		conf_error_text(error, "neither an absolute path nor credential:NAME: %s", value);
		return -EINVAL;
	}
	return value_set_text(target, value, error);
}

int value_set_user(void *target, const char *value, struct conf_error *error)
{
	if (!name_is_valid(value) || strpbrk(value, BLANKS ":,")) {
		conf_error_text(error, "not the name of a user: %s", value);
		return -EINVAL;
	}
	return value_set_text(target, value, error);
}

int value_set_principals(void *target, const char *value, struct conf_error *error)
{
	CLEANUP_PRINCIPALS struct principals principals = {0};
	struct principals old = *(struct principals *)target;
	int r = principals_parse_setting(value, &principals);

	if (r == -EINVAL)
		conf_error_text(error, "not a list of user:NAME and group:NAME: %s", value);
	if (r < 0)
		return r;
	*(struct principals *)target = principals;
	principals = old;
	return 0;
}

/* Digits and nothing else, up to `max`. */
static bool number_parse(const char *text, size_t digits, uint64_t max, uint64_t *ret)
{
	uint64_t number = 0;

	if (digits == 0)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(text[i] - '0'), &number))
			return false;
	}
	*ret = number;
	return number <= max;
}

static int set_number(unsigned *target, const char *value, unsigned min, unsigned max,
		      struct conf_error *error)
{
	size_t digits = strspn(value, "0123456789");
	uint64_t number;

	if (value[digits] || !number_parse(value, digits, max, &number) || number < min) {
		conf_error_text(error, "not a number from %u to %u: %s", min, max, value);
		return -EINVAL;
	}
	*target = (unsigned)number;
	return 0;
}

int value_set_history(void *target, const char *value, struct conf_error *error)
{
	return set_number(target, value, 0, HISTORY_MAX, error);
}

int value_set_count(void *target, const char *value, struct conf_error *error)
{
	return set_number(target, value, 1, COUNT_MAX, error);
}

static int set_bytes(uint64_t *target, const char *value, const char *least, uint64_t min,
		     struct conf_error *error)
{
	static const struct {
		const char *suffix;
		unsigned shift;
	} units[] = {{"", 0}, {"K", 10}, {"M", 20}, {"G", 30}};
	size_t digits = strspn(value, "0123456789"), unit = 0;
	uint64_t number;

	while (unit < 4 && strcmp(units[unit].suffix, value + digits) != 0)
		unit++;
	if (unit == 4 || !number_parse(value, digits, SIZE_MAX >> units[unit].shift, &number) ||
	    number << units[unit].shift < min) {
		conf_error_text(error, "not a size of at least %s, as in 64M: %s", least, value);
		return -EINVAL;
	}
	*target = number << units[unit].shift;
	return 0;
}

int value_set_size(void *target, const char *value, struct conf_error *error)
{
	return set_bytes(target, value, "4K", SIZE_MIN, error);
}

int value_set_memory(void *target, const char *value, struct conf_error *error)
{
	return set_bytes(target, value, "4M", MEMORY_MIN, error);
}

static const char *const audit_modes[] = {
	[AUDIT_REQUIRED] = "required",
	[AUDIT_SYNC] = "sync",
	[AUDIT_BEST_EFFORT] = "best-effort",
};
_Static_assert(sizeof(audit_modes) / sizeof(audit_modes[0]) == AUDIT_MODES, "each has a name");

const char *audit_mode_name(enum audit_mode mode)
{
	return audit_modes[mode];
}

int value_set_audit(void *target, const char *value, struct conf_error *error)
{
	for (size_t mode = 0; mode < AUDIT_MODES; mode++) {
		if (strcmp(value, audit_modes[mode]) == 0) {
			*(enum audit_mode *)target = (enum audit_mode)mode;
			return 0;
		}
	}
	conf_error_text(error, "neither required, sync nor best-effort: %s", value);
	return -EINVAL;
}
