#include "store/pins.h"

#include <criterion/criterion.h>
#include <sys/syscall.h>

#include "tests/place.h"

#define PINS CLEANUP(pins_closep) struct pins

/* The n-th write, sync or rename fails. */
static int fault_at;

static bool fails(void)
{
	if (!fault_at || --fault_at)
		return false;
	errno = ENOSPC;
	return true;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	return fails() ? -1 : syscall(SYS_write, fd, bytes, size);
}

int fsync(int fd)
{
	return fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	return fails() ? -1 : (int)syscall(SYS_rename, from, to);
}

struct world {
	struct place place;
	struct secret_pool *pool;
	struct recipient *host;
};

static void world_init(struct world *world)
{
	*world = (struct world){.place = place_new()};
	cr_assert_eq(secret_pool_new(1 << 20, &world->pool), 0);
	cr_assert_eq(recipient_generate(world->pool, &world->host), 0);
}

static void world_done(struct world *world)
{
	recipient_free(world->host);
	secret_pool_free(world->pool);
	place_done(&world->place);
}
#define WORLD CLEANUP(world_done) struct world

static struct digest fingerprint_of(uint8_t number)
{
	return (struct digest){{0xf1, number, 0x99, number}};
}

static struct mark mark_of(uint8_t number)
{
	return (struct mark){1000u + number, {{0x4d, number}}, 2000u + number};
}

static void expect_mark(const struct pins *pins, size_t index, uint8_t number)
{
	const struct mark expected = mark_of(number), *mark = &pins_get(pins, index)->mark;

	cr_expect_eq(mark->generation, expected.generation);
	cr_expect(digest_equal(&mark->head, &expected.head));
	cr_expect_eq(mark->time, expected.time);
}

static struct pins *open_pins(const struct world *world)
{
	struct pins *pins = NULL;

	cr_assert_eq(pins_open(world->place.pins, world->host, &pins), 0);
	return pins;
}

static int add(struct pins *pins, uint8_t number, const char *name)
{
	const struct digest fingerprint = fingerprint_of(number);
	const struct mark mark = mark_of(number);

	return pins_add(pins, &fingerprint, &mark, name);
}

static void expect_pin(const struct pins *pins, size_t index, uint8_t number, const char *name)
{
	const struct digest fingerprint = fingerprint_of(number);

	cr_assert_lt(index, pins_count(pins));
	cr_expect(digest_equal(&pins_get(pins, index)->fingerprint, &fingerprint));
	cr_expect_str_eq(pins_get(pins, index)->name, name);
	cr_expect_eq(pins_find(pins, name), (int)index);
}

