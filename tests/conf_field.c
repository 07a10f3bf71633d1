#include <criterion/criterion.h>
#include <string.h>

#include "conf/field.h"

/* A whole value, what is there so far, and a whole value in an account with an api_base. */
#define WHOLE(text) text, sizeof(text) - 1, true, false
#define SO_FAR(text) text, sizeof(text) - 1, false, false
#define WAIVED(text) text, sizeof(text) - 1, true, true
#define SO_FAR_WAIVED(text) text, sizeof(text) - 1, false, true

#define BEGIN_KEY "-----BEGIN PRIVATE KEY-----\n"
#define END_KEY "-----END PRIVATE KEY-----\n"

struct row {
	const char *field; /* PROVIDER/FIELD */
	const char *bytes;
	size_t size;
	bool whole;
	bool waived;
	enum field_rule rule;
};

static struct catalogue *load(void)
{
	struct catalogue *catalogue = NULL;
	struct conf_error error;
	int r = catalogue_load(TEST_DATA "/conf/fields", &catalogue, &error);

	cr_assert_eq(r, 0, "%s:%u: %s", error.file, error.line, error.text);
	return catalogue;
}

static const struct provider_field *find(const struct catalogue *catalogue, const char *path)
{
	char id[64];
	const struct provider *provider;
	const struct provider_field *field;

	snprintf(id, sizeof(id), "%.*s", (int)strcspn(path, "/"), path);
	provider = catalogue_find(catalogue, id);
	cr_assert(provider, "%s", path);
	field = provider_field(provider, strchr(path, '/') + 1);
	cr_assert(field, "%s", path);
	return field;
}

static enum field_rule judge(const struct provider_field *field, const void *bytes, size_t size,
			     bool whole, bool waived)
{
	const struct field_judgement judgement = {
		.field = field,
		.bytes = bytes,
		.size = size,
		.whole = whole,
		.prefix_waived = waived,
	};

	return field_judge(&judgement);
}

static void check_rows(const struct row *rows, size_t count)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load();

	for (size_t i = 0; i < count; i++) {
		const struct row *row = &rows[i];
		enum field_rule rule = judge(find(catalogue, row->field), row->bytes, row->size,
					     row->whole, row->waived);

		cr_expect_eq(rule, row->rule, "row %zu, %s %s: \"%s\" %s, expected: %s", i,
			     row->field, row->whole ? "whole" : "so far", row->bytes,
			     field_rule_text(rule), field_rule_text(row->rule));
	}
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

Test(field, a_one_line_value_is_one_line_without_blanks_and_controls)
{
	static const struct row rows[] = {
		{"sample/token", WHOLE("abc"), FIELD_OK},
		{"sample/token", WHOLE("abc\n"), FIELD_OK},
		{"sample/token", WHOLE("abc\r\n"), FIELD_OK},
		{"sample/token", SO_FAR("abc"), FIELD_OK},
		{"sample/token", SO_FAR("abc\n"), FIELD_OK},
		{"sample/token", SO_FAR("abc\r\n"), FIELD_OK},
		{"sample/token", SO_FAR("abc\r"), FIELD_OK},
		{"sample/token", WHOLE("abc\r"), FIELD_CONTROL},
		{"sample/token", WHOLE("abc\r\r\n"), FIELD_CONTROL},
		{"sample/token", SO_FAR("abc\rd"), FIELD_CONTROL},
		{"sample/token", WHOLE("abc\ndef"), FIELD_NEWLINE},
		{"sample/token", SO_FAR("abc\ndef"), FIELD_NEWLINE},
		{"sample/token", WHOLE("abc\r\ndef"), FIELD_NEWLINE},
		{"sample/token", SO_FAR("abc\r\nd"), FIELD_NEWLINE},
		{"sample/token", WHOLE("abc\n\n"), FIELD_NEWLINE},
		{"sample/token", SO_FAR("abc\n\n"), FIELD_NEWLINE},
		{"sample/token", SO_FAR("\n\n"), FIELD_NEWLINE},
		{"sample/token", WHOLE("a\tb"), FIELD_CONTROL},
		{"sample/token", SO_FAR("a\tb"), FIELD_CONTROL},
		{"sample/token", WHOLE("a\0b"), FIELD_CONTROL},
		{"sample/token", SO_FAR("a\0"), FIELD_CONTROL},
		{"sample/token", WHOLE("a\x7f"), FIELD_CONTROL},
		{"sample/token", WHOLE("a\x1b[0m"), FIELD_CONTROL},
		{"sample/token", WHOLE("a\xc2\x85"), FIELD_CONTROL},
		{"sample/token", WHOLE("a b"), FIELD_BLANK},
		{"sample/token", SO_FAR("a b"), FIELD_BLANK},
		{"sample/token", WHOLE(" a"), FIELD_BLANK},
		{"sample/token", WHOLE("a \n"), FIELD_BLANK},
		{"sample/token", WHOLE("a\xc2\xa0"), FIELD_BLANK},
		{"sample/token", WHOLE("a\xe3\x80\x80z"), FIELD_BLANK},
		{"sample/token", WHOLE("gr\xc3\xbc\xc3\x9f"), FIELD_OK},
	};

	CHECK(rows);
}

