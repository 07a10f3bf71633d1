#include <criterion/criterion.h>

#include "fs/scratch.h"

static const struct scratch_limits limits = {
	.file = 4096, .total = 16384, .files = 3, .expire = 600, .backup = 86400};
static const struct node here = {NODE_ACCOUNT, 0, {{1}}, 0};
static const struct node there = {NODE_ACCOUNT, 0, {{2}}, 0};

struct place {
	struct secret_pool *pool;
	struct scratch *scratch;
};

static void begin(struct place *place)
{
	cr_assert_eq(secret_pool_new(4 << 20, &place->pool), 0);
	cr_assert_eq(scratch_new(&limits, place->pool, &place->scratch), 0);
}

static void place_done(struct place *place)
{
	scratch_free(place->scratch);
	secret_pool_free(place->pool);
}
#define CLEANUP_PLACE CLEANUP(place_done)

static int make(struct place *place, const struct node *directory, const char *name, uid_t uid,
		struct scratch_file **ret)
{
	const struct scratch_making making = {
		.directory = directory, .name = name, .uid = uid, .gid = uid};

	return scratch_make(place->scratch, &making, ret);
}

static int put(struct place *place, struct scratch_file *file, uint64_t offset, size_t size)
{
	static const uint8_t zeros[8192];
	const struct scratch_bytes bytes = {zeros, size};

	return scratch_write(place->scratch, file, offset, &bytes);
}

Test(scratch, each_user_has_names_of_his_own)
{
	CLEANUP_PLACE struct place place = {0};
	struct scratch_file *hers = NULL;
	struct scratch_file *his = NULL;

	begin(&place);
	cr_assert_eq(make(&place, &here, "f~", 1000, &hers), 0);
	cr_assert_null(scratch_find(place.scratch, &here, 1001, "f~"));
	cr_assert_eq(make(&place, &here, "f~", 1001, &his), 0);
	cr_assert_neq(hers, his);
	cr_assert_eq(scratch_find(place.scratch, &here, 1000, "f~"), hers);
	cr_assert_null(scratch_find(place.scratch, &there, 1000, "f~"));
	cr_assert_eq(make(&place, &here, "f~", 1000, &his), -EEXIST);
}

Test(scratch, is_its_makers_alone)
{
	CLEANUP_PLACE struct place place = {0};
	struct scratch_file *file = NULL;

	begin(&place);
	cr_assert_eq(make(&place, &here, "f~", 1000, &file), 0);
	cr_assert_eq(file->mode, 0600);
	cr_assert_eq(file->uid, 1000);
}

Test(scratch, is_bounded_in_number_for_each_user_and_directory)
{
	CLEANUP_PLACE struct place place = {0};
	struct scratch_file *file = NULL;

	begin(&place);
	cr_assert_eq(make(&place, &here, "1~", 1000, &file), 0);
	cr_assert_eq(make(&place, &here, "2~", 1000, &file), 0);
	cr_assert_eq(make(&place, &here, "3~", 1000, &file), 0);
	cr_assert_eq(make(&place, &here, "4~", 1000, &file), -ENOSPC);
	cr_assert_eq(make(&place, &there, "4~", 1000, &file), 0);
	cr_assert_eq(make(&place, &here, "4~", 1001, &file), 0, "others go on");
}

Test(scratch, is_bounded_in_size_for_each_file_and_user)
{
	CLEANUP_PLACE struct place place = {0};
	struct scratch_file *first = NULL;
	struct scratch_file *second = NULL;
	struct scratch_file *other = NULL;

	begin(&place);
	cr_assert_eq(make(&place, &here, "1~", 1000, &first), 0);
	cr_assert_eq(make(&place, &here, "2~", 1000, &second), 0);
	cr_assert_eq(make(&place, &here, "1~", 1001, &other), 0);
	cr_assert_eq(put(&place, first, 0, 4097), -EFBIG);
	cr_assert_eq(put(&place, first, UINT64_MAX, 1), -EFBIG);
	cr_assert_eq(put(&place, first, 0, 4096), 0);
	cr_assert_eq(put(&place, second, 0, 1), -ENOSPC, "a quarter of all is his share");
	cr_assert_eq(put(&place, other, 0, 4096), 0, "others go on");
	cr_assert_eq(scratch_resize(place.scratch, first, 0), 0);
	cr_assert_eq(put(&place, second, 0, 4096), 0);
}