Test(pins, a_new_list_is_empty_and_closed_to_others)
{
	WORLD world;
	world_init(&world);
	PINS *pins = NULL;
	struct stat st;

	cr_expect_eq(pins_open(world.place.pins, world.host, &pins), -ENOENT);
	cr_assert_eq(pins_create(world.place.pins, world.host), 0);
	cr_expect_eq(pins_create(world.place.pins, world.host), -EEXIST);
	pins = open_pins(&world);
	cr_expect_eq(pins_count(pins), 0);
	cr_expect_eq(pins_find(pins, "acme"), -ENOENT);
	cr_expect_eq(stat(world.place.pins, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
}

Test(pins, what_was_pinned_stays_in_its_order)
{
	WORLD world;
	world_init(&world);
	PINS *pins = NULL;

	cr_assert_eq(pins_create(world.place.pins, world.host), 0);
	pins = open_pins(&world);
	cr_assert_eq(add(pins, 1, "zeta"), 0);
	cr_assert_eq(add(pins, 2, "acme"), 0);
	cr_assert_eq(add(pins, 3, "a much longer name: \xc3\xa4"), 0);
	cr_assert_eq(pins_rename(pins, 1, "acme & sons"), 0);
	cr_assert_eq(pins_rename(pins, 1, "acme & sons"), 0);
	for (int pass = 0; pass < 2; pass++) {
		cr_expect_eq(pins_count(pins), 3);
		expect_pin(pins, 0, 1, "zeta");
		expect_pin(pins, 1, 2, "acme & sons");
		expect_pin(pins, 2, 3, "a much longer name: \xc3\xa4");
		cr_expect_eq(pins_find(pins, "acme"), -ENOENT);
		pins = pins_close(pins);
		pins = open_pins(&world);
	}
	BYTES file = file_read(world.place.pins, "");
	cr_assert_not_null(file.at);
	cr_expect_null(memmem(file.at, file.size, "zeta", 4));
	cr_expect_null(memmem(file.at, file.size, "acme", 4));
	cr_expect_not_null(memmem(file.at, file.size, "credfs pins 2\n", 14));
}

Test(pins, a_name_or_a_fingerprint_is_pinned_once)
{
	WORLD world;
	world_init(&world);
	PINS *pins = NULL;
	char name[257];

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	cr_assert_eq(pins_create(world.place.pins, world.host), 0);
	pins = open_pins(&world);
	cr_assert_eq(add(pins, 1, "one"), 0);
	cr_assert_eq(add(pins, 2, "two"), 0);
	cr_expect_eq(add(pins, 3, "one"), -EEXIST);
	cr_expect_eq(add(pins, 1, "three"), -EEXIST);
	cr_expect_eq(pins_rename(pins, 0, "two"), -EEXIST);
	cr_expect_eq(add(pins, 4, name), -ENAMETOOLONG);
	cr_expect_eq(pins_rename(pins, 0, name), -ENAMETOOLONG);
	cr_expect_eq(add(pins, 4, name + 1), 0);
	pins = pins_close(pins);
	pins = open_pins(&world);
	cr_expect_eq(pins_count(pins), 3);
	expect_pin(pins, 2, 4, name + 1);
}

Test(pins, another_host_or_a_changed_file_is_refused)
{
	WORLD world;
	world_init(&world);
	PINS *pins = NULL;
	CLEANUP(recipient_freep) struct recipient *other = NULL;

	cr_assert_eq(recipient_generate(world.pool, &other), 0);
	cr_assert_eq(pins_create(world.place.pins, world.host), 0);
	pins = open_pins(&world);
	cr_assert_eq(add(pins, 1, "acme"), 0);
	pins = pins_close(pins);
	cr_expect_eq(pins_open(world.place.pins, other, &pins), -EBADMSG);

	BYTES file = file_read(world.place.pins, "");
	for (size_t i = 0; i < file.size; i++) {
		file.at[i] ^= 0x10;
		file_write(world.place.pins, file.at, file.size);
		cr_expect_eq(pins_open(world.place.pins, world.host, &pins), -EBADMSG, "at %zu", i);
		file.at[i] ^= 0x10;
		file_write(world.place.pins, file.at, i);
		cr_expect_eq(pins_open(world.place.pins, world.host, &pins), -EBADMSG, "cut at %zu",
			     i);
	}
	file_write(world.place.pins, file.at, file.size);
	pins = open_pins(&world);
}

Test(pins, only_a_file_of_its_own_is_read)
{
	WORLD world;
	world_init(&world);
	PINS *pins = NULL;
	char path[128];

	cr_assert_eq(pins_create(world.place.pins, world.host), 0);
	snprintf(path, sizeof(path), "%s/link", world.place.directory);
	cr_assert_eq(symlink(world.place.pins, path), 0);
	cr_expect_eq(pins_open(path, world.host, &pins), -ELOOP);
	cr_expect_eq(pins_open(world.place.directory, world.host, &pins), -EBADMSG);
	snprintf(path, sizeof(path), "%s/fifo", world.place.directory);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_expect_eq(pins_open(path, world.host, &pins), -EBADMSG);
}

Test(pins, a_fault_leaves_the_list_as_it_was)
{
	WORLD world;
	world_init(&world);
	PINS *pins = NULL;
	int n;

	cr_assert_eq(pins_create(world.place.pins, world.host), 0);
	pins = open_pins(&world);
	cr_assert_eq(add(pins, 1, "acme"), 0);
	for (n = 1; n < 10; n++) {
		PINS *seen = NULL;
		int r;

		fault_at = n;
		r = n % 2 ? add(pins, 2, "new") : pins_rename(pins, 0, "new");
		if (fault_at) {
			fault_at = 0;
			break;
		}
		cr_expect_eq(r, -ENOSPC, "call %d: %d", n, r);
		cr_expect_eq(pins_count(pins), 1);
		expect_pin(pins, 0, 1, "acme");
		seen = open_pins(&world);
		cr_expect_eq(pins_count(seen), 1, "call %d", n);
		expect_pin(seen, 0, 1, "acme");
	}
	cr_expect_eq(n, 5);
}

Test(pins, a_list_that_cannot_be_created_leaves_nothing)
{
	WORLD world;
	world_init(&world);

	for (int n = 1; n < 3; n++) {
		fault_at = n;
		cr_expect_eq(pins_create(world.place.pins, world.host), -ENOSPC);
		cr_expect_eq(access(world.place.pins, F_OK), -1);
	}
	fault_at = 0;
	cr_expect_eq(pins_create(world.place.pins, world.host), 0);
}

Test(pins, marks_are_kept_with_the_next_write)
{
	WORLD world;
	world_init(&world);
	PINS *pins = NULL;
	PINS *seen = NULL;
	CLEANUP(pins_copy_freep) struct pins_copy *copy = NULL;
	const struct mark mark = mark_of(9);

	cr_assert_eq(pins_create(world.place.pins, world.host), 0);
	pins = open_pins(&world);
	cr_assert_eq(add(pins, 1, "acme"), 0);
	cr_assert_eq(add(pins, 2, "other"), 0);
	cr_assert_eq(pins_copy(pins, &copy), 0);
	cr_expect_null(copy, "all is written");
	pins_mark(pins, 1, &mark);
	seen = open_pins(&world);
	expect_mark(seen, 1, 2);
	seen = pins_close(seen);

	cr_assert_eq(pins_copy(pins, &copy), 0);
	cr_assert_not_null(copy);
	cr_expect_eq(pins_write(pins, copy), 0);
	seen = open_pins(&world);
	expect_mark(seen, 0, 1);
	expect_mark(seen, 1, 9);
	expect_pin(seen, 1, 2, "other");
	copy = pins_copy_free(copy);
	pins_mark(pins, 1, &mark);
	cr_assert_eq(pins_copy(pins, &copy), 0);
	cr_expect_null(copy, "the same mark is no change");
}

Test(pins, a_mark_that_could_not_be_written_is_written_later)
{
	WORLD world;
	world_init(&world);
	PINS *pins = NULL;
	PINS *seen = NULL;
	const struct mark mark = mark_of(9);

	cr_assert_eq(pins_create(world.place.pins, world.host), 0);
	pins = open_pins(&world);
	cr_assert_eq(add(pins, 1, "acme"), 0);
	pins_mark(pins, 0, &mark);
	for (int n = 1; n <= 5; n++) {
		CLEANUP(pins_copy_freep) struct pins_copy *copy = NULL;

		cr_assert_eq(pins_copy(pins, &copy), 0);
		cr_assert_not_null(copy);
		fault_at = n;
		cr_expect_eq(pins_write(pins, copy), n < 5 ? -ENOSPC : 0, "call %d", n);
	}
	fault_at = 0;
	seen = open_pins(&world);
	expect_mark(seen, 0, 9);
}

/* The list changes between the copy and its writing: what is newer stays. */
Test(pins, a_copy_that_was_overtaken_is_not_written)
{
	WORLD world;
	world_init(&world);
	PINS *pins = NULL;
	PINS *seen = NULL;
	CLEANUP(pins_copy_freep) struct pins_copy *copy = NULL;
	const struct mark mark = mark_of(9);

	cr_assert_eq(pins_create(world.place.pins, world.host), 0);
	pins = open_pins(&world);
	cr_assert_eq(add(pins, 1, "acme"), 0);
	pins_mark(pins, 0, &mark);
	cr_assert_eq(pins_copy(pins, &copy), 0);
	cr_assert_eq(add(pins, 2, "new"), 0);
	cr_expect_eq(pins_write(pins, copy), 0);
	seen = open_pins(&world);
	cr_expect_eq(pins_count(seen), 2);
	expect_mark(seen, 0, 9);
	expect_mark(seen, 1, 2);
}

Test(pins, the_list_is_replaced_as_a_whole)
{
	WORLD world;
	world_init(&world);
	PINS *pins = NULL;
	PINS *seen = NULL;
	char one[] = "one", two[] = "two";
	struct pin list[] = {{fingerprint_of(5), mark_of(5), one},
			     {fingerprint_of(6), mark_of(6), two}};

	cr_assert_eq(pins_new(world.place.pins, world.host, &pins), 0);
	cr_expect_eq(access(world.place.pins, F_OK), -1);
	cr_assert_eq(pins_replace(pins, list, 1), 0);
	for (int n = 1; n < 5; n++) {
		fault_at = n;
		cr_expect_eq(pins_replace(pins, list, 2), -ENOSPC, "call %d", n);
		fault_at = 0;
		cr_expect_eq(pins_count(pins), 1);
		seen = open_pins(&world);
		cr_expect_eq(pins_count(seen), 1, "call %d", n);
		seen = pins_close(seen);
	}
	list[1].name = one;
	cr_expect_eq(pins_replace(pins, list, 2), -EEXIST);
	list[1].name = two;
	cr_assert_eq(pins_replace(pins, list, 2), 0);
	seen = open_pins(&world);
	cr_expect_eq(pins_count(seen), 2);
	expect_pin(seen, 0, 5, "one");
	expect_pin(seen, 1, 6, "two");
	expect_mark(seen, 1, 6);
}
