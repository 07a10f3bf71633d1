/*
 * replay DIRECTORY: the target, with each file of its corpus; TAP.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "store/cleanup.h"
#include "tests/fuzz/fuzz.h"

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void replay(int directory, const char *name)
{
	CLEANUP_CLOSE int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct stat st;

	FUZZ_CHECK(fd >= 0 && fstat(fd, &st) == 0);
	/* Not a byte more, so that a sanitizer sees one that is read. */
	bytes = malloc(st.st_size ? (size_t)st.st_size : 1);
	FUZZ_CHECK(bytes && read(fd, bytes, (size_t)st.st_size) == st.st_size);
	LLVMFuzzerTestOneInput(bytes, (size_t)st.st_size);
}

int main(int count, char **arguments)
{
	CLEANUP_CLOSE int directory = -1;
	struct dirent **entries = NULL;
	int files;

	FUZZ_CHECK(count == 2);
	directory = open(arguments[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	files = scandir(arguments[1], &entries, is_file, alphasort);
	FUZZ_CHECK(directory >= 0 && files > 0);
	printf("1..%d\n", files + 1);
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	printf("ok 1 - nothing\n");
	for (int i = 0; i < files; i++) {
		replay(directory, entries[i]->d_name);
		printf("ok %d - %s\n", i + 2, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
