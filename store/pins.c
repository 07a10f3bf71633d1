#include "store/pins.h"

#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "store/wire.h"

static const char magic[] = "credfs pins 1\n";

enum {
	MAGIC_SIZE = sizeof(magic) - 1,
	NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	KEY_SIZE = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	NAME_MAX_SIZE = 255,
	LIST_MAX = 16 << 20, /* some 50,000 organisations */
	FILE_MAX = MAGIC_SIZE + NONCE_SIZE + LIST_MAX + TAG_SIZE,
};

struct pins {
	char *path;
	const struct recipient *host;
	struct pin *list;
	size_t count;
};

struct pins *pins_close(struct pins *pins)
{
	if (!pins)
		return NULL;
	for (size_t i = 0; i < pins->count; i++)
		free(pins->list[i].name);
	free(pins->list);
	free(pins->path);
	free(pins);
	return NULL;
}

static int pins_new(const char *path, const struct recipient *host, struct pins **ret)
{
	CLEANUP(pins_closep) struct pins *pins = calloc(1, sizeof(*pins));

	if (!pins)
		return -ENOMEM;
	pins->host = host;
	pins->path = strdup(path);
	if (!pins->path)
		return -ENOMEM;
	*ret = TAKE_PTR(pins);
	return 0;
}

static int encode(const struct pins *pins, uint8_t **ret, size_t *ret_size)
{
	CLEANUP_WIRE struct wire_writer writer = wire_writer(LIST_MAX);

	wire_put_u32(&writer, (uint32_t)pins->count);
	for (size_t i = 0; i < pins->count; i++) {
		size_t size = strlen(pins->list[i].name);

		wire_put(&writer, pins->list[i].fingerprint.bytes, DIGEST_SIZE);
		wire_put_u16(&writer, (uint16_t)size);
		wire_put(&writer, pins->list[i].name, size);
	}
	return wire_take(&writer, ret, ret_size);
}

/* The whole file, sealed. */
static int seal(const struct pins *pins, uint8_t **ret, size_t *ret_size)
{
	CLEANUP_FREE uint8_t *plain = NULL;
	CLEANUP_FREE uint8_t *file = NULL;
	uint8_t key[KEY_SIZE];
	uint8_t *nonce;
	size_t size;
	int r;

	r = encode(pins, &plain, &size);
	if (r < 0)
		return r;
	file = malloc(MAGIC_SIZE + NONCE_SIZE + size + TAG_SIZE);
	if (!file)
		return -ENOMEM;
	nonce = wire_store(file, magic, MAGIC_SIZE);
	randombytes_buf(nonce, NONCE_SIZE);
	recipient_host_key(pins->host, key);
	crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_SIZE, NULL, plain, size, file,
						   MAGIC_SIZE, NULL, nonce, key);
	sodium_memzero(key, sizeof(key));
	*ret = TAKE_PTR(file);
	*ret_size = MAGIC_SIZE + NONCE_SIZE + size + TAG_SIZE;
	return 0;
}

static int open_sealed(const struct recipient *host, const uint8_t *file, size_t size,
		       uint8_t **ret, size_t *ret_size)
{
	const uint8_t *nonce = file + MAGIC_SIZE, *sealed = nonce + NONCE_SIZE;
	CLEANUP_FREE uint8_t *plain = NULL;
	uint8_t key[KEY_SIZE];
	int r;

	if (size < MAGIC_SIZE + NONCE_SIZE + TAG_SIZE || memcmp(file, magic, MAGIC_SIZE) != 0)
		return -EBADMSG;
	size -= MAGIC_SIZE + NONCE_SIZE;
	plain = malloc(size);
	if (!plain)
		return -ENOMEM;
	recipient_host_key(host, key);
	r = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed, size, file,
						       MAGIC_SIZE, nonce, key);
	sodium_memzero(key, sizeof(key));
	if (r != 0)
		return -EBADMSG;
	*ret = TAKE_PTR(plain);
	*ret_size = size - TAG_SIZE;
	return 0;
}

