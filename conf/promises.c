#include "conf/promises.h"

#include <string.h>

void promises_done(struct promises *promises)
{
	for (size_t i = 0; i < promises->count; i++)
		free(promises->list[i].field);
	free(promises->list);
	*promises = (struct promises){0};
}

int promises_add(struct promises *promises, size_t provider, const char *field, unsigned line)
{
	struct promise *list = reallocarray(promises->list, promises->count + 1, sizeof *list);

	if (!list)
		return -ENOMEM;
	promises->list = list;
	list[promises->count] = (struct promise){provider, strdup(field), line};
	return list[promises->count++].field ? 0 : -ENOMEM;
}

int promises_add_needs(struct promises *promises, size_t provider, char ***needs, unsigned line)
{
	int r = 0;

	for (char ***set = needs; set && *set; set++) {
		for (char **name = *set; *name && r == 0; name++)
			r = promises_add(promises, provider, *name, line);
	}
	return r;
}

bool promises_have(const struct promises *promises, size_t provider)
{
	for (size_t i = 0; i < promises->count; i++) {
		if (promises->list[i].provider == provider)
			return true;
	}
	return false;
}
