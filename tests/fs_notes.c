#include <criterion/criterion.h>

#include "fs/notes.h"

static const struct record_id account = {{1}};
static const struct record_id other = {{2}};

static size_t count_of(const struct notes *notes, struct record_id id)
{
	size_t cursor = 0;
	size_t count = 0;

	while (notes_next(notes, id, &cursor))
		count++;
	return count;
}

Test(notes, one_for_each_user_the_last_one)
{
	CLEANUP(notes_freep) struct notes *notes = NULL;
	size_t cursor = 0;
	const struct note *note;

	cr_assert_eq(notes_new(&notes), 0);
	notes_put(notes, account, 1000, "api_key", "first", "");
	notes_put(notes, account, 1000, "api_base", "second", "detail");
	notes_put(notes, account, 1001, "api_key", "third", "");
	notes_put(notes, other, 1000, "api_key", "elsewhere", "");
	cr_assert_eq(count_of(notes, account), 2);
	note = notes_next(notes, account, &cursor);
	cr_assert_str_eq(note->reason, "second");
	cr_assert_str_eq(note->field, "api_base");
	cr_assert_str_eq(note->detail, "detail");
}

Test(notes, saving_the_field_clears_only_its_own)
{
	CLEANUP(notes_freep) struct notes *notes = NULL;

	cr_assert_eq(notes_new(&notes), 0);
	notes_put(notes, account, 1000, "api_key", "refused", "");
	notes_clear(notes, account, 1000, "api_base");
	notes_clear(notes, account, 1001, "api_key");
	notes_clear(notes, other, 1000, "api_key");
	cr_assert_eq(count_of(notes, account), 1);
	notes_clear(notes, account, 1000, "api_key");
	cr_assert_eq(count_of(notes, account), 0);
}

Test(notes, are_bounded_the_oldest_gives_way)
{
	CLEANUP(notes_freep) struct notes *notes = NULL;

	cr_assert_eq(notes_new(&notes), 0);
	notes_put(notes, other, 1, "api_key", "oldest", "");
	for (uid_t uid = 0; uid < 1000; uid++)
		notes_put(notes, account, uid, "api_key", "refused", "");
	cr_assert_eq(count_of(notes, other), 0);
	cr_assert_leq(count_of(notes, account), 256);
}
