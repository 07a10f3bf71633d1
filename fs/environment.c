#include "fs/environment.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 }; /* as much as an environment can have */

/* A name that a shell can have, and none that says which programs or libraries are loaded: only the
 * catalogue names variables, and it could be wrong. */
static bool name_is_good(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	static const char *const refused[] = {"PATH", "IFS", "ENV", "BASH_ENV", "SHELLOPTS"};

	if (!*name || !strchr(letters, *name) ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") !=
		    strlen(name) ||
	    strncmp(name, "LD_", 3) == 0)
		return false;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		if (strcmp(name, refused[i]) == 0)
			return false;
	}
	return true;
}

static bool is_good(json_t *object)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return false;
	json_object_foreach(object, name, value)
	{
		if (!name_is_good(name) || !json_is_string(value) ||
		    strlen(json_string_value(value)) != json_string_length(value))
			return false;
	}
	return true;
}

int environment_set_text(const char *text, size_t size)
{
	json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	const char *name;
	json_t *value;
	int r = is_good(object) ? 0 : -EILSEQ;

	if (r == 0) {
		json_object_foreach(object, name, value)
		{
			if (r == 0 && setenv(name, json_string_value(value), 1) < 0)
				r = -errno;
		}
	}
	json_decref(object);
	return r;
}

int environment_set(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE char *text = fd < 0 ? NULL : malloc(TEXT_MAX);
	size_t size = 0;
	ssize_t length;
	int r;

	if (fd < 0)
		return -errno;
	if (!text)
		return -ENOMEM;
	while ((length = read(fd, text + size, TEXT_MAX - size)) > 0)
		size += (size_t)length;
	if (length < 0)
		return -errno;
	r = size == TEXT_MAX ? -EFBIG : environment_set_text(text, size);
	explicit_bzero(text, size);
	return r;
}