Test(field, an_empty_value_is_refused_when_it_is_whole)
{
	static const struct row rows[] = {
		{"sample/token", WHOLE(""), FIELD_EMPTY},
		{"sample/token", WHOLE("\n"), FIELD_EMPTY},
		{"sample/token", WHOLE("\r\n"), FIELD_EMPTY},
		{"sample/token", SO_FAR(""), FIELD_OK},
		{"sample/token", SO_FAR("\r"), FIELD_OK},
		{"sample/token", SO_FAR("\n"), FIELD_EMPTY},
		{"sample/token", SO_FAR("\r\n"), FIELD_EMPTY},
		{"sample/url", WHOLE(""), FIELD_EMPTY},
		{"sample/url", SO_FAR("\n"), FIELD_EMPTY},
		{"sample/region", WHOLE("\n"), FIELD_EMPTY},
		{"sample/json", WHOLE(""), FIELD_EMPTY},
		{"sample/json", WHOLE("\n"), FIELD_EMPTY},
		{"sample/json", SO_FAR("\n"), FIELD_OK},
		{"sample/pem", WHOLE("\r\n\r\n"), FIELD_EMPTY},
		{"sample/pem", SO_FAR("\n"), FIELD_OK},
		{"sample/text", WHOLE(""), FIELD_EMPTY},
		{"sample/text", WHOLE("\n"), FIELD_EMPTY},
		{"sample/text", WHOLE("\n\n"), FIELD_EMPTY},
		{"sample/text", SO_FAR("\n"), FIELD_OK},
		{"openai/api_key", WHOLE("\n"), FIELD_EMPTY},
		{"generic/anything", WHOLE("\n"), FIELD_EMPTY},
	};

	CHECK(rows);
}

Test(field, a_value_is_utf8)
{
	static const struct row rows[] = {
		{"sample/token", WHOLE("a\xff"), FIELD_UTF8},
		{"sample/token", SO_FAR("a\xff"), FIELD_UTF8},
		{"sample/token", WHOLE("a\xc3"), FIELD_UTF8},
		{"sample/token", SO_FAR("a\xc3"), FIELD_OK},
		{"sample/token", SO_FAR("a\xc3\n"), FIELD_UTF8},
		{"sample/token", SO_FAR("a\xe2\x82"), FIELD_OK},
		{"sample/token", SO_FAR("a\xf0\x9f\x98"), FIELD_OK},
		{"sample/token", WHOLE("a\xf0\x9f\x98"), FIELD_UTF8},
		{"sample/token", SO_FAR("\xc3"), FIELD_OK},
		{"sample/token", SO_FAR("\xc0\x80"), FIELD_UTF8},
		{"sample/token", SO_FAR("\xc0"), FIELD_UTF8},
		{"sample/token", SO_FAR("\xe0\x80"), FIELD_UTF8},
		{"sample/token", SO_FAR("\xed\xa0"), FIELD_UTF8},
		{"sample/token", WHOLE("\xed\xa0\x80"), FIELD_UTF8},
		{"sample/token", SO_FAR("\xf4\x90"), FIELD_UTF8},
		{"sample/token", SO_FAR("\xf5"), FIELD_UTF8},
		{"sample/token", SO_FAR("\x80"), FIELD_UTF8},
		{"sample/text", WHOLE("\xf0\x9f\x98\x80 \xe2\x82\xac\n"), FIELD_OK},
		{"sample/text", SO_FAR("\xf0\x9f"), FIELD_OK},
		{"sample/text", WHOLE("\xf0\x9f"), FIELD_UTF8},
		{"sample/json", SO_FAR("{\"a\": \"\xf0\x9f"), FIELD_OK},
		{"sample/json", WHOLE("{\"a\": \"\xf0\x9f\"}"), FIELD_UTF8},
		{"sample/pem", SO_FAR("text \xe2\x82"), FIELD_OK},
		{"sample/url", SO_FAR("https://\xc3"), FIELD_OK},
		{"openai/api_key", SO_FAR("sk-\xc3"), FIELD_OK},
		{"openai/api_key", SO_FAR("\xc3"), FIELD_OK},
	};

	CHECK(rows);
}

