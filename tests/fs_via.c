#include "fs/via.h"

#include <criterion/criterion.h>

static const struct via via = {
	.pid = 300,
	.way = {{NODE_LINK, 2, {{7}}, 0}, {.pin = NO_PIN}},
	.account = {{9}},
	.time = 1000,
};

Test(via, a_walk_counts_once_for_who_made_it_and_where_it_led)
{
	static struct vias vias;
	struct way way;

	vias_put(&vias, &via);
	cr_expect_not(vias_take(&vias, 301, via.account, 2000, &way));
	cr_assert(vias_take(&vias, 300, via.account, 2000, &way));
	cr_expect(node_equal(&way.link, &via.way.link));
	cr_expect_eq(way.before.pin, NO_PIN);
	cr_expect_not(vias_take(&vias, 300, via.account, 2000, &way));
}

Test(via, another_account_was_not_reached_by_it)
{
	static struct vias vias;
	struct way way;

	vias_put(&vias, &via);
	cr_expect_not(vias_take(&vias, 300, (struct record_id){{8}}, 2000, &way));
	cr_expect_not(vias_take(&vias, 300, via.account, 2000, &way), "it is over");
}

Test(via, a_walk_is_over_after_a_second)
{
	static struct vias vias;
	struct way way;

	vias_put(&vias, &via);
	cr_expect_not(vias_take(&vias, 300, via.account, 2000000000, &way));
}

Test(via, a_process_of_elsewhere_is_not_known_again)
{
	static struct vias vias;
	struct via elsewhere = via;
	struct way way;

	elsewhere.pid = 0;
	vias_put(&vias, &elsewhere);
	cr_expect_not(vias_take(&vias, 0, via.account, 1000, &way));
}

Test(via, looking_at_a_walk_does_not_end_it)
{
	static struct vias vias;
	struct way way;

	vias_put(&vias, &via);
	cr_expect_not(vias_look(&vias, 300, (struct record_id){{8}}, 2000, &way));
	cr_expect(vias_look(&vias, 300, via.account, 2000, &way));
	cr_expect(vias_take(&vias, 300, via.account, 2000, &way));
	cr_expect_not(vias_look(&vias, 300, via.account, 2000, &way));
}
