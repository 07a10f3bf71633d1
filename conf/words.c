#include "conf/words.h"

#include <string.h>

char **words_free(char **words)
{
	if (words) {
		for (char **word = words; *word; word++)
			free(*word);
	}
	free(words);
	return NULL;
}

static size_t words_count(const char *text, const char *separators)
{
	size_t count = 0;

	for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
		text += strcspn(text, separators);
		count++;
	}
	return count;
}

int words_split(const char *text, const char *separators, char ***ret)
{
	CLEANUP_WORDS char **words = calloc(words_count(text, separators) + 1, sizeof(*words));
	char **next = words;

	if (!words)
		return -ENOMEM;
	for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
		size_t length = strcspn(text, separators);

		*next = strndup(text, length);
		if (!*next++)
			return -ENOMEM;
		text += length;
	}
	*ret = TAKE_PTR(words);
	return 0;
}