Test(field, text_may_have_lines)
{
	static const struct row rows[] = {
		{"sample/text", WHOLE("a b\n\tc\r\nd\n\n"), FIELD_OK},
		{"sample/text", SO_FAR("a b\n\tc\r"), FIELD_OK},
		{"sample/text", WHOLE("a\r"), FIELD_CONTROL},
		{"sample/text", SO_FAR("a\rb"), FIELD_CONTROL},
		{"sample/text", SO_FAR("a\0"), FIELD_CONTROL},
		{"sample/text", WHOLE("a\x01"), FIELD_CONTROL},
		{"sample/text", WHOLE(" "), FIELD_OK},
		{"generic/password", WHOLE("two words"), FIELD_OK},
		{"generic/sk", WHOLE("sk-ant-anything"), FIELD_OK},
		{"openai/custom_headers", WHOLE("A: 1\nB: 2\n"), FIELD_OK},
	};

	CHECK(rows);
}

Test(field, a_required_prefix_is_missed_as_soon_as_it_cannot_come)
{
	static const struct row rows[] = {
		{"openai/api_key", WHOLE("sk-proj-abc\n"), FIELD_OK},
		{"openai/api_key", WHOLE("sk-"), FIELD_OK},
		{"openai/api_key", SO_FAR("s"), FIELD_OK},
		{"openai/api_key", SO_FAR("sk"), FIELD_OK},
		{"openai/api_key", WHOLE("sk"), FIELD_PREFIX},
		{"openai/api_key", SO_FAR("sk\n"), FIELD_PREFIX},
		{"openai/api_key", SO_FAR("x"), FIELD_PREFIX},
		{"openai/api_key", SO_FAR("sK"), FIELD_PREFIX},
		{"openai/api_key", WHOLE("xai-123"), FIELD_PREFIX},
		{"openai/api_key", WAIVED("anything"), FIELD_OK},
		{"openai/api_key", SO_FAR_WAIVED("anything"), FIELD_OK},
		{"openai/api_key", WAIVED("xai-123"), FIELD_OK},
		{"anthropic/api_key", WHOLE("sk-ant-api03-abc"), FIELD_OK},
		{"anthropic/api_key", SO_FAR("sk-a"), FIELD_OK},
		{"anthropic/api_key", WHOLE("sk-proj-abc"), FIELD_PREFIX},
		{"anthropic/api_key", SO_FAR("sk-p"), FIELD_PREFIX},
		{"anthropic/api_key", WAIVED("sk-proj-abc"), FIELD_OK},
		{"deepseek/api_key", WHOLE("no prefix is required here"), FIELD_BLANK},
		{"deepseek/api_key", WHOLE("none-is-required"), FIELD_OK},
		{"sample/free", WHOLE("zz"), FIELD_OK},
	};

	CHECK(rows);
}

