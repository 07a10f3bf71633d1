/*
 * jansson builds a tree of what it reads, with allocation functions that are set once for the whole
 * process: ours take from the arena that the thread is in (arena.h), and outside of one, for others
 * who use jansson in this process, from malloc().
 */
#include "conf/json.h"

#include <jansson.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

#include "conf/arena.h"
#include "conf/render.h"

enum { STACK_SIZE = 8192 };

/* Before main(), where it cannot race. The seed, which jansson would read from /dev/urandom when it
 * makes its first object, keeps it from opening files. */
__attribute__((constructor)) static void json_prepare(void)
{
	unsigned seed = 0;

	json_set_alloc_funcs(arena_allocate, arena_give);
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0 || seed == 0)
		seed = 1;
	json_object_seed(seed);
}

/* Whether the text ends within a word, a number or an escape, which more bytes may complete. */
static bool ends_within_token(const uint8_t *bytes, size_t size)
{
	uint8_t last = bytes[size - 1];

	return !memchr("{}[],: \t\r\n", last, strlen("{}[],: \t\r\n"));
}

static int json_translate(const json_error_t *error, const uint8_t *bytes, size_t size)
{
	switch ((int)json_error_code(error)) {
	case json_error_unknown: /* what a failed allocation mostly leaves */
	case json_error_out_of_memory:
		return -ENOMEM;
	case json_error_premature_end_of_input:
		return -EAGAIN;
	case json_error_invalid_syntax:
	case json_error_numeric_overflow:
		if ((size_t)error->position >= size && ends_within_token(bytes, size))
			return -EAGAIN;
		return -EINVAL;
	default:
		return -EINVAL;
	}
}

static int json_parse(const uint8_t *bytes, size_t size)
{
	const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
	json_error_t error = {0};
	int r = 0;

	/* The tree is not taken down piece by piece: the arena goes as a whole. */
	if (!json_loadb((const char *)bytes, size, flags, &error))
		r = json_translate(&error, bytes, size);
	/* It quotes what it could not read. */
	sodium_memzero(&error, sizeof(error));
	return r;
}

int json_check(const uint8_t *bytes, size_t size)
{
	CLEANUP(arena_leave) struct arena arena = {0};
	size_t at = 0;
	int r;

	while (at < size && memchr(" \t\r\n", bytes[at], 4))
		at++;
	if (at == size)
		return -EAGAIN;
	if (bytes[at] != '{')
		return -EINVAL;

	r = arena_enter(&arena);
	if (r < 0)
		return r;
	r = json_parse(bytes, size);
	sodium_stackzero(STACK_SIZE);
	return r;
}

/* The object that a name with dots lies in, made when it is not there; *name becomes the rest. NULL
 * with *ret_error. */
static json_t *object_of(json_t *object, const char **name, int *ret_error)
{
	const char *dot;

	for (; (dot = strchr(*name, '.')); *name = dot + 1) {
		const size_t length = (size_t)(dot - *name);
		json_t *inner = json_object_getn(object, *name, length);

		if (!inner) {
			inner = json_object();
			if (!inner || json_object_setn(object, *name, length, inner) < 0) {
				*ret_error = -ENOMEM;
				return NULL;
			}
		}
		if (!json_is_object(inner)) {
			*ret_error = -EINVAL;
			return NULL;
		}
		object = inner;
	}
	return object;
}

static json_t *value_of(const struct render_value *value)
{
	json_int_t number = 0;

	if (!value->number)
		return json_stringn((const char *)value->bytes, value->size);
	for (size_t i = 0; i < value->size; i++)
		number = number * 10 + (value->bytes[i] - '0');
	return json_integer(number);
}

static int put_value(json_t *object, const struct render_value *value)
{
	const char *name = value->name;
	json_t *made;
	int r = 0;

	object = object_of(object, &name, &r);
	if (!object)
		return r;
	if (json_object_get(object, name))
		return -EINVAL;
	made = value_of(value);
	return made && json_object_set(object, name, made) == 0 ? 0 : -ENOMEM;
}

static int json_print(const json_t *object, struct secret_pool *pool, struct secret **ret)
{
	const size_t size = json_dumpb(object, NULL, 0, JSON_COMPACT);
	CLEANUP_SECRET struct secret *text = NULL;
	int r = size ? secret_zeros(pool, size + 1, &text) : -ENOMEM;

	if (r < 0)
		return r;
	if (json_dumpb(object, (char *)secret_bytes(text), size, JSON_COMPACT) != size)
		return -ENOMEM;
	secret_bytes(text)[size] = '\n';
	*ret = TAKE_PTR(text);
	return 0;
}

static int json_build(const struct render_value *values, size_t count, struct secret_pool *pool,
		      struct secret **ret)
{
	json_t *object = json_object();
	int r = object ? 0 : -ENOMEM;

	/* As above: nothing is taken down, the arena goes. */
	for (size_t i = 0; i < count && r == 0; i++)
		r = put_value(object, &values[i]);
	return r < 0 ? r : json_print(object, pool, ret);
}

int json_make(const struct render_value *values, size_t count, struct secret_pool *pool,
	      struct secret **ret)
{
	CLEANUP(arena_leave) struct arena arena = {0};
	int r = arena_enter(&arena);

	if (r < 0)
		return r;
	r = json_build(values, count, pool, ret);
	sodium_stackzero(STACK_SIZE);
	return r;
}