Test(scratch, what_is_removed_lives_on_for_its_handles)
{
	CLEANUP_PLACE struct place place = {0};
	struct scratch_file *file = NULL;
	struct scratch_file *again = NULL;

	begin(&place);
	cr_assert_eq(make(&place, &here, "f~", 1000, &file), 0);
	scratch_opened(file);
	scratch_remove(place.scratch, file);
	cr_assert_null(scratch_find(place.scratch, &here, 1000, "f~"));
	cr_assert_eq(put(&place, file, 0, 10), 0);
	cr_assert_eq(make(&place, &here, "f~", 1000, &again), 0);
	scratch_closed(place.scratch, file);
	cr_assert_eq(scratch_find(place.scratch, &here, 1000, "f~"), again);
}

Test(scratch, a_rename_removes_what_had_the_name)
{
	CLEANUP_PLACE struct place place = {0};
	struct scratch_file *first = NULL;
	struct scratch_file *second = NULL;
	size_t cursor = 0;

	begin(&place);
	cr_assert_eq(make(&place, &here, "1~", 1000, &first), 0);
	cr_assert_eq(make(&place, &here, "2~", 1000, &second), 0);
	cr_assert_eq(scratch_rename(place.scratch, first, "2~"), 0);
	cr_assert_eq(scratch_find(place.scratch, &here, 1000, "2~"), first);
	cr_assert_eq(scratch_next(place.scratch, &here, 1000, &cursor), first);
	cr_assert_null(scratch_next(place.scratch, &here, 1000, &cursor));
}

Test(scratch, goes_with_its_directory)
{
	CLEANUP_PLACE struct place place = {0};
	struct scratch_file *file = NULL;

	begin(&place);
	cr_assert_eq(make(&place, &here, "1~", 1000, &file), 0);
	cr_assert_eq(make(&place, &here, "1~", 1001, &file), 0);
	cr_assert_eq(make(&place, &there, "1~", 1000, &file), 0);
	scratch_remove_all(place.scratch, &here);
	cr_assert_null(scratch_find(place.scratch, &here, 1000, "1~"));
	cr_assert_null(scratch_find(place.scratch, &here, 1001, "1~"));
	cr_assert_not_null(scratch_find(place.scratch, &there, 1000, "1~"));
}

Test(scratch, expires_after_the_last_close_backups_later)
{
	static const uint64_t second = 1000000000;
	CLEANUP_PLACE struct place place = {0};
	struct scratch_file *swap = NULL;
	struct scratch_file *backup = NULL;
	struct scratch_file *open = NULL;
	uint64_t made;

	begin(&place);
	cr_assert_eq(make(&place, &here, ".f.swp", 1000, &swap), 0);
	cr_assert_eq(make(&place, &here, "f.bak", 1000, &backup), 0);
	cr_assert_eq(make(&place, &here, "f~", 1000, &open), 0);
	scratch_opened(open);
	made = open->closed;
	cr_assert_eq(scratch_expire(place.scratch, made + 599 * second), 0);
	cr_assert_eq(scratch_expire(place.scratch, made + 601 * second), 1);
	cr_assert_null(scratch_find(place.scratch, &here, 1000, ".f.swp"));
	cr_assert_eq(scratch_expire(place.scratch, made + 86401 * second), 1);
	cr_assert_eq(scratch_find(place.scratch, &here, 1000, "f~"), open, "it is open");
}