Test(field, a_foreign_prefix_is_refused_always_unless_a_longer_own_one_matches)
{
	static const struct row rows[] = {
		{"openai/api_key", WHOLE("sk-ant-api03-abc"), FIELD_FOREIGN_PREFIX},
		{"openai/api_key", WAIVED("sk-ant-api03-abc"), FIELD_FOREIGN_PREFIX},
		{"openai/api_key", SO_FAR("sk-ant-"), FIELD_FOREIGN_PREFIX},
		{"openai/api_key", SO_FAR("sk-ant"), FIELD_OK},
		{"openai/api_key", WAIVED("AKIAIOSFODNN7EXAMPLE"), FIELD_FOREIGN_PREFIX},
		{"deepseek/api_key", WHOLE("sk-ant-abc"), FIELD_FOREIGN_PREFIX},
		{"deepseek/api_key", WHOLE("sk-proj-abc"), FIELD_OK},
		{"litellm/api_key", WHOLE("sk-ant-abc"), FIELD_FOREIGN_PREFIX},
		{"litellm/api_key", WHOLE("sk-1234"), FIELD_OK},
		{"litellm/api_key", WHOLE("xai-1234"), FIELD_OK},
		{"azure-openai/api_key", WHOLE("sk-ant-abc"), FIELD_FOREIGN_PREFIX},
		{"azure-openai/api_key", WHOLE("sk-abc"), FIELD_OK},
		{"portkey/api_key", WHOLE("sk-ant-abc"), FIELD_OK},
		{"gemini/api_key", WHOLE("xai-abc"), FIELD_FOREIGN_PREFIX},
		{"gemini/api_key", SO_FAR("pplx-"), FIELD_FOREIGN_PREFIX},
		{"xai/api_key", WHOLE("AIzaSyA"), FIELD_FOREIGN_PREFIX},
		{"mistral/api_key", WHOLE("pplx-abc"), FIELD_FOREIGN_PREFIX},
		{"mistral/api_key", WHOLE("AKIAabcdefghijklmnopqrstuvwxyz01"), FIELD_OK},
		{"perplexity/api_key", WHOLE("AIzaSyA"), FIELD_FOREIGN_PREFIX},
		{"bedrock/access_key_id", WHOLE("sk-ant-abc"), FIELD_FOREIGN_PREFIX},
		{"bedrock/bearer_token", WHOLE("AKIAIOSFODNN7EXAMPLE"), FIELD_FOREIGN_PREFIX},
		{"anthropic/api_key", WAIVED("AIzaSyA"), FIELD_FOREIGN_PREFIX},
		{"anthropic/auth_token", WHOLE("sk-ant-oat01-abc"), FIELD_OK},
		{"sample/nested", WHOLE("sk-ant-own-1"), FIELD_OK},
		{"sample/nested", SO_FAR("sk-ant-"), FIELD_OK},
		{"sample/nested", SO_FAR("sk-ant-ow"), FIELD_OK},
		{"sample/nested", SO_FAR("sk-ant-ox"), FIELD_FOREIGN_PREFIX},
		{"sample/nested", WHOLE("sk-ant-ow"), FIELD_FOREIGN_PREFIX},
		{"sample/nested", SO_FAR("sk-ant-\n"), FIELD_FOREIGN_PREFIX},
		{"sample/nested", WHOLE("sk-other"), FIELD_OK},
		{"sample/nested", WHOLE("xai-1"), FIELD_FOREIGN_PREFIX},
		{"sample/free", WHOLE("sk-ant-1"), FIELD_FOREIGN_PREFIX},
	};

	CHECK(rows);
}

Test(field, a_url_is_http_or_https_with_a_host)
{
	static const struct row rows[] = {
		{"sample/url", WHOLE("https://api.openai.com/v1\n"), FIELD_OK},
		{"sample/url", WHOLE("HTTPS://API.EXAMPLE.COM"), FIELD_OK},
		{"sample/url", WHOLE("http://localhost:8787/v1"), FIELD_OK},
		{"sample/url", WHOLE("http://[::1]:8080/a"), FIELD_OK},
		{"sample/url", WHOLE("http://[2001:db8::1]"), FIELD_OK},
		{"sample/url", WHOLE("http://10.0.0.1:1"), FIELD_OK},
		{"sample/url", WHOLE("http://10.0.0.1:65535/"), FIELD_OK},
		{"sample/url", WHOLE("https://user:pass@host.example/x?y=z#f"), FIELD_OK},
		{"sample/url", WHOLE("https://host?q"), FIELD_OK},
		{"sample/url",
		 WHOLE("https://b\xc3\xbc"
		       "cher.example/"),
		 FIELD_OK},
		{"sample/url", WHOLE("https://host:0"), FIELD_URL_FORM},
		{"sample/url", WHOLE("https://host:65536"), FIELD_URL_FORM},
		{"sample/url", WHOLE("https://host:100000"), FIELD_URL_FORM},
		{"sample/url", WHOLE("https://host:"), FIELD_URL_FORM},
		{"sample/url", WHOLE("https://host:80x"), FIELD_URL_FORM},
		{"sample/url", WHOLE("https://"), FIELD_URL_FORM},
		{"sample/url", WHOLE("https:///path"), FIELD_URL_FORM},
		{"sample/url", WHOLE("https://:80"), FIELD_URL_FORM},
		{"sample/url", WHOLE("https://[::1"), FIELD_URL_FORM},
		{"sample/url", WHOLE("https://[host]"), FIELD_URL_FORM},
		{"sample/url", WHOLE("https://a@b@c"), FIELD_URL_FORM},
		{"sample/url", WHOLE("http"), FIELD_URL_FORM},
		{"sample/url", WHOLE("https:/host"), FIELD_URL_FORM},
		{"sample/url", WHOLE("ftp://host"), FIELD_URL_FORM},
		{"sample/url", WHOLE("api.openai.com"), FIELD_URL_FORM},
		{"sample/url", WHOLE("https://host/a b"), FIELD_BLANK},
		{"sample/url", SO_FAR("https://host/a b"), FIELD_BLANK},
		{"sample/url", WHOLE("https://host/\tb"), FIELD_CONTROL},
		{"sample/url", SO_FAR("h"), FIELD_OK},
		{"sample/url", SO_FAR("HTTP"), FIELD_OK},
		{"sample/url", SO_FAR("https://"), FIELD_OK},
		{"sample/url", SO_FAR("https://host:99999"), FIELD_OK},
		{"sample/url", SO_FAR("https://[::"), FIELD_OK},
		{"sample/url", SO_FAR("f"), FIELD_URL_FORM},
		{"sample/url", SO_FAR("https:/h"), FIELD_URL_FORM},
		{"sample/url", SO_FAR("httpx"), FIELD_URL_FORM},
		{"sample/url", SO_FAR("https://\n"), FIELD_URL_FORM},
	};

	CHECK(rows);
}

