/*
 * What the verbs of `credfs key` share, and the verbs: each in one of key_look.c and key_change.c,
 * called from the table in cmd_key.c.
 */
#pragma once

#include "fs/unlock.h"
#include "store/store.h"

enum { KEY_ARGUMENTS_MAX = 3 };

struct key_options {
	const char *arguments[KEY_ARGUMENTS_MAX]; /* what to do, and to what */
	unsigned count;
	const char *org;
	const char *can;
	bool recovery; /* the phrase in the place of the identity */
	bool remove;   /* the passphrase, in the place of setting one */
};

/* What every verb works with. */
struct key_work {
	const struct key_options *options;
	const struct settings *settings;
	struct unlocked unlocked; /* its identity until the store is open */
	struct recipient_public public;
	struct store *store;
};

/* "read", "write", "manage" */
extern const char *const key_can_names[CAN_MANAGE + 1];

/* A recipient as it is typed: its public key, or its id. */
bool key_recipient(const char *text, struct recipient_id *ret);
/* Hexadecimal of exactly `size` bytes. */
bool key_hex(const char *text, uint8_t *ret, size_t size);

/* The organisation that has this name here, loaded; says what is wrong with it. */
enum exit_code key_org(struct key_work *work, const char *name, struct org **ret);
enum exit_code key_say_org(const char *name, int error);

enum exit_code key_show(struct key_work *work);
enum exit_code key_list(struct key_work *work);
enum exit_code key_exposure(struct key_work *work);
enum exit_code key_add(struct key_work *work);
enum exit_code key_remove(struct key_work *work);
enum exit_code key_rotate(struct key_work *work);
/* Whether there is something to do, said before anybody is asked for anything. */
enum exit_code key_passphrase_check(const struct key_work *work);
enum exit_code key_passphrase(struct key_work *work);
enum exit_code key_pin(struct key_work *work);
