#include "conf/render.h"

#include <criterion/criterion.h>
#include <string.h>

#include "conf/field.h"
#include "conf/json.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define CARRIES(format) (1u << RENDER_##format)
#define ALL ((1u << RENDER_FORMATS) - 1)
#define LINES (CARRIES(JSON) | CARRIES(COPY))

static struct secret_pool *pool(void)
{
	static struct secret_pool *made;

	if (!made)
		cr_assert_eq(secret_pool_new(16 << 20, &made), 0);
	return made;
}

static struct render_value text_value(const char *name, const char *text)
{
	return (struct render_value){name, (const uint8_t *)text, strlen(text), false};
}

/* What a file with this one value says, NULL: the format refuses it. The caller frees. */
static char *rendered(enum render_format format, const struct render_value *value)
{
	const struct render_value five[] = {text_value("a", "h"), text_value("b", "p"),
					    text_value("c", "d"), text_value("d", "u"), *value};
	const bool pgpass = format == RENDER_PGPASS;
	const struct render render = {format, "group", pgpass ? five : value, pgpass ? 5 : 1};
	CLEANUP_SECRET struct secret *text = NULL;
	size_t index = 99;
	int r = render_text(&render, pool(), &text, &index);

	if (r < 0) {
		cr_assert_eq(r, -EILSEQ);
		cr_assert_eq(index, pgpass ? 4 : 0);
		return NULL;
	}
	cr_assert_eq(secret_view(text)[secret_size(text) - 1], '\n');
	return strndup((const char *)secret_view(text), secret_size(text));
}

/* Without what is the same for every value. */
static const char *const before[] = {
	[RENDER_ENV] = "N=",
	[RENDER_JSON] = "{\"N\":",
	[RENDER_AWS] = "[group]\nN = ",
	[RENDER_SERVICE] = "[group]\nN=",
	[RENDER_MYSQL] = "[group]\nN=",
	[RENDER_PGPASS] = "h:p:d:u:",
	[RENDER_COPY] = "",
};

static const struct {
	const char *value;
	const char *expected[RENDER_FORMATS]; /* NULL: refused */
} rows[] = {
	{"sk-aB3_./:+=@%,",
	 {"sk-aB3_./:+=@%,", "\"sk-aB3_./:+=@%,\"}", "sk-aB3_./:+=@%,", "sk-aB3_./:+=@%,",
	  "\"sk-aB3_./:+=@%,\"", "sk-aB3_./\\:+=@%,", "sk-aB3_./:+=@%,"}},
	{"two words",
	 {"'two words'", "\"two words\"}", NULL, "two words", "\"two words\"", "two words",
	  "two words"}},
	{" a ", {"' a '", "\" a \"}", NULL, NULL, "\" a \"", " a ", " a "}},
	{"#a", {"'#a'", "\"#a\"}", NULL, "#a", "\"#a\"", "#a", "#a"}},
	{"a'b", {"\"a'b\"", "\"a'b\"}", NULL, "a'b", "\"a'b\"", "a'b", "a'b"}},
	{"a\"b", {"'a\"b'", "\"a\\\"b\"}", NULL, "a\"b", "\"a\\\"b\"", "a\"b", "a\"b"}},
	{"a'b\"c", {NULL, "\"a'b\\\"c\"}", NULL, "a'b\"c", "\"a'b\\\"c\"", "a'b\"c", "a'b\"c"}},
	{"a'b$c", {NULL, "\"a'b$c\"}", NULL, "a'b$c", "\"a'b$c\"", "a'b$c", "a'b$c"}},
	{"a'b`c", {NULL, "\"a'b`c\"}", NULL, "a'b`c", "\"a'b`c\"", "a'b`c", "a'b`c"}},
	{"a'b!c", {"\"a'b!c\"", "\"a'b!c\"}", NULL, "a'b!c", "\"a'b!c\"", "a'b!c", "a'b!c"}},
	{"$HOME", {"'$HOME'", "\"$HOME\"}", "$HOME", "$HOME", "\"$HOME\"", "$HOME", "$HOME"}},
	{"${HOME}",
	 {NULL, "\"${HOME}\"}", "${HOME}", "${HOME}", "\"${HOME}\"", "${HOME}", "${HOME}"}},
	{"a\\b", {NULL, "\"a\\\\b\"}", NULL, "a\\b", "\"a\\\\b\"", "a\\\\b", "a\\b"}},
	{"a\\", {NULL, "\"a\\\\\"}", NULL, "a\\", "\"a\\\\\"", "a\\\\", "a\\"}},
	{"a:b", {"a:b", "\"a:b\"}", "a:b", "a:b", "\"a:b\"", "a\\:b", "a:b"}},
	{"[x]", {"'[x]'", "\"[x]\"}", NULL, "[x]", "\"[x]\"", "[x]", "[x]"}},
	{"a;b", {"'a;b'", "\"a;b\"}", NULL, "a;b", "\"a;b\"", "a;b", "a;b"}},
	{"Zürich€😀",
	 {"'Zürich€😀'", "\"Zürich€😀\"}", NULL, "Zürich€😀", "\"Zürich€😀\"", "Zürich€😀", "Zürich€😀"}},
	{"a\tb", {NULL, "\"a\\tb\"}", NULL, NULL, NULL, NULL, "a\tb"}},
	{"a\nLD_PRELOAD=b",
	 {NULL, "\"a\\nLD_PRELOAD=b\"}", NULL, NULL, NULL, NULL, "a\nLD_PRELOAD=b"}},
	{"a\r", {NULL, "\"a\\r\"}", NULL, NULL, NULL, NULL, "a\r"}},
	{"a\x7f", {NULL, "\"a\x7f\"}", NULL, NULL, NULL, NULL, "a\x7f"}},
	{"a\xff", {NULL}},
	{"\xed\xa0\x80", {NULL}},
	{"", {NULL}},
};

