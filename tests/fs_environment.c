#include "fs/environment.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int set(const char *text)
{
	return environment_set_text(text, strlen(text));
}

Test(environment, are_set_beside_those_that_are_there)
{
	setenv("OTHER", "stays", 1);
	setenv("OPENAI_API_KEY", "old", 1);
	cr_assert_eq(set("{\"OPENAI_API_KEY\": \"sk-1\", \"_x9\": \"two words\\n\"}"), 0);
	cr_expect_str_eq(getenv("OPENAI_API_KEY"), "sk-1");
	cr_expect_str_eq(getenv("_x9"), "two words\n");
	cr_expect_str_eq(getenv("OTHER"), "stays");
	cr_expect_eq(set("{}"), 0);
}

Test(environment, what_is_none_sets_nothing)
{
	static const char *const texts[] = {
		"",
		"[]",
		"\"A\"",
		"{\"GOOD\": \"x\", \"A\": 1}",
		"{\"GOOD\": \"x\", \"A\": null}",
		"{\"GOOD\": \"x\", \"\": \"y\"}",
		"{\"GOOD\": \"x\", \"1A\": \"y\"}",
		"{\"GOOD\": \"x\", \"A=B\": \"y\"}",
		"{\"GOOD\": \"x\", \"A B\": \"y\"}",
		"{\"GOOD\": \"x\", \"\\u00e4\": \"y\"}",
		"{\"GOOD\": \"x\", \"LD_PRELOAD\": \"y\"}",
		"{\"GOOD\": \"x\", \"PATH\": \"y\"}",
		"{\"GOOD\": \"x\", \"BASH_ENV\": \"y\"}",
		"{\"GOOD\": \"x\", \"A\": \"\\u0000\"}",
		"{\"GOOD\": \"x\", \"GOOD\": \"y\"}",
		"{\"GOOD\": \"x\"} more",
		"{\"GOOD\": \"x\"",
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		cr_expect_eq(set(texts[i]), -EILSEQ, "%s", texts[i]);
		cr_expect_null(getenv("GOOD"), "%s", texts[i]);
	}
}

Test(environment, a_file_that_is_not_there_is_told)
{
	cr_expect_eq(environment_set("/no/such/file"), -ENOENT);
}
