#include "fs/burial.h"

#include "fs/edit.h"

static const struct record_id top = {{0}};
static const uint64_t fresh_ns = UINT64_C(1000000000) * TOMBSTONE_SECONDS;
/* How long the requests may wait for one call of burial_tend(). */
static const uint64_t share_ns = 20000000;

enum { VERSIONS_MAX = 2048 };

struct search {
	struct tree *tree;
	size_t pin;
	const struct org *org;
	struct change *change; /* of burial_tend() */
};

static int in_account(const struct search *search, const struct record *account,
		      int (*each)(const struct search *search, const struct record *field))
{
	const struct record *field = NULL;
	int r = 0;

	while (r == 0 && (field = org_next_child(search->org, account->id, field))) {
		if (field->kind == RECORD_FIELD && !field->value_version && field->value_last)
			r = each(search, field);
	}
	return r;
}

/* Every field that had a value and has none, below `parent`. */
static int each_cleared(const struct search *search, struct record_id parent,
			int (*each)(const struct search *search, const struct record *field))
{
	const struct record *record = NULL;
	int r = 0;

	while (r == 0 && (record = org_next_child(search->org, parent, record))) {
		if (record->kind == RECORD_ACCOUNT || record->kind == RECORD_CONNECTION)
			r = in_account(search, record, each);
		else if (record->kind == RECORD_PROJECT || record->kind == RECORD_USER)
			r = each_cleared(search, record->id, each);
	}
	return r;
}

/* How long ago the field was cleared; UINT64_MAX when a clock was set meanwhile. */
static uint64_t age_of(const struct record *field)
{
	const uint64_t now = tree_now();

	return field->updated <= now ? now - field->updated : UINT64_MAX;
}

static int recall(const struct search *search, const struct record *field)
{
	CLEANUP_SECRET struct secret *value = NULL;
	const uint64_t age = age_of(field);
	struct tombstone tombstone = {
		.pin = search->pin,
		.field = field->id,
		.uid = TOMBSTONE_ANYBODY,
		.version = field->value_last,
		.removed = tree_monotonic() - age,
	};

	if (age >= fresh_ns ||
	    org_value(search->org, field->id, field->value_last, &value, &tombstone.updated) < 0)
		return 0;
	tombstone.size = secret_size(value);
	(void)!tombstones_put(&search->tree->tombstones, &tombstone);
	return 0;
}

void burial_recall(struct tree *tree, size_t pin, const struct org *org)
{
	const struct search search = {.tree = tree, .pin = pin, .org = org};

	(void)!each_cleared(&search, top, recall);
}

static int erase(const struct search *search, const struct record *field)
{
	uint64_t versions[VERSIONS_MAX];
	const size_t count = org_value_versions(search->org, field->id, versions, VERSIONS_MAX);
	int r = 0;

	if (tombstones_is_buried(&search->tree->tombstones, field->id))
		return 0;
	for (size_t i = 0; i < count && r == 0; i++)
		r = change_remove_value(search->change, field->id, versions[i]);
	return r;
}

static int erase_all(struct tree *tree, size_t pin)
{
	const struct node node = {.kind = NODE_ORG, .pin = pin};
	CLEANUP(change_freep) struct change *change = NULL;
	struct search search = {.tree = tree, .pin = pin};
	struct org *org = NULL;
	int r = tree_org(tree, &node, &org);

	if (r == 0)
		r = change_new(&change);
	if (r < 0)
		return r;
	search.org = org;
	search.change = change;
	r = each_cleared(&search, top, erase);
	if (r < 0 || change_is_empty(change))
		return r;
	r = edit_commit(tree, &node, org, change);
	if (r == 0)
		edit_tidy(tree);
	return r;
}

/* An organisation that nobody has touched is not kept in memory for this. */
static void look_through(struct tree *tree, size_t pin)
{
	const bool touched = store_org_loaded(tree->store, pin);
	struct tree_org *state = tree_org_state(tree, pin);

	state->erased = erase_all(tree, pin) == 0;
	/* What cannot be read is not tried each second. */
	state->erased |= state->trouble != 0;
	if (!touched)
		store_org_forget(tree->store, pin);
}

void burial_tend(struct tree *tree)
{
	const uint64_t end = tree_monotonic() + share_ns;

	if (tree->settings->history)
		return;
	for (size_t pin = 0; pin < pins_count(store_pins(tree->store)); pin++) {
		if (tree_org_state(tree, pin)->erased)
			continue;
		if (tree_monotonic() > end || edit_writable(tree) < 0)
			return;
		look_through(tree, pin);
	}
}

void burial_again(struct tree *tree, size_t pin)
{
	tree_org_state(tree, pin)->erased = false;
}
