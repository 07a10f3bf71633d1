#include "fs/tree.h"

#include <inttypes.h>
#include <time.h>

#include "fs/burial.h"
#include "fs/kind.h"
#include "fs/standing.h"
#include "fs/use.h"

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t tree_now(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t tree_monotonic(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* The kernel knows the root without having looked it up. */
static int add_root(struct tree *tree)
{
	const struct node root = {.kind = NODE_ROOT, .pin = NO_PIN};
	struct inode *inode = NULL;
	int r = inodes_add(tree->inodes, tree_inode(tree, &root), &root, &inode);

	if (r == 0)
		inodes_remember(tree->inodes, inode);
	return r;
}

int tree_init(struct tree *tree)
{
	const struct scratch_limits limits = {
		.file = tree->settings->scratch_file,
		.total = tree->settings->scratch_total,
		.files = tree->settings->scratch_files,
		.expire = tree->settings->scratch_expire,
		.backup = tree->settings->scratch_backup,
	};
	int r = inodes_new(&tree->inodes);

	if (r == 0)
		r = add_root(tree);

	if (r == 0)
		r = pendings_new(&tree->pendings);
	if (r == 0)
		r = notes_new(&tree->notes);
	if (r == 0)
		r = scratch_new(&limits, tree->pool, &tree->scratch);
	if (r == 0)
		r = nss_new(tree->owner, tree->owner_group, &tree->nss);
	if (r == 0)
		r = auditor_new(tree->settings, &tree->auditor);
	tree->started = tree_now();
	tree->outside.access_generation = 1;
	return r == 0 ? tree_reserve(tree) : r;
}

void tree_done(struct tree *tree)
{
	tree->inodes = inodes_free(tree->inodes);
	tree->pendings = pendings_free(tree->pendings);
	tree->scratch = scratch_free(tree->scratch);
	tree->notes = notes_free(tree->notes);
	tree->nss = nss_free(tree->nss);
	tree->auditor = auditor_free(tree->auditor);
	free(tree->orgs);
	tree->orgs = NULL;
	tree->org_count = 0;
}

int tree_reserve(struct tree *tree)
{
	const size_t count = pins_count(store_pins(tree->store)) + 1;
	struct tree_org *orgs = reallocarray(tree->orgs, count, sizeof *orgs);

	if (!orgs)
		return -ENOMEM;
	tree->orgs = orgs;
	tree->org_changes++;
	for (; tree->org_count < count; tree->org_count++)
		orgs[tree->org_count] = (struct tree_org){.access_generation = 1};
	return 0;
}

void tree_intend(struct tree *tree, size_t pin, uint64_t time)
{
	if (tree->intend)
		tree->intend(tree->kernel, pin, time);
}

void tree_withdraw(struct tree *tree, size_t pin)
{
	if (tree->intend)
		tree->withdraw(tree->kernel, pin);
}

struct tree_org *tree_org_state(struct tree *tree, size_t pin)
{
	return pin == NO_PIN ? &tree->outside : &tree->orgs[pin];
}

static void log_trouble(struct tree *tree, const struct node *node, int error)
{
	struct tree_org *state = tree_org_state(tree, node->pin);

	if (state->trouble == error)
		return;
	state->trouble = error;
	standing_log_org(tree->store, node->pin, error);
}

/* The first time since the start. */
static void recall(struct tree *tree, size_t pin, const struct org *org)
{
	struct tree_org *state = tree_org_state(tree, pin);

	if (!state->recalled) {
		state->recalled = true;
		burial_recall(tree, pin, org);
	}
}

/* To fail takes as long as to load: whoever walks over the organisation does not wait for it at
 * each step. */
enum { RETRY_NS = 1000000000 };

static bool has_just_failed(struct tree *tree, size_t pin)
{
	const struct tree_org *state = tree_org_state(tree, pin);

	return state->trouble && state->trouble != -ENOMEM && !store_org_loaded(tree->store, pin) &&
	       tree_monotonic() - state->failed < RETRY_NS;
}

int tree_org(struct tree *tree, const struct node *node, struct org **ret)
{
	int r;

	if (node->pin == NO_PIN)
		return -ENOENT;
	if (has_just_failed(tree, node->pin))
		return -EIO;
	r = store_org(tree->store, node->pin, ret);
	if (r == 0) {
		tree_org_state(tree, node->pin)->trouble = 0;
		recall(tree, node->pin, *ret);
		return org_is_ended(*ret) ? -ENOENT : 0;
	}
	log_trouble(tree, node, r);
	tree_org_state(tree, node->pin)->failed = tree_monotonic();
	return r == -ENOMEM ? r : -EIO;
}

const struct record *tree_account(struct tree *tree, const struct org *org, const struct node *node)
{
	const struct record *record = org_record(org, node->id);
	const struct pending *pending = NULL;

	if (!record)
		pending = pendings_get(tree->pendings, node->id);
	if (pending)
		return org_record(org, pending->parent);
	if (record && record->kind == RECORD_FIELD)
		return org_record(org, record->parent);
	return record && (record->kind == RECORD_ACCOUNT || record->kind == RECORD_CONNECTION)
		       ? record
		       : NULL;
}

const char *tree_field_name(struct tree *tree, const struct org *org, const struct node *node)
{
	const struct record *record = org_record(org, node->id);
	const struct pending *pending;

	if (record)
		return record->name;
	pending = pendings_get(tree->pendings, node->id);
	return pending ? pending->name : NULL;
}

const struct record *tree_field(const struct org *org, struct record_id account, const char *name)
{
	const struct record *field = org_child(org, account, RECORD_FIELD, name);

	return field && field->value_version ? field : NULL;
}

const struct provider *tree_provider(const struct tree *tree, const struct record *account)
{
	const struct provider *provider = NULL;

	if (account->kind == RECORD_CONNECTION)
		provider = catalogue_connection(tree->catalogue);
	else if (account->text)
		provider = catalogue_find(tree->catalogue, account->text);
	/* The catalogue of this host may lack what another host's has. */
	return provider ? provider : catalogue_find(tree->catalogue, "generic");
}

uint64_t tree_inode(struct tree *tree, const struct node *node)
{
	const struct pins *pins = store_pins(tree->store);
	char number[24] = "";
	const char *label = number;
	struct org_id org = {{0}};

	if (node->pin != NO_PIN)
		org = org_id_of(&pins_get(pins, node->pin)->fingerprint);
	if (node->kind == NODE_ROLE)
		label = tree->settings->roles.list[node->number].name;
	else if (node->kind == NODE_CATALOGUE)
		label = catalogue_get(tree->catalogue, node->number)->id;
	else if (node->kind == NODE_HISTORY_VALUE || node->kind == NODE_USE_MADE ||
		 node->kind == NODE_USE_FILE)
		snprintf(number, sizeof number, "%" PRIu64, node->number);
	return node_inode(node, org, label);
}

uint64_t tree_inode_known(struct tree *tree, const struct node *node)
{
	const bool outside = node->pin == NO_PIN;

	if (!outside && node->pin >= pins_count(store_pins(tree->store)))
		return 0;
	if (node->kind == NODE_ROLE && node->number >= tree->settings->roles.count)
		return 0;
	if (node->kind == NODE_CATALOGUE && node->number >= catalogue_count(tree->catalogue))
		return 0;
	return tree_inode(tree, node);
}

void tree_invalidate(struct tree *tree, const struct node *node)
{
	const uint64_t number = tree_inode(tree, node);

	if (tree->invalidate && inodes_get(tree->inodes, number))
		tree->invalidate(tree->kernel, number);
}

void tree_forget_name(struct tree *tree, const struct node *directory, const char *name)
{
	if (tree->forget_name)
		tree->forget_name(tree->kernel, tree_inode(tree, directory), name);
}

void tree_account_changed(struct tree *tree, size_t pin, struct record_id account,
			  struct record_id field)
{
	static const enum node_kind kinds[] = {NODE_ACCOUNT, NODE_CONNECTION, NODE_PROVIDER,
					       NODE_INFO, NODE_STATUS};
	const struct node node = {.kind = NODE_FIELD, .pin = pin, .id = field};

	tree_invalidate(tree, &node);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		const struct node other = {.kind = kinds[i], .pin = pin, .id = account};

		tree_invalidate(tree, &other);
	}
	use_changed(tree, pin, account);
}

static void access_changed(struct tree *tree, size_t pin)
{
	struct tree_org *state = tree_org_state(tree, pin);

	tree->org_changes++;
	state->access_generation++;
	state->access_changed = tree_monotonic();
	if (tree->invalidate)
		inodes_each(tree->inodes, pin, tree->invalidate, tree->kernel);
}

void tree_access_changed(struct tree *tree, size_t pin)
{
	if (pin != NO_PIN) {
		access_changed(tree, pin);
		return;
	}
	for (size_t i = 0; i < pins_count(store_pins(tree->store)); i++)
		access_changed(tree, i);
	/* The lists above all organisations: who may make them. */
	access_changed(tree, NO_PIN);
}
