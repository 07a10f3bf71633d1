#include "store/pins.h"

#include <pthread.h>
#include <string.h>

#include "store/durable.h"
#include "store/hostfile.h"
#include "store/wire.h"

static const char heading[] = "credfs pins 2\n";

enum {
	NAME_MAX_SIZE = 255,
	PIN_SIZE = DIGEST_SIZE + 8 + DIGEST_SIZE + 8 + 2, /* and the name */
	LIST_MAX = 16 << 20,				  /* some 50,000 organisations */
	FILE_MAX = sizeof(heading) - 1 + LIST_MAX + HOSTFILE_OVERHEAD,
};

struct pin_list {
	struct pin *list;
	size_t count;
};

struct pins {
	char *path;
	const struct recipient *host;
	struct pin_list pins;
	uint64_t changes; /* how often the list has changed */
	pthread_mutex_t writing;
	uint64_t written; /* the change up to which the file has them; under `writing` */
};

struct pins_copy {
	uint64_t change;
	uint8_t *bytes;
	size_t size;
};

static void list_done(struct pin_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->list[i].name);
	free(list->list);
	*list = (struct pin_list){0};
}

/* Append a copy. -ENAMETOOLONG, -ENOMEM. */
static int list_push(struct pin_list *list, const struct pin *pin)
{
	struct pin *grown = reallocarray(list->list, list->count + 1, sizeof(*grown));
	struct pin copy = *pin;

	if (!grown)
		return -ENOMEM;
	list->list = grown;
	if (strlen(pin->name) > NAME_MAX_SIZE)
		return -ENAMETOOLONG;
	copy.name = strdup(pin->name);
	if (!copy.name)
		return -ENOMEM;
	list->list[list->count++] = copy;
	return 0;
}

static int list_add(struct pin_list *list, const struct pin *pin)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->list[i].name, pin->name) == 0 ||
		    digest_equal(&list->list[i].fingerprint, &pin->fingerprint))
			return -EEXIST;
	}
	return list_push(list, pin);
}

struct pins *pins_close(struct pins *pins)
{
	if (!pins)
		return NULL;
	pthread_mutex_destroy(&pins->writing);
	list_done(&pins->pins);
	free(pins->path);
	free(pins);
	return NULL;
}

int pins_new(const char *path, const struct recipient *host, struct pins **ret)
{
	CLEANUP(pins_closep) struct pins *pins = calloc(1, sizeof(*pins));

	if (!pins)
		return -ENOMEM;
	pthread_mutex_init(&pins->writing, NULL);
	pins->host = host;
	if (path && !(pins->path = strdup(path)))
		return -ENOMEM;
	*ret = TAKE_PTR(pins);
	return 0;
}

static int encode(const struct pins *pins, uint8_t **ret, size_t *ret_size)
{
	CLEANUP_WIRE struct wire_writer writer = wire_writer(LIST_MAX);

	wire_put_u32(&writer, (uint32_t)pins->pins.count);
	for (size_t i = 0; i < pins->pins.count; i++) {
		const struct pin *pin = &pins->pins.list[i];
		size_t size = strlen(pin->name);

		wire_put(&writer, pin->fingerprint.bytes, DIGEST_SIZE);
		wire_put_u64(&writer, pin->mark.generation);
		wire_put(&writer, pin->mark.head.bytes, DIGEST_SIZE);
		wire_put_u64(&writer, pin->mark.time);
		wire_put_u16(&writer, (uint16_t)size);
		wire_put(&writer, pin->name, size);
	}
	return wire_take(&writer, ret, ret_size);
}

static int seal(const struct pins *pins, uint8_t **ret, size_t *ret_size)
{
	CLEANUP_FREE uint8_t *plain = NULL;
	size_t size;
	int r;

	r = encode(pins, &plain, &size);
	return r < 0 ? r : hostfile_seal(pins->host, heading, plain, size, ret, ret_size);
}

static int decode_pin(struct wire_reader *reader, struct pin_list *list)
{
	CLEANUP_FREE char *name = NULL;
	struct pin pin = {0};
	const uint8_t *bytes;
	uint16_t size;
	int r;

	wire_get_bytes(reader, pin.fingerprint.bytes, DIGEST_SIZE);
	pin.mark.generation = wire_get_u64(reader);
	wire_get_bytes(reader, pin.mark.head.bytes, DIGEST_SIZE);
	pin.mark.time = wire_get_u64(reader);
	size = wire_get_u16(reader);
	bytes = wire_get(reader, size);
	if (!bytes || memchr(bytes, '\0', size))
		return -EBADMSG;
	pin.name = name = strndup((const char *)bytes, size);
	if (!name)
		return -ENOMEM;
	r = list_push(list, &pin);
	return r == -ENAMETOOLONG ? -EBADMSG : r;
}

static int decode(const uint8_t *plain, size_t size, struct pin_list *list)
{
	struct wire_reader reader = wire_reader(plain, size);
	uint32_t count = wire_get_count(&reader, PIN_SIZE);

	for (uint32_t i = 0; i < count; i++) {
		int r = decode_pin(&reader, list);

		if (r < 0)
			return r;
	}
	return wire_end(&reader);
}

