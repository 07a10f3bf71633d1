#include "conf/url.h"

#include <string.h>
#include <strings.h>

#include "conf/expression.h"

/* The expression's parts, as it numbers them. */
enum part { WHOLE, SECURE, LOGIN, HOST, PORT, DIGITS, REST, PARTS };

#define SCHEME_PART "[Hh][Tt][Tt][Pp]([Ss])?://"
#define LOGIN_PART "([^][/?#@]*@)?"
#define HOST_PART "([^][/?#@:\\\\\"<>^`{|}]+|\\[[0-9A-Fa-f:.]+])"
#define PORT_PART "(:([0-9]{1,5}))?"
#define REST_PART "([/?#].*)?"

static const char text[] = SCHEME_PART LOGIN_PART HOST_PART PORT_PART REST_PART;

/* Hosts to which an unencrypted request does not leave the machine. */
static const char *const local[] = {"localhost", "127.0.0.1", "[::1]"};

static bool scheme_is_possible(const uint8_t *bytes, size_t size)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t length = strlen(schemes[i]);

		if (strncasecmp(schemes[i], (const char *)bytes, size < length ? size : length) ==
		    0)
			return true;
	}
	return false;
}

/* 0, -EINVAL when it does not match, -ENOMEM. */
static int url_split(const uint8_t *bytes, size_t size, struct expression_part parts[PARTS])
{
	CLEANUP(expression_freep) struct expression *expression = NULL;
	char reason[EXPRESSION_REASON_MAX];
	int r = expression_new(text, &expression, reason);

	if (r == 0)
		r = expression_match(expression, bytes, size, parts, PARTS);
	return r == -ENOENT ? -EINVAL : r;
}

static bool port_is_valid(const uint8_t *bytes, const struct expression_part *digits)
{
	unsigned port = 0;

	if (!digits->present)
		return true;
	for (size_t i = digits->start; i < digits->end; i++)
		port = port * 10 + (bytes[i] - '0');
	return port >= 1 && port <= 65535;
}

int url_check(const uint8_t *bytes, size_t size)
{
	struct expression_part parts[PARTS];
	int r;

	if (!scheme_is_possible(bytes, size))
		return -EINVAL;
	r = url_split(bytes, size, parts);
	if (r == -ENOMEM)
		return r;
	/* What follows could turn host and port into a login. */
	return r < 0 || !port_is_valid(bytes, &parts[DIGITS]) ? -EAGAIN : 0;
}

bool url_has_login(const uint8_t *bytes, size_t size)
{
	struct expression_part parts[PARTS];

	return url_split(bytes, size, parts) == 0 && parts[LOGIN].present;
}

bool url_is_unencrypted(const uint8_t *bytes, size_t size)
{
	struct expression_part parts[PARTS];
	const char *host;
	size_t length;

	if (url_split(bytes, size, parts) < 0 || parts[SECURE].present)
		return false;
	host = (const char *)bytes + parts[HOST].start;
	length = parts[HOST].end - parts[HOST].start;
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		if (length == strlen(local[i]) && strncasecmp(host, local[i], length) == 0)
			return false;
	}
	return true;
}
