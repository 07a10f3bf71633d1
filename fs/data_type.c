#include "fs/data_type.h"

#include <string.h>

static bool read_type(const struct org *org, struct record_id connection, const char *name,
		      char ret[DATA_TYPE_MAX])
{
	static const char jdbc[] = "jdbc:";
	const struct record *field = tree_field(org, connection, name);
	CLEANUP_SECRET struct secret *value = NULL;
	const char *text;
	size_t size;

	if (!field || org_value(org, field->id, field->value_version, &value, NULL) < 0)
		return false;
	text = (const char *)secret_view(value);
	size = secret_size(value);
	if (size > strlen(jdbc) && memcmp(text, jdbc, strlen(jdbc)) == 0) {
		text += strlen(jdbc);
		size -= strlen(jdbc);
	}
	for (size_t i = 0; i < DATA_TYPE_MAX; i++) {
		ret[i] = i < size && text[i] != ':' ? text[i] : '\0';
		if (!ret[i])
			return true;
	}
	return false;
}

bool data_type_of(const struct org *org, const struct record *connection, char ret[DATA_TYPE_MAX])
{
	return read_type(org, connection->id, "type", ret) ||
	       read_type(org, connection->id, "url", ret);
}