Test(field, a_region_is_letters_digits_and_hyphens)
{
	static const struct row rows[] = {
		{"sample/region", WHOLE("eu-central-1\n"), FIELD_OK},
		{"sample/region", WHOLE("global"), FIELD_OK},
		{"sample/region", SO_FAR("eu-"), FIELD_OK},
		{"sample/region", WHOLE("eu_central"), FIELD_REGION_FORM},
		{"sample/region", SO_FAR("eu_"), FIELD_REGION_FORM},
		{"sample/region", WHOLE("eu central"), FIELD_BLANK},
		{"sample/region", WHOLE("\xc3\xa9u"), FIELD_REGION_FORM},
	};

	CHECK(rows);
}

Test(field, json_is_one_object)
{
	static const struct row rows[] = {
		{"sample/json", WHOLE("{}"), FIELD_OK},
		{"sample/json", WHOLE("{\"type\": \"service_account\", \"n\": [1, null]}\n"),
		 FIELD_OK},
		{"sample/json", WHOLE("{\"a\": \"\\u0000\", \"b\": 123456789012345678901}"),
		 FIELD_OK},
		{"sample/json", WHOLE("\r\n {\r\n\t\"a\": 1\r\n}\r\n\r\n"), FIELD_OK},
		{"sample/json", WHOLE("{"), FIELD_JSON_FORM},
		{"sample/json", WHOLE(" "), FIELD_JSON_FORM},
		{"sample/json", WHOLE("[]"), FIELD_JSON_FORM},
		{"sample/json", WHOLE("\"text\""), FIELD_JSON_FORM},
		{"sample/json", WHOLE("{\"a\": 1,}"), FIELD_JSON_FORM},
		{"sample/json", WHOLE("{\"a\": 1} {"), FIELD_JSON_FORM},
		{"sample/json", WHOLE("{\"a\": 1, \"a\": 2}"), FIELD_JSON_FORM},
		{"sample/json", WHOLE("{\"a\": \"x\ty\"}"), FIELD_JSON_FORM},
		{"sample/json", WHOLE("{\"a\": \"\x01\"}"), FIELD_CONTROL},
		{"sample/json", WHOLE("\xef\xbb\xbf{}"), FIELD_JSON_FORM},
		{"sample/json", SO_FAR("{"), FIELD_OK},
		{"sample/json", SO_FAR(" "), FIELD_OK},
		{"sample/json", SO_FAR("{\"a\": tr"), FIELD_OK},
		{"sample/json", SO_FAR("{\"a\": \"b\\"), FIELD_OK},
		{"sample/json", SO_FAR("{\"a\": 1}\r"), FIELD_OK},
		{"sample/json", SO_FAR("["), FIELD_JSON_FORM},
		{"sample/json", SO_FAR("{} {"), FIELD_JSON_FORM},
		{"sample/json", SO_FAR("{\"a\": ,"), FIELD_JSON_FORM},
		{"vertex/service_account.json", WHOLE("{\"type\": \"service_account\"}"), FIELD_OK},
		{"vertex/service_account.json", WHOLE("sk-abc"), FIELD_JSON_FORM},
	};

	CHECK(rows);
}

Test(field, pem_is_blocks)
{
	static const struct row rows[] = {
		{"sample/pem", WHOLE(BEGIN_KEY "QUJD\n" END_KEY), FIELD_OK},
		{"sample/pem", WHOLE(BEGIN_KEY "QUJD\n"), FIELD_PEM_FORM},
		{"sample/pem", SO_FAR(BEGIN_KEY "QUJD\n"), FIELD_OK},
		{"sample/pem", SO_FAR(BEGIN_KEY "QU D\n"), FIELD_PEM_FORM},
		{"sample/pem", WHOLE("no block"), FIELD_PEM_FORM},
		{"sample/pem", SO_FAR("no block"), FIELD_OK},
	};

	CHECK(rows);
}

struct length_row {
	const char *field;
	size_t size; /* of the value, of letters */
	const char *end;
	bool whole;
	enum field_rule rule;
};

