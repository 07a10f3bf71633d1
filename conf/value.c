#include "conf/value.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "conf/name.h"
#include "conf/principal.h"
#include "conf/words.h"

#define BLANKS " \t"

enum { HISTORY_MAX = 1000, MEMORY_MIN = 4 << 20 };

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

int value_set_history(void *target, const char *value, struct conf_error *error)
{
	size_t digits = strspn(value, "0123456789");
	uint64_t number;

	if (value[digits] || !number_parse(value, digits, HISTORY_MAX, &number)) {
		conf_error_text(error, "not a number from 0 to %d: %s", HISTORY_MAX, value);
		return -EINVAL;
	}
	*(unsigned *)target = (unsigned)number;
	return 0;
}

int value_set_memory(void *target, const char *value, struct conf_error *error)
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
	    number << units[unit].shift < MEMORY_MIN) {
		conf_error_text(error, "not a size of at least 4M, as in 64M: %s", value);
		return -EINVAL;
	}
	*(uint64_t *)target = number << units[unit].shift;
	return 0;
}
