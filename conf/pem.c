#include "conf/pem.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define DASHES "-----"
#define BEGIN DASHES "BEGIN "
#define END DASHES "END "

struct span {
	const char *text;
	size_t size;
};

enum state {
	OUTSIDE, /* before, between and after blocks */
	FIRST,	 /* after BEGIN: a header or the body */
	HEADERS, /* until an empty line */
	BODY,
	STATES,
};

struct pem {
	enum state state;
	struct span label;
	size_t characters; /* of base64 so far, with padding */
	size_t padding;
	size_t blocks;
};

static bool begins(struct span line, const char *with)
{
	size_t size = strlen(with);

	return line.size >= size && memcmp(line.text, with, size) == 0;
}

static struct span trim(struct span line)
{
	while (line.size > 0 && memchr(" \t\r", line.text[line.size - 1], 3))
		line.size--;
	return line;
}

/* The label of `-----BEGIN label-----`. */
static bool boundary_label(struct span line, const char *with, struct span *ret)
{
	struct span label;

	if (!begins(line, with))
		return false;
	label = (struct span){line.text + strlen(with), line.size - strlen(with)};
	if (label.size <= strlen(DASHES))
		return false;
	label.size -= strlen(DASHES);
	if (memcmp(label.text + label.size, DASHES, strlen(DASHES)) != 0)
		return false;
	if (memchr(label.text, '-', label.size))
		return false;
	*ret = label;
	return true;
}

static bool line_outside(struct pem *pem, struct span line)
{
	if (!begins(line, DASHES))
		return true;
	if (!boundary_label(line, BEGIN, &pem->label))
		return false;
	pem->state = FIRST;
	pem->characters = 0;
	pem->padding = 0;
	return true;
}

static bool line_end(struct pem *pem, struct span line)
{
	struct span label;

	if (!boundary_label(line, END, &label))
		return false;
	if (label.size != pem->label.size || memcmp(label.text, pem->label.text, label.size) != 0)
		return false;
	if (pem->characters == 0 || pem->characters % 4 != 0)
		return false;
	pem->state = OUTSIDE;
	pem->blocks++;
	return true;
}

static bool line_body(struct pem *pem, struct span line)
{
	pem->state = BODY;
	if (begins(line, DASHES))
		return line_end(pem, line);
	for (size_t i = 0; i < line.size; i++) {
		unsigned char c = line.text[i];

		if (c == '=' && pem->padding < 2)
			pem->padding++;
		else if (pem->padding > 0 || !(isalnum(c) || c == '+' || c == '/'))
			return false;
		pem->characters++;
	}
	return true;
}

static bool line_headers(struct pem *pem, struct span line)
{
	if (line.size == 0)
		pem->state = BODY;
	return line.size == 0 || line.text[0] == ' ' || memchr(line.text, ':', line.size);
}

static bool line_first(struct pem *pem, struct span line)
{
	if (line.size == 0 || !memchr(line.text, ':', line.size))
		return line_body(pem, line);
	pem->state = HEADERS;
	return true;
}

static bool (*const lines[])(struct pem *pem, struct span line) = {
	[OUTSIDE] = line_outside,
	[FIRST] = line_first,
	[HEADERS] = line_headers,
	[BODY] = line_body,
};
_Static_assert(sizeof(lines) / sizeof(lines[0]) == STATES, "each state has its rule");

int pem_check(const uint8_t *bytes, size_t size)
{
	struct pem pem = {.state = OUTSIDE};

	for (size_t at = 0; at < size;) {
		const char *text = (const char *)bytes + at;
		const char *end = memchr(text, '\n', size - at);
		struct span line = {text, end ? (size_t)(end - text) : size - at};

		/* A last line without its end may still grow into a right one. */
		if (!lines[pem.state](&pem, trim(line)))
			return end ? -EINVAL : -EAGAIN;
		at += end ? line.size + 1 : line.size;
	}
	return pem.state == OUTSIDE && pem.blocks > 0 ? 0 : -EAGAIN;
}
