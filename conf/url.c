#include "conf/url.h"

#include <regex.h>
#include <string.h>
#include <strings.h>

/* The expression's parts, as regexec() numbers them. */
enum part { WHOLE, SECURE, LOGIN, HOST, PORT, DIGITS, REST, PARTS };

#define SCHEME_PART "^[Hh][Tt][Tt][Pp]([Ss])?://"
#define LOGIN_PART "([^][/?#@]*@)?"
#define HOST_PART "([^][/?#@:\\\"<>^`{|}]+|\\[[0-9A-Fa-f:.]+])"
#define PORT_PART "(:([0-9]{1,5}))?"
#define REST_PART "([/?#].*)?$"

static const char expression[] = SCHEME_PART LOGIN_PART HOST_PART PORT_PART REST_PART;

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
static int url_split(const uint8_t *bytes, size_t size, regmatch_t parts[PARTS])
{
	regex_t regex;
	int r = regcomp(&regex, expression, REG_EXTENDED);

	if (r)
		return -ENOMEM;
	parts[WHOLE] = (regmatch_t){.rm_so = 0, .rm_eo = (regoff_t)size};
	r = regexec(&regex, (const char *)bytes, PARTS, parts, REG_STARTEND);
	regfree(&regex);
	if (r == REG_ESPACE)
		return -ENOMEM;
	return r ? -EINVAL : 0;
}

static bool port_is_valid(const uint8_t *bytes, const regmatch_t *digits)
{
	unsigned port = 0;

	if (digits->rm_so < 0)
		return true;
	for (regoff_t i = digits->rm_so; i < digits->rm_eo; i++)
		port = port * 10 + (bytes[i] - '0');
	return port >= 1 && port <= 65535;
}

int url_check(const uint8_t *bytes, size_t size)
{
	regmatch_t parts[PARTS];
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
	regmatch_t parts[PARTS];

	return url_split(bytes, size, parts) == 0 && parts[LOGIN].rm_so >= 0;
}

bool url_is_unencrypted(const uint8_t *bytes, size_t size)
{
	regmatch_t parts[PARTS];
	const char *host;
	size_t length;

	if (url_split(bytes, size, parts) < 0 || parts[SECURE].rm_so >= 0)
		return false;
	host = (const char *)bytes + parts[HOST].rm_so;
	length = parts[HOST].rm_eo - parts[HOST].rm_so;
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		if (length == strlen(local[i]) && strncasecmp(host, local[i], length) == 0)
			return false;
	}
	return true;
}
