#include "store/removed.h"

#include <criterion/criterion.h>

static struct record_id id_of(uint8_t number)
{
	return (struct record_id){{number}};
}

Test(removed, has_what_was_put_until_it_is_forgotten)
{
	CLEANUP(removed_freep) struct removed *removed = NULL;

	cr_assert_eq(removed_new(&removed), 0);
	for (uint8_t i = 0; i < 200; i++) {
		cr_expect_not(removed_has(removed, id_of(i)));
		cr_assert_eq(removed_put(removed, id_of(i)), 0);
		cr_expect(removed_has(removed, id_of(i)));
	}
	for (uint8_t i = 0; i < 200; i += 3)
		removed_forget(removed, id_of(i));
	for (uint8_t i = 0; i < 200; i++)
		cr_expect_eq(removed_has(removed, id_of(i)), i % 3 != 0);
}