/* Room for one more pin. */
static int reserve(struct pins *pins)
{
	struct pin *list = reallocarray(pins->list, pins->count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	pins->list = list;
	return 0;
}

static int decode_pin(struct wire_reader *reader, struct pins *pins)
{
	struct pin pin = {.name = NULL};
	const uint8_t *name;
	uint16_t size;
	int r;

	wire_get_bytes(reader, pin.fingerprint.bytes, DIGEST_SIZE);
	size = wire_get_u16(reader);
	name = wire_get(reader, size);
	if (!name || size > NAME_MAX_SIZE || memchr(name, '\0', size))
		return -EBADMSG;
	r = reserve(pins);
	if (r < 0)
		return r;
	pin.name = strndup((const char *)name, size);
	if (!pin.name)
		return -ENOMEM;
	pins->list[pins->count++] = pin;
	return 0;
}

static int decode(const uint8_t *plain, size_t size, struct pins *pins)
{
	struct wire_reader reader = wire_reader(plain, size);
	uint32_t count = wire_get_count(&reader, DIGEST_SIZE + sizeof(uint16_t));

	for (uint32_t i = 0; i < count; i++) {
		int r = decode_pin(&reader, pins);

		if (r < 0)
			return r;
	}
	return wire_end(&reader);
}

static int read_all(int fd, uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = read(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

static int read_file(const char *path, uint8_t **ret, size_t *ret_size)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return -EBADMSG;
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return -ENOMEM;
	r = read_all(fd, bytes, (size_t)st.st_size);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(bytes);
	*ret_size = (size_t)st.st_size;
	return 0;
}

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

static int write_file(const char *path, const uint8_t *bytes, size_t size)
{
	CLEANUP_CLOSE int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0 || fchmod(fd, 0600) < 0)
		return -errno;
	r = write_all(fd, bytes, size);
	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

static int sync_directory(const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);
	CLEANUP_CLOSE int fd = -1;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Put the list at its path by `place`, rename() or link(), durably. */
static int save(const struct pins *pins, int (*place)(const char *from, const char *to))
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_FREE char *temporary = NULL;
	size_t size;
	int r;

	r = seal(pins, &bytes, &size);
	if (r < 0)
		return r;
	if (asprintf(&temporary, "%s.tmp", pins->path) < 0)
		return -ENOMEM;
	r = write_file(temporary, bytes, size);
	if (r == 0 && place(temporary, pins->path) < 0)
		r = -errno;
	if (r < 0 || place == link)
		unlink(temporary);
	if (r < 0)
		return r;
	r = sync_directory(pins->path);
	if (r < 0 && place == link)
		unlink(pins->path); /* ours: link() does not replace */
	return r;
}

int pins_create(const char *path, const struct recipient *host)
{
	CLEANUP(pins_closep) struct pins *pins = NULL;
	int r = pins_new(path, host, &pins);

	return r < 0 ? r : save(pins, link);
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
	r = read_file(path, &file, &file_size);
	if (r < 0)
		return r;
	r = open_sealed(host, file, file_size, &plain, &size);
	if (r < 0)
		return r;
	r = decode(plain, size, pins);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(pins);
	return 0;
}

size_t pins_count(const struct pins *pins)
{
	return pins->count;
}

const struct pin *pins_get(const struct pins *pins, size_t index)
{
	return &pins->list[index];
}

int pins_find(const struct pins *pins, const char *name)
{
	for (size_t i = 0; i < pins->count; i++) {
		if (strcmp(pins->list[i].name, name) == 0)
			return (int)i;
	}
	return -ENOENT;
}

static bool has_fingerprint(const struct pins *pins, const struct digest *fingerprint)
{
	for (size_t i = 0; i < pins->count; i++) {
		if (digest_equal(&pins->list[i].fingerprint, fingerprint))
			return true;
	}
	return false;
}

/* The list was put back after save() failed, perhaps in its last step: so is the file, if that
 * works. */
static int save_former(const struct pins *pins, int error)
{
	(void)!save(pins, rename);
	return error;
}

int pins_add(struct pins *pins, const struct digest *fingerprint, const char *name)
{
	CLEANUP_FREE char *copy = strdup(name);
	int r;

	if (!copy)
		return -ENOMEM;
	if (strlen(name) > NAME_MAX_SIZE)
		return -ENAMETOOLONG;
	if (pins_find(pins, name) >= 0 || has_fingerprint(pins, fingerprint))
		return -EEXIST;
	r = reserve(pins);
	if (r < 0)
		return r;
	pins->list[pins->count++] = (struct pin){.fingerprint = *fingerprint, .name = copy};
	r = save(pins, rename);
	if (r < 0) {
		pins->count--;
		return save_former(pins, r);
	}
	copy = NULL;
	return 0;
}

int pins_rename(struct pins *pins, size_t index, const char *name)
{
	CLEANUP_FREE char *copy = strdup(name);
	char *former = pins->list[index].name;
	int r;

	if (!copy)
		return -ENOMEM;
	if (strlen(name) > NAME_MAX_SIZE)
		return -ENAMETOOLONG;
	r = pins_find(pins, name);
	if (r >= 0)
		return (size_t)r == index ? 0 : -EEXIST;
	pins->list[index].name = copy;
	r = save(pins, rename);
	if (r < 0) {
		pins->list[index].name = former;
		return save_former(pins, r);
	}
	copy = former;
	return 0;
}
