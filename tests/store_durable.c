#include "store/durable.h"

#include <criterion/criterion.h>

#include "tests/place.h"

static void expect_content(const char *path, const char *expected)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size;

	cr_assert_eq(durable_read(path, 64, &bytes, &size), 0);
	cr_expect_eq(size, strlen(expected));
	cr_expect_eq(memcmp(bytes, expected, size), 0);
}

static int put(int (*function)(const char *, const uint8_t *, size_t), const char *path,
	       const char *text)
{
	return function(path, (const uint8_t *)text, strlen(text));
}

static int create(const char *path, const uint8_t *bytes, size_t size)
{
	return durable_create(path, 0600, bytes, size);
}

/* Whoever has opened what lay there before, or made it, reads nothing of what comes after. */
Test(durable, a_file_has_its_mode_and_is_a_new_one)
{
	PLACE place = place_new();
	char temporary[128], byte;
	struct stat st;
	int fd;

	snprintf(temporary, sizeof(temporary), "%s.tmp", place.pins);
	fd = open(temporary, O_RDWR | O_CREAT, 0666);
	cr_assert_geq(fd, 0);
	cr_expect_eq(durable_create(place.pins, 0400, (const uint8_t *)"one", 3), 0);
	cr_expect_eq(stat(place.pins, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0400);
	cr_expect_eq(pread(fd, &byte, 1, 0), 0);
	cr_expect_eq(access(temporary, F_OK), -1);
	close(fd);
}

Test(durable, a_file_is_created_once_and_replaced_as_a_whole)
{
	PLACE place = place_new();
	char temporary[128];
	struct stat st;

	snprintf(temporary, sizeof(temporary), "%s.tmp", place.pins);
	cr_expect_eq(put(create, place.pins, "one"), 0);
	cr_expect_eq(put(create, place.pins, "two"), -EEXIST);
	expect_content(place.pins, "one");
	cr_expect_eq(put(durable_replace, place.pins, "three and more"), 0);
	expect_content(place.pins, "three and more");
	cr_expect_eq(put(durable_replace, place.store, ""), 0);
	expect_content(place.store, "");
	cr_expect_eq(stat(place.store, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
	cr_expect_eq(access(temporary, F_OK), -1);
}

Test(durable, only_a_regular_file_of_a_bounded_size_is_read)
{
	PLACE place = place_new();
	CLEANUP_FREE uint8_t *bytes = NULL;
	char path[128];
	size_t size;

	cr_expect_eq(durable_read(place.pins, 3, &bytes, &size), -ENOENT);
	cr_expect_eq(put(create, place.pins, "four"), 0);
	cr_expect_eq(durable_read(place.pins, 3, &bytes, &size), -EBADMSG);
	cr_expect_eq(durable_read(place.pins, 4, &bytes, &size), 0);
	cr_expect_eq(durable_read(place.directory, 64, &bytes, &size), -EBADMSG);
	snprintf(path, sizeof(path), "%s/link", place.directory);
	cr_assert_eq(symlink(place.pins, path), 0);
	cr_expect_eq(durable_read(path, 64, &bytes, &size), -ELOOP);
	cr_expect_eq(put(durable_replace, "/nowhere/at/all", "x"), -ENOENT);
}

Test(durable, a_file_of_any_size_is_copied_to_a_new_one)
{
	PLACE place = place_new();
	CLEANUP_FREE uint8_t *content = calloc(1, 200000);
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct stat st;
	size_t size;

	cr_assert_not_null(content);
	content[199999] = 7;
	cr_expect_eq(durable_copy(place.store, place.pins), -ENOENT);
	cr_assert_eq(durable_create(place.store, 0600, content, 200000), 0);
	cr_assert_eq(chmod(place.store, 0644), 0);
	cr_expect_eq(durable_copy(place.store, place.pins), 0);
	cr_expect_eq(durable_copy(place.store, place.pins), -EEXIST);
	cr_expect_eq(durable_copy(place.directory, place.pins), -EEXIST);
	cr_expect_eq(stat(place.pins, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
	cr_assert_eq(durable_read(place.pins, 1 << 20, &bytes, &size), 0);
	cr_assert_eq(size, 200000);
	cr_expect_eq(memcmp(bytes, content, size), 0);
}

/* A daemon that is not root works with what root has put there. */
Test(durable, what_root_makes_is_his_whose_the_directory_is)
{
	PLACE place = place_new();
	char copy[128];
	struct stat st;

	if (geteuid() != 0)
		cr_skip_test("only root makes files for others");
	snprintf(copy, sizeof(copy), "%s/link", place.directory);
	cr_assert_eq(chown(place.directory, 65500, 65501), 0);
	cr_assert_eq(put(durable_replace, place.pins, "marks"), 0);
	cr_assert_eq(durable_copy(place.pins, copy), 0);
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(stat(i ? copy : place.pins, &st), 0);
		cr_expect_eq(st.st_uid, 65500);
		cr_expect_eq(st.st_gid, 65501);
	}
	/* An identity stays root's. */
	cr_assert_eq(put(create, place.store, "key"), 0);
	cr_assert_eq(stat(place.store, &st), 0);
	cr_expect_eq(st.st_uid, 0);
	cr_assert_eq(durable_replace_own(place.store, 0400, (const uint8_t *)"new", 3), 0);
	expect_content(place.store, "new");
	cr_assert_eq(stat(place.store, &st), 0);
	cr_expect_eq(st.st_uid, 0);
	cr_expect_eq(st.st_mode & 07777, 0400);
}
