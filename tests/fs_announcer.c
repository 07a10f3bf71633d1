#include "fs/announcer.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "fs/toucher.h"

static void begin(struct announcer **ret, int *ret_toucher)
{
	const int small = 1;
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	cr_assert_eq(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
	cr_assert_eq(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
	cr_assert_eq(fcntl(pair[1], F_SETFL, O_NONBLOCK), 0);
	cr_assert_eq(announcer_new(pair[0], ret), 0);
	*ret_toucher = pair[1];
}

/* The number in the next packet; 0: there is none. */
static uint64_t next(int toucher)
{
	struct toucher_order order = {0};

	return recv(toucher, &order, sizeof order, 0) < 0 ? 0 : order.inode;
}

Test(announcer, tells_at_once)
{
	struct announcer *announcer = NULL;
	struct toucher_order order = {0};
	int toucher = -1;

	begin(&announcer, &toucher);
	announcer_put(announcer, 77, "orgs/acme/openai/api_key");
	cr_assert_gt(recv(toucher, &order, sizeof order, 0), 8);
	cr_expect_eq(order.inode, 77);
	cr_expect_str_eq(order.path, "orgs/acme/openai/api_key");
	announcer_put(announcer, 77, "orgs/acme/openai/api_key");
	cr_expect_eq(next(toucher), 77, "again: it is another change");
	announcer_free(announcer);
	cr_expect_eq(recv(toucher, &order, sizeof order, 0), 0, "the toucher's sign to end");
}

Test(announcer, keeps_what_is_not_taken_yet_once_and_never_waits)
{
	struct announcer *announcer = NULL;
	uint64_t expected = 1, inode;
	int toucher = -1;

	begin(&announcer, &toucher);
	for (unsigned round = 0; round < 3; round++) {
		for (uint64_t i = 1; i <= 200; i++)
			announcer_put(announcer, i, "orgs/acme/openai/api_key");
	}
	cr_expect_gt(announcer_tend(announcer), 0);
	cr_expect_leq(announcer_tend(announcer), 200);
	/* In order; those that were sent in the first round wait once more. */
	while ((inode = next(toucher)) && expected <= 200) {
		cr_expect_eq(inode, expected++);
		(void)announcer_tend(announcer);
	}
	cr_expect_eq(expected, 201);
	while (next(toucher))
		(void)announcer_tend(announcer);
	cr_expect_eq(announcer_tend(announcer), 0);
	announcer_free(announcer);
}

Test(announcer, is_bounded)
{
	struct announcer *announcer = NULL;
	int toucher = -1;

	begin(&announcer, &toucher);
	for (uint64_t i = 1; i <= 2 * ANNOUNCER_WAITING; i++)
		announcer_put(announcer, i, "orgs/acme/openai/api_key");
	cr_expect_eq(announcer_tend(announcer), ANNOUNCER_WAITING);
	announcer_free(announcer);
}

Test(announcer, gives_up_when_the_toucher_is_gone)
{
	struct announcer *announcer = NULL;
	int toucher = -1;

	begin(&announcer, &toucher);
	cleanup_close(&toucher);
	announcer_put(announcer, 1, "orgs/acme/openai/api_key");
	announcer_put(announcer, 2, "orgs/acme/openai/api_key");
	cr_expect_eq(announcer_tend(announcer), 0);
	announcer_free(announcer);
	cr_assert_eq(announcer_new(-1, &announcer), 0);
	announcer_put(announcer, 1, "orgs/acme/openai/api_key");
	cr_expect_eq(announcer_tend(announcer), 0);
	announcer_free(announcer);
}
