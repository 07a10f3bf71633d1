/*
 * A value in each format: what is not refused is read back whole, by readers written after the
 * rules that all readers of the format share, and makes no line but its own.
 */
#include "conf/json.h"
#include "conf/render.h"
#include "tests/fuzz/fuzz.h"

struct view {
	const uint8_t *bytes;
	size_t size;
};

static size_t lines_of(const struct view *text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text->size; i++)
		lines += text->bytes[i] == '\n';
	return lines;
}

static bool is_same(const struct view *a, const struct view *b)
{
	return a->size == b->size && (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}

static struct view without(struct view text, size_t begin, size_t end)
{
	FUZZ_CHECK(text.size >= begin + end);
	return (struct view){text.bytes + begin, text.size - begin - end};
}

/* Takes off a backslash before each byte that has one. */
static size_t unescape(const struct view *text, uint8_t *ret)
{
	size_t size = 0;

	for (size_t i = 0; i < text->size; i++) {
		i += text->bytes[i] == '\\';
		FUZZ_CHECK(i < text->size);
		ret[size++] = text->bytes[i];
	}
	return size;
}

static bool is_quoted(const struct view *text)
{
	return text->size >= 2 && (text->bytes[0] == '\'' || text->bytes[0] == '"') &&
	       text->bytes[0] == text->bytes[text->size - 1];
}

static void check(enum render_format format, const struct view *whole, const struct view *value)
{
	const size_t group = strlen("[g]\n");
	uint8_t *room = malloc(whole->size + 1);
	struct view found = {0};
	size_t lines = 1;

	FUZZ_CHECK(room && whole->size && whole->bytes[whole->size - 1] == '\n');
	switch (format) {
	case RENDER_ENV:
		found = without(*whole, strlen("N="), 1);
		if (is_quoted(&found))
			found = without(found, 1, 1);
		break;
	case RENDER_AWS:
		lines = 2;
		found = without(*whole, group + strlen("N = "), 1);
		break;
	case RENDER_SERVICE:
		lines = 2;
		found = without(*whole, group + strlen("N="), 1);
		break;
	case RENDER_MYSQL:
		lines = 2;
		found = without(*whole, group + strlen("N=\""), 2);
		found = (struct view){room, unescape(&found, room)};
		break;
	case RENDER_COPY:
		lines = lines_of(whole);
		found = without(*whole, 0, value->bytes[value->size - 1] == '\n' ? 0 : 1);
		break;
	case RENDER_JSON:
		FUZZ_CHECK(json_check(whole->bytes, whole->size) == 0);
		found = *value;
		break;
	case RENDER_PGPASS:
	case RENDER_FORMATS:
	default:
		found = without(*whole, strlen("h:p:d:u:"), 1);
		found = (struct view){room, unescape(&found, room)};
	}
	FUZZ_CHECK(lines_of(whole) == lines && is_same(&found, value));
	free(room);
}

static void render(enum render_format format, const uint8_t *bytes, size_t size)
{
	const struct render_value five[] = {
		{"h", (const uint8_t *)"h", 1, false},
		{"p", (const uint8_t *)"p", 1, false},
		{"d", (const uint8_t *)"d", 1, false},
		{"u", (const uint8_t *)"u", 1, false},
		{"N", bytes, size, false},
	};
	const bool pgpass = format == RENDER_PGPASS;
	const struct render request = {format, "g", pgpass ? five : &five[4], pgpass ? 5 : 1};
	const struct view value = {bytes, size};
	struct secret *text = NULL;
	size_t index = 0;
	int r = render_text(&request, fuzz_pool(), &text, &index);

	FUZZ_CHECK(r == 0 || (r == -EILSEQ && index == (pgpass ? 4 : 0)));
	if (r == 0) {
		const struct view whole = {secret_view(text), secret_size(text)};

		check(format, &whole, &value);
	}
	secret_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	/* The longest value. */
	if (size > 65536)
		return 0;
	for (enum render_format format = 0; format < RENDER_FORMATS; format++)
		render(format, bytes, size);
	return 0;
}
