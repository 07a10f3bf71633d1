#include "conf/data_place.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "conf/expression.h"

/* The expression's parts, as it numbers them. */
enum part { WHOLE, JDBC, LOGIN, HOST, ADDRESS, COLON, PORT, SLASH, DATABASE, REST, PARTS };

#define SCHEME_PART "(jdbc:)?[A-Za-z][A-Za-z0-9+.-]*://"
#define LOGIN_PART "([^][/?#@;]*@)?"
#define HOST_PART "([^][/?#@:;,()]+|\\[([0-9A-Fa-f:.]+)])?"
#define PORT_PART "(:([0-9]{1,5}))?"
#define PATH_PART "(/([^/?#;]*))?"
#define REST_PART "([?#;].*)?"

static const char form[] = SCHEME_PART LOGIN_PART HOST_PART PORT_PART PATH_PART REST_PART;

/* A parameter counts more, as it does for libpq. */
static const struct {
	const char *name;
	const char *parameter;
	enum part part; /* WHOLE: a parameter only */
	bool jdbc;	/* the parameter is called so there, too */
} places[] = {
	{"host", "host", HOST, false},		 {"port", "port", PORT, false},
	{"database", "dbname", DATABASE, false}, {"socket", "socket", WHOLE, false},
	{"sslmode", "sslmode", WHOLE, true},
};
enum { PLACES = sizeof places / sizeof places[0] };

struct piece {
	const char *text;
	size_t size;
};

/* Empty ones are as those that are not there. */
static struct piece piece_of(const uint8_t *bytes, const struct expression_part *part)
{
	if (!part->present)
		return (struct piece){NULL, 0};
	return (struct piece){(const char *)bytes + part->start, part->end - part->start};
}

/* Of "?a=b&c=d#e". */
static struct piece find_parameter(struct piece rest, const char *name)
{
	const size_t length = strlen(name);
	const char *end = rest.size ? memchr(rest.text, '#', rest.size) : NULL;
	const char *at = rest.text;

	if (!rest.size || *at != '?')
		return (struct piece){NULL, 0};
	end = end ? end : rest.text + rest.size;
	while (at < end) {
		const char *next = memchr(at + 1, '&', (size_t)(end - at - 1));
		const size_t size = (size_t)((next ? next : end) - at - 1);

		at++;
		if (size > length && memcmp(at, name, length) == 0 && at[length] == '=')
			return (struct piece){at + length + 1, size - length - 1};
		at += size;
	}
	return (struct piece){NULL, 0};
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* %2F is a slash. */
static int decode(struct secret_pool *pool, struct piece piece, struct secret **ret)
{
	CLEANUP_SECRET struct secret *text = NULL;
	size_t count = 0;
	int r = secret_zeros(pool, piece.size, &text);

	if (r < 0)
		return r;
	for (size_t i = 0; i < piece.size; i++) {
		char c = piece.text[i];

		if (c == '%') {
			if (i + 2 >= piece.size || !isxdigit((unsigned char)piece.text[i + 1]) ||
			    !isxdigit((unsigned char)piece.text[i + 2]))
				return -ENOENT;
			c = (char)(digit(piece.text[i + 1]) * 16 + digit(piece.text[i + 2]));
			i += 2;
		}
		if (!c)
			return -ENOENT;
		secret_bytes(text)[count++] = (uint8_t)c;
	}
	if (!count)
		return -ENOENT;
	r = secret_resize(text, count);
	if (r == 0)
		*ret = TAKE_PTR(text);
	return r;
}

/* -ENOENT when it does not match. */
static int split(const struct secret *url, struct expression_part parts[PARTS])
{
	CLEANUP(expression_freep) struct expression *expression = NULL;
	char reason[EXPRESSION_REASON_MAX];
	int r = expression_new(form, &expression, reason);

	return r < 0 ? r
		     : expression_match(expression, secret_view(url), secret_size(url), parts,
					PARTS);
}

/* The JDBC drivers' ssl=true, which libpq takes as well, must not be lost. */
static struct piece find_ssl(struct piece rest, bool jdbc)
{
	const struct piece ssl = find_parameter(rest, "ssl");
	const char *mode = jdbc ? "verify-full" : "require";

	if (ssl.size != 4 || memcmp(ssl.text, "true", 4) != 0)
		return (struct piece){NULL, 0};
	return (struct piece){mode, strlen(mode)};
}

static struct piece find(const uint8_t *bytes, const struct expression_part parts[PARTS], size_t i)
{
	const struct piece rest = piece_of(bytes, &parts[REST]);
	const bool jdbc = parts[JDBC].present;
	struct piece piece = {NULL, 0};

	if (!jdbc || places[i].jdbc)
		piece = find_parameter(rest, places[i].parameter);
	if (!piece.size && places[i].jdbc)
		return find_ssl(rest, jdbc);
	if (piece.size || places[i].part == WHOLE)
		return piece;
	if (places[i].part == HOST && parts[ADDRESS].present)
		return piece_of(bytes, &parts[ADDRESS]);
	return piece_of(bytes, &parts[places[i].part]);
}

int data_place_get(const struct secret *url, const char *name, struct secret **ret)
{
	struct expression_part parts[PARTS];
	size_t i = 0;
	int r;

	while (i < PLACES && strcmp(places[i].name, name) != 0)
		i++;
	if (i == PLACES)
		return -ENOENT;
	r = split(url, parts);
	return r < 0 ? r : decode(secret_pool_of(url), find(secret_view(url), parts, i), ret);
}