Test(field, a_value_is_at_most_64_kib_without_its_newline)
{
	static const struct length_row rows[] = {
		{"sample/token", FIELD_VALUE_MAX, "", true, FIELD_OK},
		{"sample/token", FIELD_VALUE_MAX, "\n", true, FIELD_OK},
		{"sample/token", FIELD_VALUE_MAX, "\r\n", false, FIELD_OK},
		{"sample/token", FIELD_VALUE_MAX, "\r", false, FIELD_OK},
		{"sample/token", FIELD_VALUE_MAX + 1, "", true, FIELD_TOO_LONG},
		{"sample/token", FIELD_VALUE_MAX + 1, "", false, FIELD_TOO_LONG},
		{"sample/token", FIELD_VALUE_MAX + 1, "\n", false, FIELD_TOO_LONG},
		{"sample/text", FIELD_VALUE_MAX, "\n", true, FIELD_OK},
		{"sample/text", FIELD_VALUE_MAX, "\n\n", true, FIELD_TOO_LONG},
		{"sample/text", FIELD_VALUE_MAX + 1, "", false, FIELD_TOO_LONG},
		{"sample/json", FIELD_VALUE_MAX + 1, "", false, FIELD_TOO_LONG},
		{"generic/x", FIELD_VALUE_MAX + 1, "", false, FIELD_TOO_LONG},
	};
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load();
	static char bytes[FIELD_VALUE_MAX + 8];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum field_rule rule;

		memset(bytes, 'a', rows[i].size);
		memcpy(bytes + rows[i].size, rows[i].end, strlen(rows[i].end));
		rule = judge(find(catalogue, rows[i].field), bytes,
			     rows[i].size + strlen(rows[i].end), rows[i].whole, false);
		cr_expect_eq(rule, rows[i].rule, "row %zu: %s", i, field_rule_text(rule));
	}
}

/* What is refused early would have been refused with whatever follows: no accepted value has a
 * beginning that is refused. */
Test(field, no_beginning_of_an_accepted_value_is_refused)
{
	static const struct {
		const char *field;
		const char *value;
	} rows[] = {
		{"openai/api_key", "sk-proj-abc\r\n"},
		{"anthropic/api_key", "sk-ant-api03-abc\n"},
		{"sample/nested", "sk-ant-own-gr\xc3\xbc\xc3\x9f\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"sample/url", "https://user:12345678@[::1]:65535/p?q#f\r\n"},
		{"sample/region", "eu-central-1\n"},
		{"sample/json", "{\"a\": [true, false, null, -1.5e-10, {}, \"\\ud83d\\ude00 \\\" "
				"\xf0\x9f\x98\x80\"], \"b\": {\"c\": 0}}\r\n\r\n"},
		{"sample/pem", "text\r\n" BEGIN_KEY "QUJDQUJD\nQUI=\n" END_KEY "\n" BEGIN_KEY
			       "Proc-Type: 4,ENCRYPTED\nDEK-Info: X,1\n\nQQ==\n" END_KEY},
		{"sample/text", "a\r\n\tb\xc3\xa9\n\n"},
	};
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct provider_field *field = find(catalogue, rows[i].field);
		size_t length = strlen(rows[i].value);

		cr_expect_eq(judge(field, rows[i].value, length, true, false), FIELD_OK, "row %zu",
			     i);
		for (size_t size = 0; size <= length; size++) {
			enum field_rule rule = judge(field, rows[i].value, size, false, false);

			cr_expect_eq(rule, FIELD_OK, "row %zu, %zu bytes: %s", i, size,
				     field_rule_text(rule));
		}
	}
}

Test(field, a_line_has_blanks_and_no_second_line)
{
	static const struct row rows[] = {
		{"sample/line", WHOLE("a b \n"), FIELD_OK},
		{"sample/line", WHOLE("#\"'\\: x"), FIELD_OK},
		{"sample/line", WHOLE("a\nb"), FIELD_NEWLINE},
		{"sample/line", SO_FAR("a\n\n"), FIELD_NEWLINE},
		{"sample/line", WHOLE("a\tb"), FIELD_CONTROL},
		{"sample/line", WHOLE("a\0b"), FIELD_CONTROL},
		{"sample/line", WHOLE("\n"), FIELD_EMPTY},
	};

	CHECK(rows);
}

