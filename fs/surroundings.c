#include "fs/surroundings.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "fs/location.h"
#include "fs/said.h"
#include "store/cleanup.h"

static int unset_all(char *const *names)
{
	for (; names && *names; names++) {
		if (unsetenv(*names) < 0)
			return -errno;
	}
	return 0;
}

static int clear_field(const char *account, const struct provider_field *field)
{
	int r = unset_all(field->environment);

	(void)account;
	if (r == 0)
		r = unset_all(field->environment_paths);
	return r < 0 ? r : unset_all(field->environment_clear);
}

static int place_field(const char *account, const struct provider_field *field)
{
	CLEANUP_FREE char *path = field->name ? location_full(account, field->name) : NULL;

	if (!field->name)
		return 0;
	if (!path)
		return -ENOMEM;
	for (char **name = field->environment_paths; name && *name; name++) {
		/* Of an account without the field it is not set, or another account's. */
		if (getenv(*name) && access(path, F_OK) == 0 && setenv(*name, path, 1) < 0)
			return -errno;
	}
	return 0;
}

typedef int each_fn(const char *account, const struct provider_field *field);

/* -EIO when there is one that cannot be read: then it is not known what to take out. */
static int read_provider(const char *account, char **ret)
{
	CLEANUP_FREE char *path = location_full(account, "provider");

	if (!path)
		return -ENOMEM;
	*ret = said_read(account, "provider");
	return *ret || access(path, F_OK) < 0 ? 0 : -EIO;
}

static int each_field(const char *account, const struct catalogue *catalogue, each_fn *each)
{
	CLEANUP_FREE char *id = NULL;
	int r = read_provider(account, &id);
	const struct provider *provider = id ? catalogue_find(catalogue, id) : NULL;

	for (size_t i = 0; provider && i < provider->field_count && r == 0; i++)
		r = each(account, &provider->fields[i]);
	return r;
}

/* Neither the project itself nor what it lies in, which is anything where it is seen elsewhere. */
static int is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int each_account(const char *directory, const struct catalogue *catalogue, each_fn *each)
{
	struct dirent **entries = NULL;
	const int count = scandir(directory, &entries, is_entry, alphasort);
	int r = count < 0 ? -errno : each_field(directory, catalogue, each);

	for (int i = 0; i < count; i++) {
		CLEANUP_FREE struct dirent *entry = entries[i];
		CLEANUP_FREE char *account = location_full(directory, entry->d_name);

		if (r == 0)
			r = account ? each_field(account, catalogue, each) : -ENOMEM;
	}
	free(entries);
	return r;
}

int surroundings_clear(const char *directory, const struct catalogue *catalogue)
{
	return each_account(directory, catalogue, clear_field);
}

int surroundings_place(const char *directory, const struct catalogue *catalogue)
{
	return each_account(directory, catalogue, place_field);
}
