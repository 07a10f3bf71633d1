#include "conf/field.h"

#include <ctype.h>
#include <string.h>

#include "conf/data_url.h"
#include "conf/json.h"
#include "conf/pem.h"
#include "conf/url.h"
#include "store/utf8.h"

/* What is judged: without the newline that is dropped, and whether more may follow. */
struct view {
	const uint8_t *bytes;
	size_t size;
	bool whole;
};

static int region_check(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!isalnum(bytes[i]) && bytes[i] != '-')
			return -EINVAL;
	}
	return 0;
}

static int port_check(const uint8_t *bytes, size_t size)
{
	unsigned port = 0;

	for (size_t i = 0; i < size; i++) {
		if (!isdigit(bytes[i]) || (bytes[i] == '0' && port == 0))
			return -EINVAL;
		port = port * 10 + (bytes[i] - '0');
		if (port > 65535)
			return -EINVAL;
	}
	return 0;
}

static const struct {
	const char *name;
	bool lines;
	bool blanks;
	int (*check)(const uint8_t *bytes, size_t size); /* the form, if it has one */
	enum field_rule broken;
} types[] = {
	[FIELD_TOKEN] = {.name = "token"},
	[FIELD_LINE] = {.name = "line", .blanks = true},
	[FIELD_URL] = {"url", false, false, url_check, FIELD_URL_FORM},
	[FIELD_DATA_URL] = {"data-url", false, false, data_url_check, FIELD_DATA_URL_FORM},
	[FIELD_PORT] = {"port", false, false, port_check, FIELD_PORT_FORM},
	[FIELD_REGION] = {"region", false, false, region_check, FIELD_REGION_FORM},
	[FIELD_JSON] = {"json", true, true, json_check, FIELD_JSON_FORM},
	[FIELD_PEM] = {"pem", true, true, pem_check, FIELD_PEM_FORM},
	[FIELD_TEXT] = {.name = "text", .lines = true, .blanks = true},
};
_Static_assert(sizeof(types) / sizeof(types[0]) == FIELD_TYPES, "each type has its row");

static const struct {
	int error;
	const char *text;
} rules[] = {
	[FIELD_OK] = {0, "is accepted"},
	[FIELD_EMPTY] = {EKEYREJECTED, "is empty"},
	[FIELD_TOO_LONG] = {EFBIG, "is longer than 64 KiB"},
	[FIELD_CONTROL] = {EKEYREJECTED, "has a control character"},
	[FIELD_NEWLINE] = {EKEYREJECTED, "has more than one line"},
	[FIELD_BLANK] = {EKEYREJECTED, "has a blank"},
	[FIELD_UTF8] = {EKEYREJECTED, "is not UTF-8"},
	[FIELD_PREFIX] = {EKEYREJECTED, "lacks the prefix its provider requires"},
	[FIELD_FOREIGN_PREFIX] = {EKEYREJECTED, "begins with another vendor's prefix"},
	[FIELD_URL_FORM] = {EKEYREJECTED, "is not an http or https URL"},
	[FIELD_DATA_URL_FORM] = {EKEYREJECTED,
				 "is not a URL, with a scheme and something behind it"},
	[FIELD_PASSWORD] = {EKEYREJECTED,
			    "has a password in it, which belongs into an account: all see this"},
	[FIELD_PORT_FORM] = {EKEYREJECTED, "is not a number from 1 to 65535"},
	[FIELD_CHOICE] = {EKEYREJECTED, "is none of the values that the catalogue lists"},
	[FIELD_REGION_FORM] = {EKEYREJECTED, "is not letters, digits and hyphens"},
	[FIELD_JSON_FORM] = {EKEYREJECTED, "is not one JSON object"},
	[FIELD_PEM_FORM] = {EKEYREJECTED, "is not PEM"},
	[FIELD_MEMORY] = {ENOMEM, "could not be judged, for lack of memory that can be locked"},
};
_Static_assert(sizeof(rules) / sizeof(rules[0]) == FIELD_RULES, "each rule has its row");

const char *field_type_name(enum field_type type)
{
	return types[type].name;
}

bool field_type_parse(const char *name, enum field_type *ret)
{
	for (size_t i = 0; i < FIELD_TYPES; i++) {
		if (strcmp(types[i].name, name) == 0) {
			*ret = (enum field_type)i;
			return true;
		}
	}
	return false;
}

bool field_type_has_lines(enum field_type type)
{
	return types[type].lines;
}

int field_rule_errno(enum field_rule rule)
{
	return rules[rule].error;
}

const char *field_rule_text(enum field_rule rule)
{
	return rules[rule].text;
}

size_t field_trimmed(enum field_type type, const uint8_t *bytes, size_t size)
{
	size_t cut;

	if (size == 0 || bytes[size - 1] != '\n')
		return size;
	cut = size > 1 && bytes[size - 2] == '\r' ? 2 : 1;
	if (types[type].lines && type != FIELD_TEXT)
		return size;
	if (type == FIELD_TEXT && memchr(bytes, '\n', size - 1))
		return size;
	return size - cut;
}

/* A carriage return at the end of what is there so far may be half of a line's end. */
static struct view view_new(const struct field_judgement *judgement)
{
	enum field_type type = judgement->field->type;
	struct view view = {
		.bytes = judgement->bytes,
		.size = field_trimmed(type, judgement->bytes, judgement->size),
		.whole = judgement->whole,
	};

	if (!types[type].lines && view.size < judgement->size)
		view.whole = true;
	if (!view.whole && view.size > 0 && view.bytes[view.size - 1] == '\r')
		view.size--;
	return view;
}