/* The content of the file as it should be now. */
static int copy_new(const struct pins *pins, struct pins_copy **ret)
{
	CLEANUP(pins_copy_freep) struct pins_copy *copy = calloc(1, sizeof(*copy));
	int r;

	if (!copy)
		return -ENOMEM;
	copy->change = pins->changes;
	r = seal(pins, &copy->bytes, &copy->size);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(copy);
	return 0;
}

struct pins_copy *pins_copy_free(struct pins_copy *copy)
{
	if (copy)
		free(copy->bytes);
	free(copy);
	return NULL;
}

static bool all_is_written(struct pins *pins)
{
	bool written;

	pthread_mutex_lock(&pins->writing);
	written = pins->written == pins->changes;
	pthread_mutex_unlock(&pins->writing);
	return written;
}

int pins_copy(struct pins *pins, struct pins_copy **ret)
{
	*ret = NULL;
	return all_is_written(pins) ? 0 : copy_new(pins, ret);
}

int pins_write(struct pins *pins, const struct pins_copy *copy)
{
	int r = 0;

	pthread_mutex_lock(&pins->writing);
	if (copy->change > pins->written) {
		if (pins->path)
			r = durable_replace(pins->path, copy->bytes, copy->size);
		if (r == 0)
			pins->written = copy->change;
	}
	pthread_mutex_unlock(&pins->writing);
	return r;
}

static int save(struct pins *pins)
{
	CLEANUP(pins_copy_freep) struct pins_copy *copy = NULL;
	int r;

	pins->changes++;
	r = copy_new(pins, &copy);
	return r < 0 ? r : pins_write(pins, copy);
}

/* The list was put back after save() failed, perhaps in its last step: so is the file, if that
 * works. */
static int save_former(struct pins *pins, int error)
{
	(void)!save(pins);
	return error;
}

int pins_create(const char *path, const struct recipient *host)
{
	CLEANUP(pins_closep) struct pins *pins = NULL;
	CLEANUP(pins_copy_freep) struct pins_copy *copy = NULL;
	int r = pins_new(path, host, &pins);

	if (r == 0)
		r = copy_new(pins, &copy);
	return r < 0 ? r : durable_create(path, 0600, copy->bytes, copy->size);
}

int pins_open(const char *path, const struct recipient *host, struct pins **ret)
{
	CLEANUP(pins_closep) struct pins *pins = NULL;
	CLEANUP_FREE uint8_t *file = NULL;
	CLEANUP_FREE uint8_t *plain = NULL;
	size_t file_size, size;
	int r;

	r = pins_new(path, host, &pins);
	if (r < 0)
		return r;
	r = durable_read(path, FILE_MAX, &file, &file_size);
	if (r < 0)
		return r;
	r = hostfile_open(host, heading, file, file_size, &plain, &size);
	if (r < 0)
		return r;
	r = decode(plain, size, &pins->pins);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(pins);
	return 0;
}

size_t pins_count(const struct pins *pins)
{
	return pins->pins.count;
}

const struct pin *pins_get(const struct pins *pins, size_t index)
{
	return &pins->pins.list[index];
}

int pins_find(const struct pins *pins, const char *name)
{
	for (size_t i = 0; i < pins->pins.count; i++) {
		if (strcmp(pins->pins.list[i].name, name) == 0)
			return (int)i;
	}
	return -ENOENT;
}

int pins_add(struct pins *pins, const struct digest *fingerprint, const struct mark *mark,
	     const char *name)
{
	CLEANUP_FREE char *copy = strdup(name);
	const struct pin pin = {.fingerprint = *fingerprint, .mark = *mark, .name = copy};
	int r;

	if (!copy)
		return -ENOMEM;
	r = list_add(&pins->pins, &pin);
	if (r < 0)
		return r;
	r = save(pins);
	if (r == 0)
		return 0;
	free(pins->pins.list[--pins->pins.count].name);
	return save_former(pins, r);
}

int pins_rename(struct pins *pins, size_t index, const char *name)
{
	struct pin *pin = &pins->pins.list[index];
	CLEANUP_FREE char *copy = strdup(name);
	char *former = pin->name;
	int r;

	if (!copy)
		return -ENOMEM;
	if (strlen(name) > NAME_MAX_SIZE)
		return -ENAMETOOLONG;
	r = pins_find(pins, name);
	if (r >= 0)
		return (size_t)r == index ? 0 : -EEXIST;
	pin->name = copy;
	r = save(pins);
	if (r < 0) {
		pin->name = former;
		return save_former(pins, r);
	}
	copy = former;
	return 0;
}

int pins_replace(struct pins *pins, const struct pin *list, size_t count)
{
	CLEANUP(list_done) struct pin_list spare = {0};
	struct pin_list former = pins->pins;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = list_add(&spare, &list[i]);
	if (r < 0)
		return r;
	pins->pins = spare;
	r = save(pins);
	if (r < 0) {
		pins->pins = former;
		return save_former(pins, r);
	}
	spare = former;
	return 0;
}

void pins_mark(struct pins *pins, size_t index, const struct mark *mark)
{
	struct mark *known = &pins->pins.list[index].mark;

	if (known->generation == mark->generation && digest_equal(&known->head, &mark->head))
		return;
	*known = *mark;
	pins->changes++;
}
