#include "conf/needs.h"

#include <string.h>

#include "conf/words.h"

#define BLANKS " \t"

char ***needs_free(char ***needs)
{
	for (char ***set = needs; set && *set; set++)
		words_free(*set);
	free(needs);
	return NULL;
}

/* How many alternatives there are, with the empty ones. */
static size_t count_alternatives(const char *text)
{
	size_t count = 1;

	for (; *text; text++)
		count += *text == '|';
	return count;
}

int needs_set(char ****target, const char *value, struct conf_error *error)
{
	CLEANUP(needs_freep)
	char ***needs = calloc(count_alternatives(value) + 1, sizeof(*needs));
	const char *rest = value;

	if (!needs)
		return -ENOMEM;
	for (size_t i = 0; i < count_alternatives(value); i++) {
		size_t length = strcspn(rest, "|");
		CLEANUP_FREE char *text = strndup(rest, length);
		int r = text ? words_split(text, BLANKS, &needs[i]) : -ENOMEM;

		if (r < 0)
			return r;
		if (!*needs[i]) {
			conf_error_text(error, "an alternative without a field: %s", value);
			return -EINVAL;
		}
		rest += length + 1;
	}
	needs_free(*target);
	*target = TAKE_PTR(needs);
	return 0;
}
