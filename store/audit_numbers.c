#include "store/audit_numbers.h"

#include <dirent.h>
#include <fcntl.h>

#include "store/audit_segment.h"

void audit_numbers_done(struct audit_numbers *numbers)
{
	free(numbers->list);
}

static int compare(const void *left, const void *right)
{
	const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static int numbers_add(struct audit_numbers *numbers, uint64_t number)
{
	uint64_t *list = reallocarray(numbers->list, numbers->count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	numbers->list = list;
	list[numbers->count++] = number;
	return 0;
}

static void cleanup_directory(DIR **stream)
{
	if (*stream)
		closedir(*stream);
}

int audit_numbers_list(int directory, struct audit_numbers *ret)
{
	int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(cleanup_directory) DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	uint64_t number;
	int r = 0;

	if (!stream) {
		r = -errno;
		if (copy >= 0)
			close(copy);
		return r;
	}
	while (r == 0 && (errno = 0, entry = readdir(stream))) {
		if (audit_segment_is_name(entry->d_name, &number))
			r = numbers_add(ret, number);
	}
	if (r == 0 && errno)
		r = -errno;
	if (ret->count)
		qsort(ret->list, ret->count, sizeof(*ret->list), compare);
	return r;
}
