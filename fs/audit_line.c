#include "fs/audit_line.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "store/utf8.h"

/* Names of the format: they stay as they are. */
static const char *const names[] = {
	[AUDIT_READ] = "read",
	[AUDIT_CREATE] = "create",
	[AUDIT_SAVE] = "save",
	[AUDIT_DELETE] = "delete",
	[AUDIT_RENAME] = "rename",
	[AUDIT_MKDIR] = "mkdir",
	[AUDIT_RMDIR] = "rmdir",
	[AUDIT_LINK] = "link",
	[AUDIT_UNLINK] = "unlink",
	[AUDIT_ROLE] = "role",
	[AUDIT_PROVIDER] = "provider",
	[AUDIT_RESTORE] = "restore",
	[AUDIT_ATTRIBUTES] = "attributes",
	[AUDIT_LOST] = "lost",
	[AUDIT_TORN] = "torn",
};
_Static_assert(sizeof names / sizeof names[0] == AUDIT_OPERATIONS, "every operation has a name");

const char *audit_operation_name(enum audit_operation operation)
{
	return names[operation];
}

struct line {
	char *bytes;
	size_t size;
	bool full;
};

static void put(struct line *line, const char *bytes, size_t size)
{
	if (size > AUDIT_LINE_MAX - line->size) {
		line->full = true;
		return;
	}
	memcpy(line->bytes + line->size, bytes, size);
	line->size += size;
}

static void put_text(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

static void put_number(struct line *line, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	put(line, digits + at, sizeof digits - at);
}

static void put_escape(struct line *line, unsigned code)
{
	static const char hex[] = "0123456789abcdef";
	const char escape[] = {'\\', 'u', '0', '0', hex[code >> 4 & 15], hex[code & 15]};

	put(line, escape, sizeof escape);
}

/* One character, or a byte that is none: programs choose their own names, and any name may be asked
 * for. */
static size_t put_character(struct line *line, const char *text, size_t size)
{
	const unsigned char first = (unsigned char)*text;
	uint32_t code = 0;
	int length;

	if (first == '"' || first == '\\') {
		put(line, "\\", 1);
		put(line, text, 1);
		return 1;
	}
	if (first < 0x20 || first == 0x7f) {
		put_escape(line, first);
		return 1;
	}
	length = utf8_next((const uint8_t *)text, size, &code);
	if (length <= 0) {
		put_text(line, "\\ufffd");
		return 1;
	}
	put(line, text, (size_t)length);
	return (size_t)length;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_string(struct line *line, const char *text)
{
	size_t left = strlen(text);

	put(line, "\"", 1);
	while (left) {
		size_t length = 0;

		while (length < left && is_plain((unsigned char)text[length]))
			length++;
		if (length)
			put(line, text, length);
		else
			length = put_character(line, text, left);
		text += length;
		left -= length;
	}
	put(line, "\"", 1);
}

static void put_key(struct line *line, const char *key)
{
	put(line, line->size ? "," : "{", 1);
	put_string(line, key);
	put(line, ":", 1);
}

static void put_member(struct line *line, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	put_key(line, key);
	put_string(line, value);
}

static void put_count(struct line *line, const char *key, uint64_t count)
{
	if (!count)
		return;
	put_key(line, key);
	put_number(line, count);
}

static void put_padded(struct line *line, unsigned number, unsigned digits, const char *after)
{
	char text[16];
	size_t at = digits;

	for (; at > 0; number /= 10)
		text[--at] = (char)('0' + number % 10);
	put(line, text, digits);
	put_text(line, after);
}

static void put_time(struct line *line, uint64_t time)
{
	const time_t seconds = (time_t)(time / 1000000000u);
	struct tm tm = {0};

	gmtime_r(&seconds, &tm);
	put_key(line, "time");
	put(line, "\"", 1);
	put_padded(line, (unsigned)tm.tm_year + 1900, 4, "-");
	put_padded(line, (unsigned)tm.tm_mon + 1, 2, "-");
	put_padded(line, (unsigned)tm.tm_mday, 2, "T");
	put_padded(line, (unsigned)tm.tm_hour, 2, ":");
	put_padded(line, (unsigned)tm.tm_min, 2, ":");
	put_padded(line, (unsigned)tm.tm_sec, 2, ".");
	put_padded(line, (unsigned)(time % 1000000000u), 9, "Z\"");
}

/* Room for what stands around the list, whatever names there are in it. */
enum { FIELDS_MAX = AUDIT_LINE_MAX - 64 };

/* An array of strings; what does not fit is counted. */
static uint64_t put_fields(struct line *line, const char *fields)
{
	uint64_t left_out = 0;
	bool first = true;

	put_key(line, "fields");
	put(line, "[", 1);
	while (*fields) {
		const size_t length = strcspn(fields, "\n");
		const size_t before = line->size;
		char name[1024];

		snprintf(name, sizeof name, "%.*s", (int)length, fields);
		fields += length + (fields[length] == '\n');
		if (!first)
			put(line, ",", 1);
		put_string(line, name);
		if (line->full || line->size > FIELDS_MAX) {
			line->full = false;
			line->size = before;
			left_out++;
			continue;
		}
		first = false;
	}
	put(line, "]", 1);
	return left_out;
}

static const char *result_name(int result)
{
	const char *name = result ? strerrorname_np(-result) : "ok";

	return name ? name : "unknown";
}

int audit_line_make(const struct audit_event *event, char ret[AUDIT_LINE_MAX], size_t *ret_size)
{
	struct line line = {.bytes = ret};
	uint64_t left_out = 0;

	put_time(&line, event->time);
	put_member(&line, "host", event->host);
	put_key(&line, "uid");
	put_number(&line, event->uid);
	put_member(&line, "user", event->user);
	put_count(&line, "pid", (uint64_t)event->pid);
	put_member(&line, "program", event->program);
	put_member(&line, "operation", names[event->operation]);
	put_member(&line, "path", event->path);
	put_member(&line, "to", event->to);
	put_member(&line, "result", result_name(event->result));
	put_count(&line, "version", event->version);
	if (event->fields && *event->fields)
		left_out = put_fields(&line, event->fields);
	put_count(&line, "count", event->count + left_out);
	put_text(&line, "}\n");
	if (line.full)
		return -EFBIG;
	*ret_size = line.size;
	return 0;
}
