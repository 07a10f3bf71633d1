#include "fs/key_work.h"

#include <string.h>

const char *const key_can_names[] = {
	[CAN_READ] = "read", [CAN_WRITE] = "write", [CAN_MANAGE] = "manage"};

/* Hexadecimal of exactly `size` bytes. */
bool key_hex(const char *text, uint8_t *ret, size_t size)
{
	if (strlen(text) != 2 * size || strspn(text, "0123456789abcdefABCDEF") != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (sscanf(text + 2 * i, "%2hhx", &ret[i]) != 1)
			return false;
	}
	return true;
}

/* A recipient as it is typed: its public key, or its id. */
bool key_recipient(const char *text, struct recipient_id *ret)
{
	struct recipient_public public;

	if (recipient_public_parse(text, &public) < 0)
		return key_hex(text, ret->bytes, ID_SIZE);
	*ret = recipient_public_id(&public);
	return true;
}

enum exit_code key_say_org(const char *name, int error)
{
	static const struct {
		int error;
		enum exit_code code;
		const char *text;
	} rows[] = {
		{-EACCES, EXIT_NOT_MANAGER, "this host may not change that: it does not manage it"},
		{-EKEYREJECTED, EXIT_NOT_MANAGER, "this host is no member of it"},
		{-EBUSY, EXIT_LAST_MANAGER, "nobody could manage it any more"},
		{-EEXIST, EXIT_EXISTS, "it is so already"},
		{-EINVAL, EXIT_USAGE, "this is no key that anything could be sealed to"},
		{-EBADMSG, EXIT_STORE_DAMAGED, "its log or its keys do not verify"},
		{-EPROTONOSUPPORT, EXIT_STORE_VERSION,
		 "it was written by a later version of credfs: use that version"},
		{-EIDRM, EXIT_STORE_DAMAGED, "it was removed from the store"},
		{-ENOTUNIQ, EXIT_STORE_DAMAGED, "its log is another one than was seen here"},
		{-ESTALE, EXIT_OTHER, "others were always first, or its log was put back"},
		{-EFBIG, EXIT_OTHER, "it has too many members"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].error == error)
			return command_fail(rows[i].code, "organisation %s: %s", name,
					    rows[i].text);
	}
	return command_fail(EXIT_OTHER, "organisation %s: %s", name, strerror(-error));
}

enum exit_code key_org(struct key_work *work, const char *name, struct org **ret)
{
	int index = pins_find(store_pins(work->store), name);
	int r;

	if (index < 0)
		return command_fail(EXIT_NO_ORGANISATION, "this host knows no organisation %s",
				    name);
	r = store_org(work->store, (size_t)index, ret);
	return r < 0 ? key_say_org(name, r) : EXIT_DONE;
}
