#include "fs/journal.h"

#include <criterion/criterion.h>
#include <string.h>

/* A journal in memory of its own. */
struct desk {
	int descriptor;
	struct shared *shared;
	struct secret_pool *pool;
	struct recipient *recipient;
	struct state_key *key;
	struct journal *journal;
};

static void desk_done(struct desk *desk)
{
	journal_free(desk->journal);
	state_key_free(desk->key);
	recipient_free(desk->recipient);
	secret_pool_free(desk->pool);
	shared_unmap(desk->shared, shared_size());
	close(desk->descriptor);
}

static struct desk desk_new(void)
{
	struct desk desk = {0};

	cr_assert_eq(shared_new(&desk.descriptor), 0);
	cr_assert_eq(shared_map(desk.descriptor, shared_size(), &desk.shared), 0);
	cr_assert_eq(secret_pool_new(1 << 20, &desk.pool), 0);
	cr_assert_eq(recipient_generate(desk.pool, &desk.recipient), 0);
	cr_assert_eq(state_key_new(desk.pool, desk.recipient, &desk.key), 0);
	cr_assert_eq(journal_new(desk.shared, desk.key, &desk.journal), 0);
	return desk;
}
#define DESK CLEANUP(desk_done) struct desk

static void put(struct desk *desk, unsigned kind, const char *text)
{
	uint8_t *record = journal_put(desk->journal, kind, strlen(text));

	cr_assert_not_null(record);
	memcpy(record, text, strlen(text));
}

/* The worker dies, and another one looks. */
static void succeed(struct desk *desk)
{
	journal_free(desk->journal);
	desk->journal = NULL;
	cr_assert_eq(journal_new(desk->shared, desk->key, &desk->journal), 0);
}

struct told {
	char text[256];
};

static int tell(void *context, unsigned kind, const uint8_t *bytes, size_t size)
{
	struct told *told = context;
	const size_t used = strlen(told->text);

	snprintf(told->text + used, sizeof told->text - used, "%u:%.*s ", kind, (int)size,
		 (const char *)bytes);
	return 0;
}

static struct told all(const struct desk *desk)
{
	struct told told = {""};

	cr_expect_eq(journal_replay(desk->journal, tell, &told), 0);
	return told;
}

Test(journal, a_successor_finds_what_was_published)
{
	DESK desk = desk_new();

	put(&desk, 1, "one");
	put(&desk, 2, "");
	put(&desk, 3, "something longer");
	cr_expect(journal_is_open(desk.journal));
	journal_publish(desk.journal);
	cr_expect_not(journal_is_open(desk.journal));
	succeed(&desk);
	cr_expect_str_eq(all(&desk).text, "1:one 2: 3:something longer ");
	put(&desk, 4, "more");
	journal_publish(desk.journal);
	succeed(&desk);
	cr_expect_str_eq(all(&desk).text, "1:one 2: 3:something longer 4:more ");
}

Test(journal, what_was_not_published_was_never_there)
{
	DESK desk = desk_new();

	put(&desk, 1, "one");
	journal_publish(desk.journal);
	put(&desk, 2, "two");
	succeed(&desk);
	cr_expect_str_eq(all(&desk).text, "1:one ");
	put(&desk, 3, "3");
	journal_publish(desk.journal);
	succeed(&desk);
	cr_expect_str_eq(all(&desk).text, "1:one 3:3 ");
}

Test(journal, written_anew_it_takes_the_place_of_the_old_one_at_once)
{
	DESK desk = desk_new();

	put(&desk, 1, "old");
	journal_publish(desk.journal);
	journal_restart(desk.journal);
	put(&desk, 2, "half of the new");
	succeed(&desk);
	cr_expect_str_eq(all(&desk).text, "1:old ");
	journal_restart(desk.journal);
	put(&desk, 2, "new");
	journal_publish(desk.journal);
	succeed(&desk);
	cr_expect_str_eq(all(&desk).text, "2:new ");
	journal_restart(desk.journal);
	put(&desk, 3, "newest");
	journal_publish(desk.journal);
	succeed(&desk);
	cr_expect_str_eq(all(&desk).text, "3:newest ");
}

Test(journal, that_has_grown_long_is_to_be_written_anew)
{
	DESK desk = desk_new();

	cr_expect_not(journal_is_long(desk.journal));
	while (!journal_is_long(desk.journal)) {
		cr_assert_not_null(journal_put(desk.journal, 1, 1000));
		journal_publish(desk.journal);
		cr_assert_lt(desk.shared->journal, (uint64_t)4 << 20);
	}
	journal_restart(desk.journal);
	put(&desk, 1, "short");
	journal_publish(desk.journal);
	cr_expect_not(journal_is_long(desk.journal));
}

/* Whichever byte is another, all of it is refused, before anything is told. */
Test(journal, a_damaged_one_is_refused_whole)
{
	DESK desk = desk_new();
	uint8_t *bytes = (uint8_t *)desk.shared + SHARED_PAGE;

	put(&desk, 1, "12345678");
	put(&desk, 2, "abcdefgh");
	journal_publish(desk.journal);
	for (size_t i = 0; i < 48; i++) {
		struct told told = {""};

		bytes[i] ^= 1;
		succeed(&desk);
		cr_expect_eq(journal_replay(desk.journal, tell, &told), -EBADMSG, "byte %zu", i);
		cr_expect_str_empty(told.text);
		bytes[i] ^= 1;
	}
	succeed(&desk);
	cr_expect_str_eq(all(&desk).text, "1:12345678 2:abcdefgh ");
}

Test(journal, a_truncated_one_is_refused_whole)
{
	DESK desk = desk_new();
	uint64_t word;

	put(&desk, 1, "12345678");
	put(&desk, 2, "abcdefgh");
	journal_publish(desk.journal);
	word = desk.shared->journal;
	for (uint64_t cut = 1; cut < word; cut++) {
		struct told told = {""};

		if (cut == word / 2)
			continue; /* between the two */
		desk.shared->journal = word - cut;
		succeed(&desk);
		cr_expect_eq(journal_replay(desk.journal, tell, &told), -EBADMSG, "%d", (int)cut);
		cr_expect_str_empty(told.text);
	}
	desk.shared->journal = 2 * shared_half;
	succeed(&desk);
	cr_expect_eq(journal_replay(desk.journal, tell, NULL), -EBADMSG);
}

Test(journal, without_room_nothing_is_left_of_it)
{
	DESK desk = desk_new();

	put(&desk, 1, "one");
	journal_publish(desk.journal);
	cr_expect_null(journal_put(desk.journal, 2, shared_half));
	cr_expect_null(journal_put(desk.journal, 3, 1));
	cr_expect(journal_is_long(desk.journal));
	journal_publish(desk.journal);
	succeed(&desk);
	cr_expect_str_empty(all(&desk).text);
}

Test(journal, of_another_key_is_refused)
{
	DESK desk = desk_new();
	DESK stranger = desk_new();
	CLEANUP(journal_freep) struct journal *journal = NULL;

	put(&desk, 1, "one");
	journal_publish(desk.journal);
	cr_assert_eq(journal_new(desk.shared, stranger.key, &journal), 0);
	cr_expect_eq(journal_replay(journal, tell, NULL), -EBADMSG);
}