Test(render, a_value_is_carried_whole_or_refused)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct render_value value = text_value("N", rows[i].value);

		for (enum render_format format = 0; format < RENDER_FORMATS; format++) {
			CLEANUP_FREE char *text = rendered(format, &value);
			const char *expected = rows[i].expected[format];
			char whole[256];

			if (!expected || !text) {
				cr_expect(!expected && !text, "%s: %s", render_format_name(format),
					  rows[i].value);
				continue;
			}
			snprintf(whole, sizeof whole, "%s%s\n", before[format], expected);
			cr_expect_str_eq(text, whole);
		}
	}
}

Test(render, a_nul_is_refused_by_every_format)
{
	const struct render_value value = {"N", (const uint8_t *)"a\0b", 3, false};

	for (enum render_format format = 0; format < RENDER_FORMATS; format++)
		cr_expect_null(rendered(format, &value), "%s", render_format_name(format));
}

/* The longest value that each carries: where its readers have no bound, the longest of all. */
Test(render, a_line_is_as_long_as_its_readers_take)
{
	static const size_t longest[] = {
		[RENDER_ENV] = FIELD_VALUE_MAX,	 [RENDER_JSON] = FIELD_VALUE_MAX,
		[RENDER_AWS] = FIELD_VALUE_MAX,	 [RENDER_SERVICE] = 1021 - 3,
		[RENDER_MYSQL] = 4090 - 5,	 [RENDER_PGPASS] = FIELD_VALUE_MAX,
		[RENDER_COPY] = FIELD_VALUE_MAX,
	};
	CLEANUP_FREE char *bytes = malloc(FIELD_VALUE_MAX + 1);

	memset(bytes, 'x', FIELD_VALUE_MAX + 1);
	for (enum render_format format = 0; format < RENDER_FORMATS; format++) {
		struct render_value value = {"N", (uint8_t *)bytes, longest[format], false};
		CLEANUP_FREE char *carried = rendered(format, &value);

		cr_assert(carried, "%s", render_format_name(format));
		cr_expect(memmem(carried, strlen(carried), bytes, longest[format]));
		value.size++;
		if (longest[format] < FIELD_VALUE_MAX)
			cr_expect_null(rendered(format, &value));
	}
}

