#include "conf/catalogue_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>

#include "conf/builtin.h"
#include "conf/provider_keys.h"

enum { COPY_MAX = 1 << 20 };

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

/* None where it is missing. */
static int list(const char *directory, struct listing *ret)
{
	ret->count = scandir(directory, &ret->entries, is_conf, by_name);
	if (ret->count >= 0)
		return 0;
	ret->count = 0;
	return errno == ENOENT ? 0 : -errno;
}

static int load_directory(struct catalogue *catalogue, const char *directory,
			  struct conf_error *error)
{
	CLEANUP(listing_done) struct listing listing = {0};
	int r = list(directory, &listing);

	if (r < 0)
		conf_error_set(error, directory, 0, "cannot be read: %s", strerror(-r));
	for (int i = 0; i < listing.count && r == 0; i++) {
		CLEANUP_FREE char *path = NULL;

		if (asprintf(&path, "%s/%s", directory, listing.entries[i]->d_name) < 0)
			return -ENOMEM;
		r = catalogue_read_file(catalogue, path, error);
	}
	return r;
}

static int load_builtin(struct catalogue **ret, struct conf_error *error)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = calloc(1, sizeof(*catalogue));
	int r = 0;

	if (!catalogue)
		return -ENOMEM;
	for (size_t i = 0; i < builtin_file_count && r == 0; i++) {
		const struct builtin_file *file = &builtin_files[i];

		r = catalogue_read_text(catalogue, file->name, file->text, file->size, error);
	}
	if (r == 0)
		*ret = TAKE_PTR(catalogue);
	return r;
}

int catalogue_load(const char *directory, struct catalogue **ret, struct conf_error *error)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = NULL;
	int r;

	conf_error_set(error, directory ? directory : "", 0, "no memory");
	r = load_builtin(&catalogue, error);
	if (r == 0 && directory)
		r = load_directory(catalogue, directory, error);
	if (r == 0)
		*ret = TAKE_PTR(catalogue);
	return r;
}

static int copy_file(const char *directory, const char *name, int to)
{
	CLEANUP_FREE char *path = NULL;
	CLEANUP_CLOSE int from = -1;
	ssize_t n;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	from = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (from < 0)
		return -errno;
	do
		n = sendfile(to, from, NULL, COPY_MAX);
	while (n > 0 && lseek(to, 0, SEEK_CUR) < COPY_MAX);
	if (n == 0)
		n = write(to, "", 1);
	if (n < 0)
		return -errno;
	return lseek(to, 0, SEEK_CUR) <= COPY_MAX ? 0 : -EFBIG;
}

int catalogue_copy(const char *directory, int to)
{
	CLEANUP(listing_done) struct listing listing = {0};
	int r = list(directory, &listing);

	for (int i = 0; i < listing.count && r == 0; i++)
		r = copy_file(directory, listing.entries[i]->d_name, to);
	return r;
}

/* No file that was read has a NUL in it. */
static int load_parts(struct catalogue *catalogue, const char *text, size_t size,
		      struct conf_error *error)
{
	int r = 0;

	for (size_t at = 0; at < size && r == 0;) {
		const size_t length = strnlen(text + at, size - at);

		r = catalogue_read_text(catalogue, "copy", text + at, length, error);
		at += length + 1;
	}
	return r;
}

int catalogue_load_copy(int copy, struct catalogue **ret, struct conf_error *error)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = NULL;
	CLEANUP_FREE char *text = malloc(COPY_MAX);
	ssize_t size;
	int r;

	conf_error_set(error, "copy", 0, "no memory");
	if (!text)
		return -ENOMEM;
	size = pread(copy, text, COPY_MAX, 0);
	if (size < 0)
		return -errno;
	r = load_builtin(&catalogue, error);
	if (r == 0)
		r = load_parts(catalogue, text, (size_t)size, error);
	if (r == 0)
		*ret = TAKE_PTR(catalogue);
	return r;
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
