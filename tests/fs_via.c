#include "fs/via.h"

#include <criterion/criterion.h>

static const struct via via = {
	.pid = 300, .link = {NODE_LINK, 2, {{7}}, 0}, .account = {{9}}, .time = 1000};

Test(via, a_walk_counts_once_for_who_made_it_and_where_it_led)
{
	static struct vias vias;
	struct node link;

	vias_put(&vias, &via);
	cr_expect_not(vias_take(&vias, 301, via.account, 2000, &link));
	cr_assert(vias_take(&vias, 300, via.account, 2000, &link));
	cr_expect(node_equal(&link, &via.link));
	cr_expect_not(vias_take(&vias, 300, via.account, 2000, &link));
}

Test(via, another_account_was_not_reached_by_it)
{
	static struct vias vias;
	struct node link;

	vias_put(&vias, &via);
	cr_expect_not(vias_take(&vias, 300, (struct record_id){{8}}, 2000, &link));
	cr_expect_not(vias_take(&vias, 300, via.account, 2000, &link), "it is over");
}

Test(via, a_walk_is_over_after_a_second)
{
	static struct vias vias;
	struct node link;

	vias_put(&vias, &via);
	cr_expect_not(vias_take(&vias, 300, via.account, 2000000000, &link));
}

Test(via, a_process_of_elsewhere_is_not_known_again)
{
	static struct vias vias;
	struct via elsewhere = via;
	struct node link;

	elsewhere.pid = 0;
	vias_put(&vias, &elsewhere);
	cr_expect_not(vias_take(&vias, 0, via.account, 1000, &link));
}
