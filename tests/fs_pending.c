#include <criterion/criterion.h>

#include "fs/pending.h"

static struct pending model(uint8_t id, uint8_t target, char *name, uid_t maker)
{
	return (struct pending){
		.id = {{id}}, .parent = {{9}}, .target = {{target}}, .name = name, .maker = maker};
}

Test(pending, is_found_by_name_and_by_id)
{
	CLEANUP(pendings_freep) struct pendings *pendings = NULL;
	char name[] = "api_key";
	const struct pending field = model(1, 0, name, 1000);
	struct pending *pending = NULL;

	cr_assert_eq(pendings_new(&pendings), 0);
	cr_assert_eq(pendings_add(pendings, &field, &pending), 0);
	cr_assert_eq(pendings_find(pendings, field.parent, "api_key"), pending);
	cr_assert_eq(pendings_get(pendings, field.id), pending);
	cr_assert_null(pendings_find(pendings, field.id, "api_key"));
	cr_assert_null(pendings_find(pendings, field.parent, "api_base"));
	pendings_remove(pendings, field.id);
	cr_assert_null(pendings_get(pendings, field.id));
}

Test(pending, a_field_goes_with_its_last_handle)
{
	CLEANUP(pendings_freep) struct pendings *pendings = NULL;
	char name[] = "api_key";
	const struct pending field = model(1, 0, name, 1000);
	struct pending *pending = NULL;

	cr_assert_eq(pendings_new(&pendings), 0);
	cr_assert_eq(pendings_add(pendings, &field, &pending), 0);
	pending->users = 1;
	pendings_settle(pendings, field.id);
	cr_assert_not_null(pendings_get(pendings, field.id));
	pending->users = 0;
	pendings_settle(pendings, field.id);
	cr_assert_null(pendings_get(pendings, field.id));
}

Test(pending, a_link_does_not_go_with_handles)
{
	CLEANUP(pendings_freep) struct pendings *pendings = NULL;
	char name[] = "CuAbCdEf";
	const struct pending link = model(1, 2, name, 1000);
	struct pending *pending = NULL;

	cr_assert_eq(pendings_new(&pendings), 0);
	cr_assert_eq(pendings_add(pendings, &link, &pending), 0);
	pendings_settle(pendings, link.id);
	cr_assert_not_null(pendings_get(pendings, link.id));
}

Test(pending, one_maker_cannot_use_up_the_others_share)
{
	CLEANUP(pendings_freep) struct pendings *pendings = NULL;
	struct pending *pending = NULL;
	char name[] = "CuAbCdEf";

	cr_assert_eq(pendings_new(&pendings), 0);
	for (uint8_t i = 1; i <= 64; i++) {
		const struct pending link = model(i, 2, name, 1000);

		cr_assert_eq(pendings_add(pendings, &link, &pending), 0);
	}
	cr_assert_eq(
		pendings_add(pendings, &(struct pending){.name = name, .maker = 1000}, &pending),
		-ENOSPC);
	cr_assert_eq(
		pendings_add(pendings, &(struct pending){.name = name, .maker = 1001}, &pending),
		0);
}
