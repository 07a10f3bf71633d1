#include "conf/catalogue_file.h"

#include <dirent.h>
#include <string.h>

#include "conf/builtin.h"
#include "conf/provider_keys.h"

static const char connection[] = "connection";

static int is_conf(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > strlen(".conf") &&
	       strcmp(entry->d_name + length - strlen(".conf"), ".conf") == 0;
}

/* By bytes: the order must not depend on a locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

struct listing {
	struct dirent **entries;
	int count;
};

static void listing_done(struct listing *listing)
{
	for (int i = 0; i < listing->count; i++)
		free(listing->entries[i]);
	free(listing->entries);
}

static int load_directory(struct catalogue *catalogue, const char *directory,
			  struct conf_error *error)
{
	CLEANUP(listing_done) struct listing listing = {0};
	int r = 0;

	listing.count = scandir(directory, &listing.entries, is_conf, by_name);
	if (listing.count < 0 && errno == ENOENT)
		return 0;
	if (listing.count < 0) {
		r = -errno;
		conf_error_set(error, directory, 0, "cannot be read: %s", strerror(-r));
		return r;
	}
	for (int i = 0; i < listing.count && r == 0; i++) {
		CLEANUP_FREE char *path = NULL;

		if (asprintf(&path, "%s/%s", directory, listing.entries[i]->d_name) < 0)
			return -ENOMEM;
		r = catalogue_read_file(catalogue, path, error);
	}
	return r;
}

int catalogue_load(const char *directory, struct catalogue **ret, struct conf_error *error)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = calloc(1, sizeof(*catalogue));
	int r = 0;

	conf_error_set(error, directory ? directory : "", 0, "no memory");
	if (!catalogue)
		return -ENOMEM;
	for (size_t i = 0; i < builtin_file_count && r == 0; i++) {
		const struct builtin_file *file = &builtin_files[i];

		r = catalogue_read_text(catalogue, file->name, file->text, file->size, error);
	}
	if (r == 0 && directory)
		r = load_directory(catalogue, directory, error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(catalogue);
	return 0;
}

struct catalogue *catalogue_free(struct catalogue *catalogue)
{
	if (!catalogue)
		return NULL;
	for (size_t i = 0; i < catalogue->count; i++)
		provider_done(&catalogue->list[i]);
	free(catalogue->list);
	free(catalogue);
	return NULL;
}

size_t catalogue_count(const struct catalogue *catalogue)
{
	return catalogue->count;
}

const struct provider *catalogue_get(const struct catalogue *catalogue, size_t index)
{
	return &catalogue->list[index];
}

const struct provider *catalogue_find(const struct catalogue *catalogue, const char *id)
{
	size_t index = catalogue_index(catalogue, id);

	return index == CATALOGUE_NONE || strcmp(id, connection) == 0 ? NULL
								      : &catalogue->list[index];
}

const struct provider *catalogue_connection(const struct catalogue *catalogue)
{
	size_t index = catalogue_index(catalogue, connection);

	return index == CATALOGUE_NONE ? NULL : &catalogue->list[index];
}

void catalogue_drop_connections(struct catalogue *catalogue)
{
	size_t kept = 0;

	for (size_t i = 0; i < catalogue->count; i++) {
		if (catalogue->list[i].connections)
			provider_done(&catalogue->list[i]);
		else
			catalogue->list[kept++] = catalogue->list[i];
	}
	catalogue->count = kept;
}