Test(field, a_port_is_a_number_that_ports_have)
{
	static const struct row rows[] = {
		{"sample/port", WHOLE("1\n"), FIELD_OK},
		{"sample/port", WHOLE("65535"), FIELD_OK},
		{"sample/port", WHOLE("65536"), FIELD_PORT_FORM},
		{"sample/port", SO_FAR("65536"), FIELD_PORT_FORM},
		{"sample/port", WHOLE("0"), FIELD_PORT_FORM},
		{"sample/port", WHOLE("05432"), FIELD_PORT_FORM},
		{"sample/port", WHOLE("-1"), FIELD_PORT_FORM},
		{"sample/port", WHOLE("99999999999999999999"), FIELD_PORT_FORM},
		{"sample/port", SO_FAR("54"), FIELD_OK},
		{"sample/port", SO_FAR("54x"), FIELD_PORT_FORM},
	};

	CHECK(rows);
}

Test(field, a_choice_is_one_of_those_that_there_are)
{
	static const struct row rows[] = {
		{"sample/choice", WHOLE("verify-ca\n"), FIELD_OK},
		{"sample/choice", WHOLE("require"), FIELD_OK},
		{"sample/choice", WHOLE("verify"), FIELD_CHOICE},
		{"sample/choice", WHOLE("verify-cat"), FIELD_CHOICE},
		{"sample/choice", WHOLE("Require"), FIELD_CHOICE},
		{"sample/choice", SO_FAR("verify"), FIELD_OK},
		{"sample/choice", SO_FAR("verify\n"), FIELD_CHOICE},
		{"sample/choice", SO_FAR("x"), FIELD_CHOICE},
	};

	CHECK(rows);
}

Test(field, a_url_of_data_has_a_scheme_and_no_password)
{
	static const struct row rows[] = {
		{"sample/data_url", WHOLE("postgresql://db.example/sales\n"), FIELD_OK},
		{"sample/data_url", WHOLE("db.example"), FIELD_DATA_URL_FORM},
		{"sample/data_url", WHOLE("postgresql:"), FIELD_DATA_URL_FORM},
		{"sample/data_url", SO_FAR("postgres"), FIELD_OK},
		{"sample/data_url", SO_FAR("1"), FIELD_DATA_URL_FORM},
		{"sample/data_url", WHOLE("postgresql://u:p@db/sales"), FIELD_PASSWORD},
		{"sample/data_url", SO_FAR("postgresql://u:p@"), FIELD_PASSWORD},
		{"sample/data_url", WHOLE("jdbc:x://db;user=u;password=p"), FIELD_PASSWORD},
		{"sample/data_url", WHOLE("jdbc:x://db a"), FIELD_BLANK},
	};

	CHECK(rows);
}

Test(field, every_rule_has_its_errno_and_its_sentence)
{
	static const int errors[FIELD_RULES] = {
		[FIELD_OK] = 0,
		[FIELD_EMPTY] = EKEYREJECTED,
		[FIELD_TOO_LONG] = EFBIG,
		[FIELD_CONTROL] = EKEYREJECTED,
		[FIELD_NEWLINE] = EKEYREJECTED,
		[FIELD_BLANK] = EKEYREJECTED,
		[FIELD_UTF8] = EKEYREJECTED,
		[FIELD_PREFIX] = EKEYREJECTED,
		[FIELD_FOREIGN_PREFIX] = EKEYREJECTED,
		[FIELD_URL_FORM] = EKEYREJECTED,
		[FIELD_DATA_URL_FORM] = EKEYREJECTED,
		[FIELD_PASSWORD] = EKEYREJECTED,
		[FIELD_PORT_FORM] = EKEYREJECTED,
		[FIELD_CHOICE] = EKEYREJECTED,
		[FIELD_REGION_FORM] = EKEYREJECTED,
		[FIELD_JSON_FORM] = EKEYREJECTED,
		[FIELD_PEM_FORM] = EKEYREJECTED,
		[FIELD_MEMORY] = ENOMEM,
	};

	for (int rule = 0; rule < FIELD_RULES; rule++) {
		cr_expect_eq(field_rule_errno((enum field_rule)rule), errors[rule], "%d", rule);
		cr_expect_gt(strlen(field_rule_text((enum field_rule)rule)), 0);
	}
}

Test(field, one_trailing_newline_is_dropped)
{
	static const struct {
		enum field_type type;
		const char *value;
		size_t size;
	} rows[] = {
		{FIELD_TOKEN, "", 0},	       {FIELD_TOKEN, "a", 1},	  {FIELD_TOKEN, "a\n", 1},
		{FIELD_TOKEN, "a\r\n", 1},     {FIELD_TOKEN, "a\n\n", 2}, {FIELD_TOKEN, "\n", 0},
		{FIELD_TOKEN, "\r\n", 0},      {FIELD_TOKEN, "a\r", 2},	  {FIELD_URL, "a\n", 1},
		{FIELD_REGION, "a\r\n", 1},    {FIELD_TEXT, "a\n", 1},	  {FIELD_TEXT, "a\r\n", 1},
		{FIELD_TEXT, "a\nb\n", 4},     {FIELD_TEXT, "a\n\n", 3},  {FIELD_TEXT, "a\nb", 3},
		{FIELD_TEXT, "a\r\nb\r\n", 6}, {FIELD_TEXT, "\n", 0},	  {FIELD_JSON, "{}\n", 3},
		{FIELD_PEM, "x\n", 2},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *value = rows[i].value;

		cr_expect_eq(field_trimmed(rows[i].type, (const uint8_t *)value, strlen(value)),
			     rows[i].size, "row %zu", i);
	}
}

