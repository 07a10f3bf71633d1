#include <criterion/criterion.h>
#include <string.h>

#include "conf/words.h"

Test(words, text_is_split_at_any_separator)
{
	static const struct {
		const char *text;
		const char *separators;
		const char *joined;
	} rows[] = {
		{"", " ", ""},
		{"   ", " ", ""},
		{"a", " ", "a;"},
		{" a  b\tc ", " \t", "a;b;c;"},
		{"a|b c| d", "|", "a;b c; d;"},
		{",a,,b,", ", ", "a;b;"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CLEANUP_WORDS char **words = NULL;
		char joined[64] = "";

		cr_assert_eq(words_split(rows[i].text, rows[i].separators, &words), 0);
		for (char **word = words; *word; word++) {
			size_t used = strlen(joined);

			snprintf(joined + used, sizeof(joined) - used, "%s;", *word);
		}
		cr_expect_str_eq(joined, rows[i].joined, "%s", rows[i].text);
	}
	cr_expect_null(words_free(NULL));
}
