#include <string.h>

#include "fs/key_work.h"
#include "fs/progress.h"
#include "store/name.h"

enum { RESEAL_BATCH = 100, TRIES = 10 };

/* A change of members or epochs, made again on top of whoever was first. */
static int persist(struct org *org, int (*change)(const struct rekey *rekey, const void *context),
		   const void *context)
{
	int r = -ESTALE;

	for (size_t i = 0; r == -ESTALE && i < TRIES; i++) {
		const struct rekey rekey = org_rekey(org);
		CLEANUP_NEWS struct news news = {0};
		int refreshed;

		r = change(&rekey, context);
		refreshed = r == -ESTALE ? org_refresh(org, &news) : 0;
		if (refreshed < 0)
			return refreshed;
	}
	return r;
}

/* Seal all rows under the newest key. The daemon does so as well, if it has the store mounted:
 * whoever comes second goes on behind. */
static enum exit_code reseal(const char *name, struct org *org)
{
	const size_t total = org_reseal_left(org);
	CLEANUP_PROGRESS struct progress progress;
	struct resealed resealed = {.moved = 1};
	int r = 0;

	progress_init(&progress, "sealing anew");
	while (r == 0 && org_membership(org)->epoch_count > 1 && resealed.moved > 0) {
		CLEANUP_NEWS struct news news = {0};

		if (!progress_tell(&progress, total - org_reseal_left(org), total))
			return command_fail(EXIT_OTHER, "interrupted: the daemon goes on with it, "
							"or the next credfs key rotate");
		r = org_reseal(org, RESEAL_BATCH, &resealed);
		if (r == -ESTALE) {
			resealed.moved = 1;
			r = org_refresh(org, &news);
		}
	}
	if (r < 0)
		return key_say_org(name, r);
	if (resealed.left > 0)
		return command_fail(EXIT_STORE_DAMAGED,
				    "organisation %s: %zu damaged rows keep the former key", name,
				    resealed.left);
	return EXIT_DONE;
}

struct member_change {
	struct recipient_public public;
	struct recipient_id id;
	enum capability can;
};

static int put_member(const struct rekey *rekey, const void *context)
{
	const struct member_change *change = context;

	return rekey_put(rekey, &change->public, change->can);
}

static int remove_member(const struct rekey *rekey, const void *context)
{
	const struct member_change *change = context;

	return rekey_remove(rekey, change->id);
}

static int rotate(const struct rekey *rekey, const void *context)
{
	(void)context;
	return rekey_rotate(rekey);
}

static bool get_can(const char *text, enum capability *ret)
{
	for (enum capability can = CAN_READ; can <= CAN_MANAGE; can++) {
		if (text && strcmp(text, key_can_names[can]) == 0) {
			*ret = can;
			return true;
		}
	}
	return false;
}

enum exit_code key_add(struct key_work *work)
{
	const struct key_options *options = work->options;
	struct member_change change = {.can = CAN_READ};
	struct org *org = NULL;
	enum exit_code code;
	int r;

	if (!options->org || !get_can(options->can, &change.can))
		return command_fail(EXIT_USAGE, "key add needs --org ORG and --can read, write or "
						"manage");
	if (recipient_public_parse(options->arguments[1], &change.public) < 0)
		return command_fail(EXIT_USAGE, "%s: not a public key as credfs key show prints it",
				    options->arguments[1]);
	code = key_org(work, options->org, &org);
	if (code != EXIT_DONE)
		return code;
	r = persist(org, put_member, &change);
	return r < 0 ? key_say_org(options->org, r) : EXIT_DONE;
}

enum exit_code key_remove(struct key_work *work)
{
	const struct key_options *options = work->options;
	struct member_change change = {.can = CAN_READ};
	struct org *org = NULL;
	enum exit_code code;
	int r;

	if (!options->org || !key_recipient(options->arguments[1], &change.id))
		return command_fail(EXIT_USAGE, "key remove needs a public key or an id, and --org "
						"ORG");
	code = key_org(work, options->org, &org);
	if (code != EXIT_DONE)
		return code;
	r = persist(org, remove_member, &change);
	if (r == -ENOENT)
		return command_fail(EXIT_NO_RECIPIENT, "organisation %s has no such member",
				    options->org);
	return r < 0 ? key_say_org(options->org, r) : reseal(options->org, org);
}

enum exit_code key_rotate(struct key_work *work)
{
	const char *name = work->options->arguments[1];
	struct org *org = NULL;
	enum exit_code code = key_org(work, name, &org);
	int r = 0;

	if (code != EXIT_DONE)
		return code;
	r = persist(org, rotate, NULL);
	return r < 0 ? key_say_org(name, r) : reseal(name, org);
}

enum exit_code key_pin(struct key_work *work)
{
	const char *name = work->options->arguments[1];
	struct digest fingerprint;
	int r;

	if (!key_hex(work->options->arguments[2], fingerprint.bytes, DIGEST_SIZE))
		return command_fail(EXIT_USAGE, "%s: not a fingerprint as credfs key list shows it",
				    work->options->arguments[2]);
	if (!name_is_valid(name) || name[0] == '.')
		return command_fail(EXIT_USAGE, "%s: no name for an organisation", name);
	r = store_org_pin(work->store, &fingerprint, name);
	if (r == -ENOENT)
		return command_fail(EXIT_NO_ORGANISATION,
				    "the store has no organisation of this fingerprint");
	return r < 0 ? key_say_org(name, r) : EXIT_DONE;
}