Test(field, types_have_names_and_some_have_lines)
{
	static const struct {
		const char *name;
		enum field_type type;
		bool lines;
	} rows[] = {
		{"token", FIELD_TOKEN, false},	 {"url", FIELD_URL, false},
		{"region", FIELD_REGION, false}, {"json", FIELD_JSON, true},
		{"pem", FIELD_PEM, true},	 {"text", FIELD_TEXT, true},
	};
	enum field_type type;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect(field_type_parse(rows[i].name, &type));
		cr_expect_eq(type, rows[i].type);
		cr_expect_str_eq(field_type_name(type), rows[i].name);
		cr_expect_eq(field_type_has_lines(type), rows[i].lines, "%s", rows[i].name);
	}
	cr_expect_not(field_type_parse("Token", &type));
	cr_expect_not(field_type_parse("", &type));
}

#define NO_WARNING NULL
#define PREFIX_WARNING "does not begin as values of this field do"
#define PATTERN_WARNING "does not look like a value of this field"

Test(field, a_pattern_is_for_what_is_no_longer_than_8_kib)
{
	static const struct {
		size_t size;
		const char *warning;
	} rows[] = {{FIELD_PATTERN_MAX, PATTERN_WARNING}, {FIELD_PATTERN_MAX + 1, NO_WARNING}};
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load();
	char value[FIELD_PATTERN_MAX + 1];

	memset(value, 'a', sizeof value);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *warning = field_warning(find(catalogue, "sample/pattern"),
						    (const uint8_t *)value, rows[i].size);

		cr_expect((warning != NULL) == (rows[i].warning != NULL), "%zu: %s", rows[i].size,
			  warning ? warning : "none");
	}
}

Test(field, what_was_accepted_may_still_be_odd)
{
	static const struct {
		const char *field;
		const char *value;
		const char *warning;
	} rows[] = {
		{"sample/token", "abc", NO_WARNING},
		{"sample/token", "", NO_WARNING},
		{"sample/token", "\"abc\"", "is in quotes"},
		{"sample/token", "'abc'", "is in quotes"},
		{"sample/token", "'", NO_WARNING},
		{"sample/token", "gr\xc3\xbc\xc3\x9f", "has characters outside ASCII"},
		{"sample/text", "gr\xc3\xbc\xc3\x9f e", NO_WARNING},
		{"sample/text", " a", "begins or ends with a blank"},
		{"sample/text", "a\t", "begins or ends with a blank"},
		{"sample/free", "ak-1", NO_WARNING},
		{"sample/free", "zz", PREFIX_WARNING},
		{"sample/pattern", "abc", NO_WARNING},
		{"sample/pattern", "x;y", NO_WARNING},
		{"sample/pattern", "abcd", PATTERN_WARNING},
		{"sample/pattern", "zabc", PATTERN_WARNING},
		{"sample/url", "https://host/", NO_WARNING},
		{"sample/url", "http://localhost:80/", NO_WARNING},
		{"sample/url", "http://[::1]/", NO_WARNING},
		{"sample/url", "http://host/",
		 "sends credentials unencrypted: http to another host"},
		{"sample/url", "https://u:p@host/",
		 "has a login in it, although this field is not secret"},
		{"sample/secret_url", "https://u:p@host/", NO_WARNING},
		{"openai/api_key", "sk-short", PATTERN_WARNING},
		{"openai/api_key", "from-a-proxy", PREFIX_WARNING},
		{"gemini/api_key", "AQ.new", NO_WARNING},
		{"generic/x", "anything", NO_WARNING},
	};
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *warning = field_warning(find(catalogue, rows[i].field),
						    (const uint8_t *)rows[i].value,
						    strlen(rows[i].value));

		if (rows[i].warning)
			cr_expect(warning && strcmp(warning, rows[i].warning) == 0, "row %zu: %s",
				  i, warning ? warning : "none");
		else
			cr_expect_null(warning, "row %zu: %s", i, warning);
	}
}