Test(render, json_has_objects_within_it_and_integers)
{
	const struct render_value values[] = {
		{"Version", (const uint8_t *)"1", 1, true},
		text_value("a.type", "x"),
		text_value("a.b.c", "y"),
		{"until", (const uint8_t *)"1790000000", 10, true},
	};
	const struct render render = {RENDER_JSON, NULL, values, COUNT(values)};
	CLEANUP_SECRET struct secret *text = NULL;
	static const char expected[] =
		"{\"Version\":1,\"a\":{\"type\":\"x\",\"b\":{\"c\":\"y\"}},\"until\":1790000000}\n";
	size_t index;

	cr_assert_eq(render_text(&render, pool(), &text, &index), 0);
	cr_assert_eq(secret_size(text), strlen(expected));
	cr_expect_eq(memcmp(secret_view(text), expected, strlen(expected)), 0);
}

Test(render, json_names_nothing_twice)
{
	const struct render_value twice[] = {text_value("a", "x"), text_value("a", "y")};
	const struct render_value within[] = {text_value("a", "x"), text_value("a.b", "y")};
	CLEANUP_SECRET struct secret *text = NULL;

	cr_expect_eq(json_make(twice, 2, pool(), &text), -EINVAL);
	cr_expect_eq(json_make(within, 2, pool(), &text), -EINVAL);
	cr_expect_null(text);
}

Test(render, without_values_an_environment_is_empty)
{
	const struct render env = {RENDER_ENV, NULL, NULL, 0};
	const struct render json = {RENDER_JSON, NULL, NULL, 0};
	CLEANUP_SECRET struct secret *lines = NULL;
	CLEANUP_SECRET struct secret *object = NULL;
	size_t index;

	cr_assert_eq(render_text(&env, pool(), &lines, &index), 0);
	cr_expect_eq(secret_size(lines), 0);
	cr_assert_eq(render_text(&json, pool(), &object, &index), 0);
	cr_expect_eq(secret_size(object), 3);
	cr_expect_eq(memcmp(secret_view(object), "{}\n", 3), 0);
}

Test(render, a_copy_gets_a_newline_when_it_has_none)
{
	const struct render_value with = text_value("N", "{}\n");
	const struct render_value without = text_value("N", "{}");
	CLEANUP_FREE char *kept = rendered(RENDER_COPY, &with);
	CLEANUP_FREE char *added = rendered(RENDER_COPY, &without);

	cr_expect_str_eq(kept, "{}\n");
	cr_expect_str_eq(added, "{}\n");
}

Test(render, a_comment_or_a_name_is_not_made_of_a_first_value)
{
	const struct render_value values[] = {text_value("h", "#host"), text_value("p", "*"),
					      text_value("d", "*"), text_value("u", "u"),
					      text_value("w", "w")};
	const struct render render = {RENDER_PGPASS, NULL, values, COUNT(values)};
	CLEANUP_SECRET struct secret *text = NULL;
	size_t index = 99;

	cr_expect_eq(render_text(&render, pool(), &text, &index), -EILSEQ);
	cr_expect_eq(index, 0);
}

Test(render, more_than_a_secret_may_hold_is_too_much)
{
	enum { VALUES = 17 };
	CLEANUP_FREE uint8_t *bytes = malloc(FIELD_VALUE_MAX);
	struct render_value values[VALUES];
	const struct render env = {RENDER_ENV, NULL, values, VALUES};
	const struct render json = {RENDER_JSON, NULL, values, VALUES};
	CLEANUP_SECRET struct secret *text = NULL;
	size_t index;

	memset(bytes, 'x', FIELD_VALUE_MAX);
	for (size_t i = 0; i < VALUES; i++) {
		static char names[VALUES][8];

		snprintf(names[i], sizeof names[i], "N%zu", i);
		values[i] = (struct render_value){names[i], bytes, FIELD_VALUE_MAX, false};
	}
	cr_expect_eq(render_text(&env, pool(), &text, &index), -EFBIG);
	cr_expect_eq(render_text(&json, pool(), &text, &index), -EFBIG);
	cr_expect_null(text);
}
