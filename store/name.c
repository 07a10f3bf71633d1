#include "store/name.h"

#include <string.h>

#include "store/utf8.h"

bool name_is_valid(const char *name)
{
	size_t length = strlen(name);

	if (length < 1 || length > NAME_LENGTH_MAX)
		return false;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (size_t at = 0; at < length;) {
		uint32_t code_point;
		int used = utf8_next((const uint8_t *)name + at, length - at, &code_point);

		if (used <= 0 || code_point == '/' || utf8_is_control(code_point))
			return false;
		at += used;
	}
	return true;
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"

bool field_name_is_valid(const char *name)
{
	size_t length = strlen(name);

	return length <= NAME_LENGTH_MAX && strspn(name, LETTERS) > 0 &&
	       strspn(name, LETTERS "0123456789.-") == length;
}
