#include "fs/follow.h"

#include <inttypes.h>
#include <string.h>

#include "fs/announce.h"
#include "fs/log.h"

enum { RESEAL_BATCH = 100 }; /* rows at once: some milliseconds */

static enum record_kind kind_of_parent(const struct org *org, const struct record *record)
{
	const struct record *parent = org_record(org, record->parent);

	return parent ? parent->kind : 0;
}

/* The directory that shows a record, of the kinds that are shown by their name. */
static bool directory_of(size_t pin, const struct org *org, const struct record *record,
			 struct node *ret)
{
	const enum record_kind above = kind_of_parent(org, record);
	const bool top = record_id_is_zero(record->parent);
	struct node node = {.pin = pin, .id = record->parent};

	switch (record->kind) {
	case RECORD_PROJECT:
		node.kind = NODE_PROJECTS;
		break;
	case RECORD_USER:
		node.kind = NODE_USERS;
		break;
	case RECORD_CONNECTION:
		node.kind = NODE_CONNECTIONS;
		break;
	case RECORD_ASSOCIATION:
		node.kind = NODE_CONNECTION;
		break;
	case RECORD_FIELD:
		node.kind = above == RECORD_CONNECTION ? NODE_CONNECTION : NODE_ACCOUNT;
		break;
	case RECORD_ACCOUNT:
	case RECORD_INHERIT:
		node.kind = top ? NODE_ORG : above == RECORD_USER ? NODE_USER : NODE_PROJECT;
		break;
	case RECORD_ORG:
	case RECORD_ROLE:
	case RECORD_KINDS:
	default:
		return false;
	}
	*ret = node;
	return true;
}

/* A name that is somebody else's now, or nobody's. New ones the kernel asks for by itself. */
static void forget_former(struct tree *tree, size_t pin, const struct org *org,
			  const struct record *former)
{
	struct node directory;

	if (former->name && directory_of(pin, org, former, &directory))
		tree_forget_name(tree, &directory, former->name);
}

/* Rights and attributes may follow from any record: all that the kernel has is taken back. */
static void tell(struct tree *tree, size_t pin, const struct org *org, const struct news *news)
{
	for (size_t i = 0; i < news->count; i++)
		forget_former(tree, pin, org, &news->items[i].former);
	if (news->count)
		tree_access_changed(tree, pin);
	for (size_t i = 0; i < news->count; i++) {
		const struct news_item *item = &news->items[i];
		const struct record *now = org_record(org, item->id);

		if (now)
			announce_record(tree, pin, item->existed ? &item->former : NULL, now);
	}
}

const char *follow_stuck(const struct tree_org *state, const struct org *org)
{
	if (!state->stuck || state->stuck != org_generation(org))
		return NULL;
	return state->stuck_error == -EPROTONOSUPPORT ? "what comes next was written by a later "
							"version of credfs: use that version"
						      : "what comes next does not verify";
}

/* Say once why no further entry is followed. */
static void log_stuck(struct tree *tree, size_t pin, const struct org *org, int error)
{
	struct tree_org *state = tree_org_state(tree, pin);
	const uint8_t *id = org_fingerprint(org)->bytes;

	if (state->stuck == org_generation(org))
		return;
	state->stuck = org_generation(org);
	state->stuck_error = error;
	log_line(LOG_ERR, "organisation %02x%02x%02x%02x stays at generation %" PRIu64 ": %s",
		 id[0], id[1], id[2], id[3], org_generation(org), follow_stuck(state, org));
}

int follow_org(struct tree *tree, size_t pin, struct news *ret)
{
	struct org *org = store_org_loaded(tree->store, pin);
	int r = org_refresh(org, ret);

	if (r == -EBADMSG || r == -EPROTONOSUPPORT) {
		log_stuck(tree, pin, org, r);
		r = 0;
	}
	if (r == 0) {
		tell(tree, pin, org, ret);
		return 0;
	}
	/* What is in memory is good for nothing: it is loaded anew when next touched. */
	store_org_forget(tree->store, pin);
	tree_access_changed(tree, pin);
	return -ESTALE;
}

