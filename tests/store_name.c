#include <criterion/criterion.h>
#include <string.h>

#include "store/name.h"

static const char *repeat(char *buffer, size_t count)
{
	memset(buffer, 'a', count);
	buffer[count] = '\0';
	return buffer;
}

Test(name, a_name_is_utf8_without_slash_and_controls)
{
	static const char *const good[] = {
		"a",
		"Production OpenAI",
		"...",
		".a",
		"gr\xc3\xbc\xc3\x9f",
		"\xf0\x9f\x98\x80",
		"a\\b",
		" ",
	};
	static const char *const bad[] = {
		"",   ".",     "..",	    "a/b",  "/",     "a\n",
		"\t", "a\x7f", "a\xc2\x85", "\xff", "a\xc3", "\xed\xa0\x80",
	};
	char buffer[512];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect(name_is_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(name_is_valid(bad[i]), "row %zu", i);
	cr_expect(name_is_valid(repeat(buffer, 255)));
	cr_expect_not(name_is_valid(repeat(buffer, 256)));
}

Test(name, a_field_name_is_letters_digits_and_three_signs)
{
	static const char *const good[] = {
		"a", "_", "api_key", "API-KEY", "service_account.json", "a1", "Z..-",
	};
	static const char *const bad[] = {
		"", "1a", ".a", "-a", "a b", "a/b", "a\n", "gr\xc3\xbc\xc3\x9f", "a=b", "a$",
	};
	char buffer[512];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect(field_name_is_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(field_name_is_valid(bad[i]), "%s", bad[i]);
	cr_expect(field_name_is_valid(repeat(buffer, 255)));
	cr_expect_not(field_name_is_valid(repeat(buffer, 256)));
}
