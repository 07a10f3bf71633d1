#include "conf/principal.h"

#include <string.h>

#include "conf/printer.h"
#include "conf/words.h"
#include "store/utf8.h"

#define BLANKS " \t"

static const struct {
	const char *prefix;
	bool group;
} kinds[] = {
	{"user:", false},
	{"group:", true},
};

void principals_done(struct principals *principals)
{
	for (size_t i = 0; i < principals->count; i++)
		free(principals->list[i].name);
	free(principals->list);
	*principals = (struct principals){0};
}

static bool principal_name_is_valid(const char *name, size_t length)
{
	if (length < 1 || length > PRINCIPAL_NAME_MAX)
		return false;
	for (size_t at = 0; at < length;) {
		uint32_t code_point;
		int used = utf8_next((const uint8_t *)name + at, length - at, &code_point);

		if (used <= 0 || utf8_is_control(code_point) || utf8_is_blank(code_point))
			return false;
		if (code_point == ':' || code_point == '/' || code_point == ',')
			return false;
		at += used;
	}
	return true;
}

static bool principals_have(const struct principals *principals, bool group, const char *name,
			    size_t length)
{
	for (size_t i = 0; i < principals->count; i++) {
		const struct principal *principal = &principals->list[i];

		if (principal->group == group && strncmp(principal->name, name, length) == 0 &&
		    principal->name[length] == '\0')
			return true;
	}
	return false;
}

static int principals_append(struct principals *principals, bool group, const char *name,
			     size_t length)
{
	struct principal *list =
		reallocarray(principals->list, principals->count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	principals->list = list;
	list[principals->count] = (struct principal){.group = group, .name = strndup(name, length)};
	if (!list[principals->count].name)
		return -ENOMEM;
	principals->count++;
	return 0;
}

/* Add what `user:NAME` says, once. */
static int principals_add(struct principals *principals, const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t skip = strlen(kinds[i].prefix);

		if (length < skip || memcmp(text, kinds[i].prefix, skip) != 0)
			continue;
		if (!principal_name_is_valid(text + skip, length - skip))
			return -EINVAL;
		if (principals_have(principals, kinds[i].group, text + skip, length - skip))
			return 0;
		return principals_append(principals, kinds[i].group, text + skip, length - skip);
	}
	return -EINVAL;
}

static bool line_is_blank(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (line[i] != ' ' && line[i] != '\t')
			return false;
	}
	return true;
}

int principals_parse(const char *text, size_t size, bool whole, struct principals *ret,
		     unsigned *ret_line)
{
	CLEANUP_PRINCIPALS struct principals principals = {0};
	unsigned number = 0;

	if (size > PRINCIPALS_TEXT_MAX)
		return -EFBIG;
	for (size_t at = 0; at < size;) {
		const char *line = text + at;
		const char *end = memchr(line, '\n', size - at);
		size_t length = end ? (size_t)(end - line) : size - at;
		int r = 0;

		if (!end && !whole)
			break;
		number++;
		if (!line_is_blank(line, length))
			r = principals_add(&principals, line, length);
		if (r == -EINVAL && ret_line)
			*ret_line = number;
		if (r < 0)
			return r;
		at += end ? length + 1 : length;
	}
	*ret = principals;
	principals = (struct principals){0};
	return 0;
}

int principals_format(const struct principals *principals, char **ret)
{
	CLEANUP_PRINTER struct printer printer = {0};
	int r = printer_begin(&printer);

	if (r < 0)
		return r;
	for (size_t i = 0; i < principals->count; i++)
		fprintf(printer.file, "%s:%s\n", principals->list[i].group ? "group" : "user",
			principals->list[i].name);
	return printer_end(&printer, ret, NULL);
}

int principals_parse_setting(const char *text, struct principals *ret)
{
	CLEANUP_PRINCIPALS struct principals principals = {0};
	CLEANUP_WORDS char **words = NULL;
	int r = words_split(text, "," BLANKS, &words);

	if (r < 0)
		return r;
	for (char **word = words; *word; word++) {
		r = principals_add(&principals, *word, strlen(*word));
		if (r < 0)
			return r;
	}
	*ret = principals;
	principals = (struct principals){0};
	return 0;
}