static void follow_if_behind(struct tree *tree, size_t pin)
{
	const struct org *org = store_org_loaded(tree->store, pin);
	CLEANUP_NEWS struct news news = {0};
	bool behind = false;

	if (org && org_is_behind(org, &behind) == 0 && behind)
		(void)!follow_org(tree, pin, &news);
}

void follow_others(struct tree *tree)
{
	bool changed = false;
	int r = store_renew(tree->store, &changed);

	if (r < 0)
		log_line(LOG_WARNING, "cannot ask the store for news: %s", strerror(-r));
	for (size_t i = 0; changed && i < pins_count(store_pins(tree->store)); i++)
		follow_if_behind(tree, i);
}

int follow_content(struct tree *tree, const struct node *node, struct secret **ret,
		   uint64_t *ret_version)
{
	CLEANUP_NEWS struct news news = {0};
	int r = kind_of(node)->content(tree, node, ret, ret_version);

	if (r != -ESTALE || !store_org_loaded(tree->store, node->pin))
		return r;
	r = follow_org(tree, node->pin, &news);
	return r < 0 ? r : kind_of(node)->content(tree, node, ret, ret_version);
}

/* Whether what others wrote has to do with what the change is about. */
static bool touches(const struct news *news, struct record_id id)
{
	for (size_t i = 0; i < news->count; i++) {
		if (record_id_equal(news->items[i].id, id))
			return true;
	}
	return false;
}

/* Whether the record would still be put where nothing else is. */
static bool has_room(const struct org *org, const struct record *record)
{
	const struct record *there =
		record->kind == RECORD_ORG
			? NULL
			: org_child(org, record->parent, record->kind, record->name);

	return !there || record_id_equal(there->id, record->id);
}

/* Records from which rights follow. */
static bool gives_rights(const struct record *record)
{
	return record->kind != RECORD_ACCOUNT && record->kind != RECORD_FIELD &&
	       record->kind != RECORD_CONNECTION;
}

bool follow_spares(const struct org *org, const struct news *news, const struct change *change)
{
	const struct change_item *items;
	const struct change_value *values;
	const size_t item_count = change_items(change, &items);
	const size_t value_count = change_values(change, &values);

	for (size_t i = 0; i < news->count; i++) {
		const struct record *now = org_record(org, news->items[i].id);

		if ((news->items[i].existed && gives_rights(&news->items[i].former)) ||
		    (now && gives_rights(now)))
			return false;
	}
	for (size_t i = 0; i < item_count; i++) {
		const struct record *record = &items[i].record;

		if (touches(news, record->id) ||
		    (!items[i].remove && (touches(news, record->parent) ||
					  touches(news, record->target) || !has_room(org, record))))
			return false;
	}
	for (size_t i = 0; i < value_count; i++) {
		if (touches(news, values[i].field))
			return false;
	}
	return true;
}

static bool reseal_org(struct tree *tree, size_t pin)
{
	struct org *org = store_org_loaded(tree->store, pin);
	struct resealed resealed = {.moved = 0};
	struct news news = {0};
	int r;

	if (!org || org_membership(org)->epoch_count == 1 || org_capability(org) < CAN_MANAGE)
		return false;
	r = org_reseal(org, RESEAL_BATCH, &resealed);
	if (r == -ESTALE) {
		r = follow_org(tree, pin, &news);
		news_done(&news);
		return r == 0;
	}
	/* A disk that is full or fails is tried again, a second later. */
	return r == 0 && resealed.moved > 0;
}

bool follow_reseal(struct tree *tree)
{
	bool more = false;

	for (size_t i = 0; i < pins_count(store_pins(tree->store)); i++)
		more |= reseal_org(tree, i);
	return more;
}
