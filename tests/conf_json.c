#include <criterion/criterion.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

#include "conf/json.h"

#include "conf/arena.h"

static int check(const char *text)
{
	return json_check((const uint8_t *)text, strlen(text));
}

Test(json, text_is_an_object_the_beginning_of_one_or_neither)
{
	static const struct {
		const char *text;
		int result;
	} rows[] = {
		{"{}", 0},
		{" \t\r\n{ } \n\n", 0},
		{"{\"a\": {\"a\": [[], {}, \"\\\\ \\/ \\u00e9\", 1.5, -0, true, null]}}", 0},
		{"{\"\": 1, \"b\": 123456789012345678901234567890}", 0},
		{"{\"a\": \"\\u0000\"}", 0},
		{"", -EAGAIN},
		{"  ", -EAGAIN},
		{"{", -EAGAIN},
		{"{ \"a", -EAGAIN},
		{"{ \"a\"", -EAGAIN},
		{"{ \"a\":", -EAGAIN},
		{"{ \"a\": [", -EAGAIN},
		{"{ \"a\": t", -EAGAIN},
		{"{ \"a\": fals", -EAGAIN},
		{"{ \"a\": -", -EAGAIN},
		{"{ \"a\": 1.", -EAGAIN},
		{"{ \"a\": 1e", -EAGAIN},
		{"{ \"a\": 12", -EAGAIN},
		{"{ \"a\": \"b\\", -EAGAIN},
		{"{ \"a\": \"b\\u12", -EAGAIN},
		{"{ \"a\": \"b\\ud83d", -EAGAIN},
		{"{ \"a\": 1,", -EAGAIN},
		{"[", -EINVAL},
		{"[1]", -EINVAL},
		{"1", -EINVAL},
		{"\"a\"", -EINVAL},
		{"null", -EINVAL},
		{"// no\n{}", -EINVAL},
		{"{}x", -EINVAL},
		{"{}{}", -EINVAL},
		{"{} \n]", -EINVAL},
		{"{a: 1}", -EINVAL},
		{"{'a': 1}", -EINVAL},
		{"{\"a\" 1,", -EINVAL},
		{"{\"a\": }", -EINVAL},
		{"{\"a\": 1,}", -EINVAL},
		{"{\"a\": [1,]", -EINVAL},
		{"{\"a\": [1}", -EINVAL},
		{"{\"a\": 01}", -EINVAL},
		{"{\"a\": +1}", -EINVAL},
		{"{\"a\": NaN}", -EINVAL},
		{"{\"a\": trx,", -EINVAL},
		{"{\"a\": \"b\nc\"}", -EINVAL},
		{"{\"a\": \"\\q\"}", -EINVAL},
		{"{\"a\": \"\\ud83d\\u0041\"}", -EINVAL},
		{"{\"a\": 1, \"a\"", -EINVAL},
		{"{\"a\": 1, \"\\u0061\": 2}", -EINVAL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r = check(rows[i].text);

		cr_expect_eq(r, rows[i].result, "%s: %d", rows[i].text, r);
	}
	cr_expect_eq(json_check((const uint8_t *)"{}\0", 3), -EINVAL);
}

/* 64 KiB of the pieces that cost jansson most stay below the arena's ceiling, or fail cleanly. */
Test(json, a_crowded_document_is_judged_or_refused_for_memory)
{
	static const char *const pieces[] = {"{},", "[],", "1,", "\"\",", "[["};
	static char text[65536];

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		size_t length = strlen(pieces[i]), size = 6;
		int r;

		memcpy(text, "{\"a\":[", size);
		for (; size + length < sizeof(text) - 3; size += length)
			memcpy(text + size, pieces[i], length);
		memcpy(text + size, "1]}", 3);
		r = json_check((const uint8_t *)text, size + 3);
		cr_expect(r == 0 || r == -ENOMEM || (i == 4 && r == -EINVAL), "%s: %d", pieces[i],
			  r);
	}
	cr_expect_eq(check("{}"), 0);
}

Test(json, one_long_string_is_judged)
{
	static char text[65536];

	memset(text, 'a', sizeof(text));
	memcpy(text, "{\"a\":\"", 6);
	memcpy(text + sizeof(text) - 2, "\"}", 2);
	cr_expect_eq(json_check((const uint8_t *)text, sizeof(text)), 0);
}

/* Root may lock what it likes: the limit is put on an ordinary user. */
Test(json, without_lockable_memory_there_is_no_verdict)
{
	const struct rlimit none = {0, 0};

	cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	if (geteuid() == 0)
		cr_assert_eq(setresuid(65534, 65534, 65534), 0);
	cr_expect_eq(check("{}"), -ENOMEM);
}

Test(json, who_has_set_memory_aside_needs_no_right_to_lock_it)
{
	const struct rlimit none = {0, 0};

	cr_assert_eq(arena_reserve(), 0);
	cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	if (geteuid() == 0)
		cr_assert_eq(setresuid(65534, 65534, 65534), 0);
	for (int i = 0; i < 3; i++) {
		cr_expect_eq(check("{\"a\": [1, 2, {\"b\": \"text\"}]}"), 0);
		cr_expect_eq(check("{\"a\": ["), -EAGAIN);
	}
}

static void *check_often(void *context)
{
	for (int i = 0; i < 200; i++) {
		if (check("{\"type\": \"service_account\", \"a\": [1, 2, {}]}") != 0 ||
		    check("{\"type\": [") != -EAGAIN)
			*(bool *)context = false;
	}
	return NULL;
}

Test(json, threads_do_not_share_their_memory)
{
	bool good[4] = {true, true, true, true};
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, check_often, &good[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		cr_expect(good[i]);
	}
}