static bool is_line_end(const struct view *view, size_t at)
{
	return view->bytes[at] == '\n' ||
	       (view->bytes[at] == '\r' && at + 1 < view->size && view->bytes[at + 1] == '\n');
}

/* An unfinished character at the end of what is there so far is taken off. */
static enum field_rule judge_characters(struct view *view, enum field_type type)
{
	for (size_t at = 0; at < view->size;) {
		uint32_t code_point;
		int used = utf8_next(view->bytes + at, view->size - at, &code_point);

		if (used < 0 || (used == 0 && view->whole))
			return FIELD_UTF8;
		if (used == 0) {
			view->size = at;
			break;
		}
		if (is_line_end(view, at)) {
			if (!types[type].lines)
				return FIELD_NEWLINE;
		} else if (utf8_is_control(code_point)) {
			if (!types[type].lines || code_point != '\t')
				return FIELD_CONTROL;
		} else if (utf8_is_blank(code_point) && !types[type].blanks) {
			return FIELD_BLANK;
		}
		at += used;
	}
	return FIELD_OK;
}

static bool is_empty(const struct view *view)
{
	for (size_t i = 0; i < view->size; i++) {
		if (view->bytes[i] != '\r' && view->bytes[i] != '\n')
			return false;
	}
	return true;
}

static bool has_prefix(const struct view *view, const char *prefix)
{
	size_t length = strlen(prefix);

	return view->size >= length && memcmp(view->bytes, prefix, length) == 0;
}

/* Whether the value begins with one of the prefixes that are longer than `longer`, or may still
 * come to. */
static bool may_have_prefix(const struct view *view, char *const *prefixes, size_t longer)
{
	for (char *const *prefix = prefixes; prefix && *prefix; prefix++) {
		size_t length = strlen(*prefix);

		if (length <= longer)
			continue;
		if (has_prefix(view, *prefix))
			return true;
		if (!view->whole && view->size < length &&
		    memcmp(view->bytes, *prefix, view->size) == 0)
			return true;
	}
	return false;
}

static enum field_rule judge_prefix(const struct field_judgement *judgement,
				    const struct view *view)
{
	const struct provider_field *field = judgement->field;

	for (char **foreign = field->foreign; foreign && *foreign; foreign++) {
		if (has_prefix(view, *foreign) &&
		    !may_have_prefix(view, field->prefixes, strlen(*foreign)))
			return FIELD_FOREIGN_PREFIX;
	}
	if (field->prefix_required && !judgement->prefix_waived &&
	    !may_have_prefix(view, field->prefixes, 0))
		return FIELD_PREFIX;
	return FIELD_OK;
}

static enum field_rule judge_form(const struct view *view, enum field_type type)
{
	int r = types[type].check ? types[type].check(view->bytes, view->size) : 0;

	if (r == -EACCES)
		return FIELD_PASSWORD;
	if (r == 0 || (r != -EINVAL && !view->whole))
		return FIELD_OK;
	return r == -ENOMEM ? FIELD_MEMORY : types[type].broken;
}

/* Whether the value is one of the choices, or may still come to be. */
static bool is_choice(const struct view *view, char *const *choices)
{
	for (; *choices; choices++) {
		const size_t length = strlen(*choices);

		if ((view->size == length || (!view->whole && view->size < length)) &&
		    memcmp(view->bytes, *choices, view->size) == 0)
			return true;
	}
	return false;
}

enum field_rule field_judge(const struct field_judgement *judgement)
{
	enum field_type type = judgement->field->type;
	struct view view = view_new(judgement);
	enum field_rule rule;

	if (view.size > FIELD_VALUE_MAX)
		return FIELD_TOO_LONG;
	rule = judge_characters(&view, type);
	if (rule != FIELD_OK)
		return rule;
	if (is_empty(&view))
		return view.whole ? FIELD_EMPTY : FIELD_OK;
	rule = judge_prefix(judgement, &view);
	if (rule != FIELD_OK)
		return rule;
	if (judgement->field->choices && !is_choice(&view, judgement->field->choices))
		return FIELD_CHOICE;
	return judge_form(&view, type);
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static bool is_in_quotes(const uint8_t *bytes, size_t size)
{
	return size > 1 && (bytes[0] == '"' || bytes[0] == '\'') && bytes[size - 1] == bytes[0];
}

static bool is_ascii(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] >= 0x80)
			return false;
	}
	return true;
}

/* A longer one is none that people copy about. What begins and ends as a key, and is not, is gone
 * through again from each of its letters on, while everybody else waits. */
static bool looks_strange(const struct provider_field *field, const uint8_t *bytes, size_t size)
{
	return field->pattern && size <= FIELD_PATTERN_MAX &&
	       expression_match(field->pattern, bytes, size, NULL, 0) < 0;
}

const char *field_warning(const struct provider_field *field, const uint8_t *bytes, size_t size)
{
	const struct view view = {.bytes = bytes, .size = size, .whole = true};

	if (size == 0)
		return NULL;
	if (is_in_quotes(bytes, size))
		return "is in quotes";
	if (types[field->type].blanks && !types[field->type].check &&
	    (is_blank(bytes[0]) || is_blank(bytes[size - 1])))
		return "begins or ends with a blank";
	if (field->type == FIELD_TOKEN && !is_ascii(bytes, size))
		return "has characters outside ASCII";
	if (field->prefixes && !may_have_prefix(&view, field->prefixes, 0))
		return "does not begin as values of this field do";
	if (looks_strange(field, bytes, size))
		return "does not look like a value of this field";
	if (field->type == FIELD_URL && url_is_unencrypted(bytes, size))
		return "sends credentials unencrypted: http to another host";
	if (field->type == FIELD_URL && !field->secret && url_has_login(bytes, size))
		return "has a login in it, although this field is not secret";
	return NULL;
}
