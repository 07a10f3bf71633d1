#include <criterion/criterion.h>
#include <string.h>

#include "store/utf8.h"

Test(utf8, the_next_code_point_is_whole_unfinished_or_wrong)
{
	static const struct {
		const char *bytes;
		int length;
		uint32_t code_point;
	} rows[] = {
		{"a", 1, 'a'},
		{"\x7f", 1, 0x7f},
		{"\xc3\xa9x", 2, 0xe9},
		{"\xe2\x82\xac", 3, 0x20ac},
		{"\xf0\x9f\x98\x80", 4, 0x1f600},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
		{"\xc3", 0, 0},
		{"\xe2\x82", 0, 0},
		{"\xf0\x9f\x98", 0, 0},
		{"\xf4", 0, 0},
		{"\x80", -EILSEQ, 0},
		{"\xc0", -EILSEQ, 0},
		{"\xc1\x80", -EILSEQ, 0},
		{"\xc3x", -EILSEQ, 0},
		{"\xe0\x9f", -EILSEQ, 0},
		{"\xed\xa0", -EILSEQ, 0},
		{"\xf0\x8f", -EILSEQ, 0},
		{"\xf4\x90", -EILSEQ, 0},
		{"\xf5", -EILSEQ, 0},
		{"\xff", -EILSEQ, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t code_point = 0;
		int length = utf8_next((const uint8_t *)rows[i].bytes, strlen(rows[i].bytes),
				       &code_point);

		cr_expect_eq(length, rows[i].length, "row %zu: %d", i, length);
		cr_expect_eq(code_point, rows[i].code_point, "row %zu: %x", i, code_point);
	}
}

Test(utf8, controls_and_blanks_are_told_apart)
{
	static const uint32_t controls[] = {0, '\t', '\n', '\r', 0x1f, 0x7f, 0x80, 0x85, 0x9f};
	static const uint32_t blanks[] = {' ', 0xa0, 0x2003, 0x2028, 0x3000};
	static const uint32_t others[] = {'a', '~', 0xa1, 0xad, 0x200b, 0xfeff, 0x10ffff};

	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		cr_expect(utf8_is_control(controls[i]), "%x", controls[i]);
		cr_expect_not(utf8_is_blank(controls[i]), "%x", controls[i]);
	}
	for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
		cr_expect(utf8_is_blank(blanks[i]), "%x", blanks[i]);
		cr_expect_not(utf8_is_control(blanks[i]), "%x", blanks[i]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		cr_expect_not(utf8_is_blank(others[i]), "%x", others[i]);
		cr_expect_not(utf8_is_control(others[i]), "%x", others[i]);
	}
}
