#include <criterion/criterion.h>

#include "store/wire.h"

Test(wire, numbers_are_little_endian_and_come_back)
{
	static const uint8_t expected[] = {1, 3, 2, 7, 6, 5, 4, 15, 14, 13, 12, 11, 10, 9, 8, 'x'};
	CLEANUP_WIRE struct wire_writer writer = wire_writer(sizeof(expected));
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct wire_reader reader;
	size_t size = 0;

	wire_put_u8(&writer, 1);
	wire_put_u16(&writer, 0x0203);
	wire_put_u32(&writer, 0x04050607);
	wire_put_u64(&writer, 0x08090a0b0c0d0e0f);
	wire_put(&writer, "x", 1);
	cr_assert_eq(wire_take(&writer, &bytes, &size), 0);
	cr_assert_eq(size, sizeof(expected));
	cr_assert_arr_eq(bytes, expected, sizeof(expected));

	reader = wire_reader(bytes, size);
	cr_assert_eq(wire_get_u8(&reader), 1);
	cr_assert_eq(wire_get_u16(&reader), 0x0203);
	cr_assert_eq(wire_get_u32(&reader), 0x04050607);
	cr_assert_eq(wire_get_u64(&reader), 0x08090a0b0c0d0e0f);
	cr_assert_eq(wire_end(&reader), -EBADMSG);
	cr_assert_eq(*wire_get(&reader, 1), 'x');
	cr_assert_eq(wire_end(&reader), 0);
}

Test(wire, writer_grows_up_to_its_limit_and_stays_failed_beyond)
{
	CLEANUP_WIRE struct wire_writer writer = wire_writer(100000);
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size = 0;

	for (uint32_t i = 0; i < 25000; i++)
		wire_put_u32(&writer, i);
	cr_assert_eq(writer.error, 0);
	cr_assert_eq(writer.bytes[99997], 24999 >> 8);
	wire_put_u8(&writer, 1);
	wire_put(&writer, NULL, 0);
	cr_assert_eq(wire_take(&writer, &bytes, &size), -EFBIG);
	cr_assert_null(bytes);
}

Test(wire, writer_of_nothing_gives_an_empty_place)
{
	CLEANUP_WIRE struct wire_writer writer = wire_writer(0);
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size = 1;

	cr_assert_eq(wire_take(&writer, &bytes, &size), 0);
	cr_assert_not_null(bytes);
	cr_assert_eq(size, 0);
}

Test(wire, reader_gives_zeros_past_the_end_and_stays_failed)
{
	static const uint8_t bytes[] = {1, 2, 3};
	struct wire_reader reader = wire_reader(bytes, sizeof(bytes));

	cr_assert_eq(wire_get_u32(&reader), 0);
	cr_assert_eq(wire_get_u8(&reader), 0);
	cr_assert_null(wire_get(&reader, 1));
	cr_assert_eq(wire_end(&reader), -EBADMSG);
}

Test(wire, count_is_held_against_what_is_left)
{
	static const uint8_t bytes[] = {2, 0, 0, 0, 1, 1, 1, 1, 1};
	struct wire_reader fits = wire_reader(bytes, 8);
	struct wire_reader short_by_one = wire_reader(bytes, 7);
	struct wire_reader longer = wire_reader(bytes, 9);

	cr_assert_eq(wire_get_count(&fits, 2), 2);
	cr_assert_eq(wire_get_count(&short_by_one, 2), 0);
	cr_assert(short_by_one.failed);
	cr_assert_eq(wire_get_count(&longer, 2), 2);
}
