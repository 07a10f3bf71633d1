#include "fs/audit_line.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

static json_t *line_of(const struct audit_event *event)
{
	char line[AUDIT_LINE_MAX];
	json_error_t error;
	size_t size = 0;
	json_t *json;

	cr_assert_eq(audit_line_make(event, line, &size), 0);
	cr_assert_eq(line[size - 1], '\n');
	cr_assert_null(memchr(line, '\n', size - 1), "one line");
	json = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error);
	cr_assert_not_null(json, "%s: %.*s", error.text, (int)size, line);
	return json;
}

static const struct audit_event event = {
	.time = 1769903999123456789,
	.host = "ci-3",
	.uid = 1001,
	.user = "runner",
	.pid = 4242,
	.program = "python3",
	.operation = AUDIT_RENAME,
	.path = "orgs/acme/openai",
	.to = "orgs/acme/Production OpenAI",
	.result = -EACCES,
	.version = 3,
};

Test(audit_line, is_one_object_whose_members_have_an_order)
{
	static const char expected[] =
		"{\"time\":\"2026-01-31T23:59:59.123456789Z\",\"host\":\"ci-3\",\"uid\":1001,"
		"\"user\":\"runner\",\"pid\":4242,\"program\":\"python3\",\"operation\":\"rename\","
		"\"path\":\"orgs/acme/openai\",\"to\":\"orgs/acme/Production OpenAI\","
		"\"result\":\"EACCES\",\"version\":3}\n";
	char line[AUDIT_LINE_MAX];
	size_t size = 0;

	cr_assert_eq(audit_line_make(&event, line, &size), 0);
	cr_assert_eq(size, sizeof expected - 1);
	cr_assert_arr_eq(line, expected, size);
}

Test(audit_line, leaves_out_what_is_not_known)
{
	const struct audit_event little = {.time = 0, .operation = AUDIT_LOST, .count = 7};
	static const char expected[] = "{\"time\":\"1970-01-01T00:00:00.000000000Z\",\"uid\":0,"
				       "\"operation\":\"lost\",\"result\":\"ok\",\"count\":7}\n";
	char line[AUDIT_LINE_MAX];
	size_t size = 0;

	cr_assert_eq(audit_line_make(&little, line, &size), 0);
	cr_assert_eq(size, sizeof expected - 1);
	cr_assert_arr_eq(line, expected, size);
}

Test(audit_line, takes_any_text_and_says_what_it_can_of_it)
{
	static const struct {
		const char *text;
		const char *expected; /* NULL: the same */
	} rows[] = {
		{"plain", NULL},
		{"a \"quote\" and a \\ back", NULL},
		{"new\nline\ttab\001\x7f", NULL},
		{"\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91", NULL},
		{"\xff", "\xef\xbf\xbd"},
		{"a\xc3", "a\xef\xbf\xbd"},
		{"\xc3(", "\xef\xbf\xbd("},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\",\"result\":\"ok\"}\n{\"", NULL},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct audit_event odd = event;
		json_auto_t *json = NULL;
		const char *got;

		odd.program = rows[i].text;
		odd.path = rows[i].text;
		json = line_of(&odd);
		got = json_string_value(json_object_get(json, "program"));
		cr_expect_str_eq(got, rows[i].expected ? rows[i].expected : rows[i].text, "row %zu",
				 i);
		cr_expect_str_eq(json_string_value(json_object_get(json, "path")), got);
		cr_expect_str_eq(json_string_value(json_object_get(json, "result")), "EACCES");
	}
}

Test(audit_line, the_longest_names_fit_and_nothing_is_written_behind_the_room)
{
	char path[1535 + 1], longer[AUDIT_LINE_MAX + 1];
	struct audit_event odd = event;
	char line[AUDIT_LINE_MAX];
	json_auto_t *json = NULL;
	size_t size = 0;

	memset(path, '"', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	odd.path = odd.to = path;
	json = line_of(&odd);
	cr_assert_str_eq(json_string_value(json_object_get(json, "to")), path);
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	odd.path = longer;
	cr_assert_eq(audit_line_make(&odd, line, &size), -EFBIG);
}

Test(audit_line, fields_are_a_list_and_what_has_no_room_is_counted)
{
	enum { FIELDS = 400 };
	struct audit_event made = event;
	CLEANUP_FREE char *fields = NULL;
	json_auto_t *few = NULL;
	json_auto_t *many = NULL;
	json_auto_t *none = NULL;
	json_t *list;
	size_t size = 0;
	FILE *stream = open_memstream(&fields, &size);

	made.fields = "gpt/api_key:2\nProd \"DB\"/pass:10\n";
	few = line_of(&made);
	list = json_object_get(few, "fields");
	cr_assert_eq(json_array_size(list), 2);
	cr_expect_str_eq(json_string_value(json_array_get(list, 0)), "gpt/api_key:2");
	cr_expect_str_eq(json_string_value(json_array_get(list, 1)), "Prod \"DB\"/pass:10");
	cr_expect_null(json_object_get(few, "count"));
	for (unsigned i = 0; i < FIELDS; i++)
		fprintf(stream, "an-account-with-a-name-of-some-length/%03u:1\n", i);
	fclose(stream);
	made.fields = fields;
	many = line_of(&made);
	list = json_object_get(many, "fields");
	cr_expect_gt(json_array_size(list), 100);
	cr_expect_eq(json_array_size(list) +
			     (size_t)json_integer_value(json_object_get(many, "count")),
		     FIELDS);
	cr_expect_str_eq(json_string_value(json_array_get(list, 0)),
			 "an-account-with-a-name-of-some-length/000:1");
	made.fields = "";
	none = line_of(&made);
	cr_expect_null(json_object_get(none, "fields"));
}

Test(audit_line, every_operation_has_a_name_of_its_own)
{
	for (size_t i = 0; i < AUDIT_OPERATIONS; i++) {
		for (size_t j = 0; j < i; j++)
			cr_assert_str_neq(audit_operation_name((enum audit_operation)i),
					  audit_operation_name((enum audit_operation)j));
	}
}
