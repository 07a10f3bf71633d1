#include "fs/event.h"

#include <criterion/criterion.h>
#include <limits.h>

#include "store/secret.h"

struct row {
	unsigned kind;
	size_t size;
	bool whole;
};

Test(event, is_whole_only_in_a_size_that_its_kind_can_have)
{
	static const uint8_t zeros[sizeof(struct event_handle) + 64];
	const struct row rows[] = {
		{0, 0, false},
		{EVENT_KINDS, 8, false},
		{EVENT_INODE, sizeof(struct event_inode), true},
		{EVENT_INODE, sizeof(struct event_inode) - 1, false},
		{EVENT_INODE, sizeof(struct event_inode) + 1, false},
		{EVENT_HANDLE, sizeof(struct event_handle), true},
		{EVENT_HANDLE, sizeof(struct event_handle) + sizeof(gid_t), false},
		{EVENT_HANDLE_BYTES, sizeof(struct event_handle_bytes) + 39, false},
		{EVENT_HANDLE_BYTES, sizeof(struct event_handle_bytes) + 40, true},
		{EVENT_HANDLE_BYTES, sizeof(struct event_handle_bytes) + SECRET_MAX + 41, false},
		{EVENT_SCRATCH, sizeof(struct event_scratch), false},
		{EVENT_SCRATCH, sizeof(struct event_scratch) + NAME_MAX, true},
		{EVENT_SCRATCH, sizeof(struct event_scratch) + NAME_MAX + 1, false},
		{EVENT_PENDING, sizeof(struct event_pending), false},
		{EVENT_FORGET, sizeof(struct event_forget), true},
		{EVENT_ANSWER, sizeof(struct event_answer) + 15, false},
		{EVENT_ANSWER, sizeof(struct event_answer) + 16, true},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		cr_expect_eq(event_is_whole(rows[i].kind, zeros, rows[i].size), rows[i].whole,
			     "row %zu", i);
}

Test(event, a_handle_has_as_many_groups_as_it_says)
{
	uint8_t bytes[sizeof(struct event_handle) + 2 * sizeof(gid_t)] = {0};
	const struct event_handle handle = {.groups = 2};

	memcpy(bytes, &handle, sizeof handle);
	cr_expect(event_is_whole(EVENT_HANDLE, bytes, sizeof bytes));
	cr_expect_not(event_is_whole(EVENT_HANDLE, bytes, sizeof bytes - sizeof(gid_t)));
	cr_expect_not(event_is_whole(EVENT_HANDLE, bytes, sizeof bytes - 1));
}

Test(event, a_node_comes_back_as_it_was)
{
	const struct node node = {NODE_HISTORY_VALUE, 3, {{1, 2, 3}}, 17};
	struct event_node event = event_node_of(&node);
	struct node back = {0};

	cr_assert_eq(event_node_get(&event, &back), 0);
	cr_expect(node_equal(&node, &back));
	event.kind = NODE_KINDS;
	cr_expect_eq(event_node_get(&event, &back), -EBADMSG);
}
