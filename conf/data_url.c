#include "conf/data_url.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Where parameters begin and end. */
static const char separators[] = "?&;,(";

static const char *const passwords[] = {"password=", "passwd=", "pwd=", "secret=", "token="};

static bool is_scheme(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!isalpha(bytes[i]) && (i == 0 || !(isdigit(bytes[i]) || bytes[i] == '+' ||
						       bytes[i] == '.' || bytes[i] == '-')))
			return false;
	}
	return size > 0;
}

/* Behind what is before an `@`: the part that may be USER:PASSWORD or USER/PASSWORD. */
static const uint8_t *login_of(const uint8_t *bytes, const uint8_t *at)
{
	const uint8_t *slashes = memmem(bytes, (size_t)(at - bytes), "//", 2);
	const uint8_t *colon = NULL;

	if (slashes)
		return slashes + 2;
	/* jdbc:oracle:thin:scott/tiger@db */
	for (const uint8_t *c = bytes; c < at; c++) {
		if (*c == '/')
			break;
		if (*c == ':')
			colon = c;
	}
	return colon ? colon + 1 : bytes;
}

static bool has_login(const uint8_t *bytes, size_t size)
{
	const uint8_t *at = memchr(bytes, '@', size);
	const uint8_t *login = at ? login_of(bytes, at) : NULL;
	const bool slashes = login && login - bytes >= 2 && login[-1] == '/';

	if (!login)
		return false;
	/* Behind the host there may be an @ in a path or a parameter. */
	for (const uint8_t *c = login; slashes && c < at; c++) {
		if (*c && strchr("/?#;", *c))
			return false;
	}
	return memchr(login, ':', (size_t)(at - login)) || memchr(login, '/', (size_t)(at - login));
}

static bool has_parameter(const uint8_t *bytes, size_t size, const char *name)
{
	const size_t length = strlen(name);

	for (size_t i = 1; i + length < size; i++) {
		if (bytes[i - 1] && strchr(separators, bytes[i - 1]) &&
		    strncasecmp((const char *)bytes + i, name, length) == 0)
			return true;
	}
	return false;
}

static bool has_password(const uint8_t *bytes, size_t size)
{
	if (has_login(bytes, size))
		return true;
	for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++) {
		if (has_parameter(bytes, size, passwords[i]))
			return true;
	}
	return false;
}

int data_url_check(const uint8_t *bytes, size_t size)
{
	const uint8_t *colon = memchr(bytes, ':', size);
	const size_t scheme = colon ? (size_t)(colon - bytes) : size;

	if (!size)
		return -EAGAIN;
	if (!is_scheme(bytes, scheme))
		return -EINVAL;
	if (has_password(bytes, size))
		return -EACCES;
	return colon && scheme + 1 < size ? 0 : -EAGAIN;
}
