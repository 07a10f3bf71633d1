/*
 * inih splits sections and pairs. Out of the box it cuts lines at 200 bytes and names of sections
 * at 49, goes on after a fault, takes an indented line for more of the value before it, ends values
 * at " ;", skips a byte order mark and whatever stands behind a `]`, takes `key: value`, and does
 * not mention empty sections. Part of that is switched off by its variables, once, before main();
 * the rest is refused here, in the function that hands it one line after the other.
 */
#include "conf/ini.h"

#include <fcntl.h>
#include <ini.h>
#include <stdint.h>
#include <string.h>

#include "store/utf8.h"

enum { FILE_MAX = 1 << 20 };

#define BLANKS " \t"

__attribute__((constructor)) static void ini_prepare(void)
{
	ini_use_stack = true;
	ini_max_line = INI_LINE_MAX + 1;
	ini_stop_on_first_error = true;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_allow_no_value = false;
	ini_allow_bom = false;
}

/* Names met so far, to find the second of its kind. */
struct names {
	char **list;
	size_t count;
};

static void names_clear(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
	*names = (struct names){0};
}

static int names_add(struct names *names, const char *name)
{
	char **list;

	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->list[i], name) == 0)
			return -EEXIST;
	}
	list = reallocarray(names->list, names->count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	names->list = list;
	list[names->count] = strdup(name);
	if (!list[names->count])
		return -ENOMEM;
	names->count++;
	return 0;
}

struct reading {
	const char *name;
	const char *text;
	size_t size;
	size_t at;
	unsigned line;
	struct names sections;
	struct names keys; /* of the section that is being read */
	ini_pair_fn *each;
	void *context;
	struct conf_error *error;
	int result;
};

static void reading_done(struct reading *reading)
{
	names_clear(&reading->sections);
	names_clear(&reading->keys);
}

static int fault(struct reading *reading, const char *text)
{
	conf_error_set(reading->error, reading->name, reading->line, "%s", text);
	return -EINVAL;
}

static int call(struct reading *reading, const char *section, const char *key, const char *value)
{
	conf_error_set(reading->error, reading->name, reading->line, "malformed");
	return reading->each(reading->context, section, key, value, reading->error);
}

/* A name that may stand only once: -EINVAL when it was there already. */
static int add_once(struct reading *reading, struct names *names, const char *what,
		    const char *name)
{
	int r = names_add(names, name);

	if (r != -EEXIST)
		return r;
	conf_error_set(reading->error, reading->name, reading->line, "%s %s is given twice", what,
		       name);
	return -EINVAL;
}

static int check_characters(struct reading *reading, const char *line, size_t length)
{
	const uint8_t *bytes = (const uint8_t *)line;

	if (reading->line == 1 && length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
		return fault(reading, "the file begins with a byte order mark");
	for (size_t at = 0; at < length;) {
		uint32_t code_point;
		int used = utf8_next(bytes + at, length - at, &code_point);

		if (used <= 0)
			return fault(reading, "the line is not UTF-8");
		if (utf8_is_control(code_point) && code_point != '\t')
			return fault(reading, "the line has a control character");
		at += used;
	}
	return 0;
}

static int check_section(struct reading *reading, const char *line)
{
	const char *end = strchr(line, ']');
	char name[INI_SECTION_MAX + 1];
	size_t length;
	int r;

	if (!end)
		return fault(reading, "the section has no closing bracket");
	if (end[1 + strspn(end + 1, BLANKS)])
		return fault(reading, "there is text after the section's closing bracket");
	length = end - line - 1;
	if (length == 0 || strchr(BLANKS, line[1]) || strchr(BLANKS, end[-1]))
		return fault(reading, "the section's name is empty or surrounded by blanks");
	if (length > INI_SECTION_MAX)
		return fault(reading, "the section's name is longer than 49 bytes");
	memcpy(name, line + 1, length);
	name[length] = '\0';

	r = add_once(reading, &reading->sections, "section", name);
	if (r < 0)
		return r;
	names_clear(&reading->keys);
	return call(reading, name, NULL, NULL);
}

static int check_pair(struct reading *reading, const char *line)
{
	size_t delimiter = strcspn(line, "=:");

	if (line[delimiter] != '=')
		return fault(reading, "the line is neither [section] nor key = value");
	if (delimiter == 0)
		return fault(reading, "the line has no key before its =");
	if (reading->sections.count == 0)
		return fault(reading, "the line stands before any [section]");
	return 0;
}

static int check_line(struct reading *reading, const char *line, size_t length)
{
	int r = check_characters(reading, line, length);

	if (r < 0)
		return r;
	if (!line[strspn(line, BLANKS)] || strchr(";#", line[0]))
		return 0;
	if (strchr(BLANKS, line[0]))
		return fault(reading, "the line begins with a blank; a value is one line");
	return line[0] == '[' ? check_section(reading, line) : check_pair(reading, line);
}

/* inih's reader: the next line, without its end, in `buffer`; NULL at the end or a fault. */
static char *next_line(char *buffer, int size, void *context)
{
	struct reading *reading = context;
	const char *line = reading->text + reading->at;
	size_t left = reading->size - reading->at, length, used;
	const char *end;

	if (reading->result < 0 || left == 0)
		return NULL;
	end = memchr(line, '\n', left);
	length = end ? (size_t)(end - line) : left;
	used = end ? length + 1 : length;
	reading->line++;
	reading->at += used;
	if (end && length > 0 && line[length - 1] == '\r')
		length--;
	if (length >= (size_t)size) {
		reading->result = fault(reading, "the line is longer than 2047 bytes");
		return NULL;
	}

	memcpy(buffer, line, length);
	buffer[length] = '\0';
	reading->result = check_line(reading, buffer, length);
	return reading->result < 0 ? NULL : buffer;
}

/* inih's handler: 0 stops it. */
static int on_pair(void *context, const char *section, const char *key, const char *value)
{
	struct reading *reading = context;

	reading->result = add_once(reading, &reading->keys, "key", key);
	if (reading->result == 0)
		reading->result = call(reading, section, key, value);
	return reading->result == 0;
}

int ini_read_text(const char *name, const char *text, size_t size, ini_pair_fn *each, void *context,
		  struct conf_error *error)
{
	CLEANUP(reading_done)
	struct reading reading = {
		.name = name,
		.text = text,
		.size = size,
		.each = each,
		.context = context,
		.error = error,
	};
	int r = ini_parse_stream(next_line, &reading, on_pair, &reading);

	if (reading.result == -ENOMEM)
		conf_error_set(error, name, reading.line, "no memory");
	if (reading.result < 0)
		return reading.result;
	return r ? fault(&reading, "the line cannot be read") : 0;
}

static int read_file(const char *path, char **ret, size_t *ret_size)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	CLEANUP_FREE char *text = NULL;
	size_t size = 0;

	if (fd < 0)
		return -errno;
	text = malloc(FILE_MAX + 1);
	if (!text)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read(fd, text + size, FILE_MAX + 1 - size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		if (n > 0)
			size += n;
		if (size > FILE_MAX)
			return -EFBIG;
	}
	*ret = TAKE_PTR(text);
	*ret_size = size;
	return 0;
}

int ini_read_file(const char *path, ini_pair_fn *each, void *context, struct conf_error *error)
{
	CLEANUP_FREE char *text = NULL;
	size_t size;
	int r = read_file(path, &text, &size);

	if (r < 0) {
		conf_error_set(error, path, 0, "cannot be read: %s", strerror(-r));
		return r;
	}
	return ini_read_text(path, text, size, each, context, error);
}
