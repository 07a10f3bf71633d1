#include "fs/top.h"

#include <inttypes.h>
#include <string.h>

#include "fs/follow.h"
#include "fs/standing.h"
#include "fs/text.h"
#include "fs/version.h"

struct fixed_child {
	const char *name;
	enum node_kind kind;
	bool listed;
};

static const struct fixed_child root_children[] = {
	{"orgs", NODE_ORGS, true},
	{"providers", NODE_PROVIDERS, true},
	{"use", NODE_USE, true},
	{".status", NODE_DAEMON, false},
};
enum { ROOT_CHILDREN = sizeof root_children / sizeof root_children[0] };

int root_lookup(struct tree *tree, const struct node *directory, const char *name,
		const struct caller *caller, struct node *ret)
{
	(void)tree, (void)directory, (void)caller;
	for (size_t i = 0; i < ROOT_CHILDREN; i++) {
		if (strcmp(name, root_children[i].name) == 0) {
			*ret = (struct node){.kind = root_children[i].kind, .pin = NO_PIN};
			return 0;
		}
	}
	return -ENOENT;
}

int root_list(struct tree *tree, const struct node *directory, const struct caller *caller,
	      struct listing *ret)
{
	int r = 0;

	(void)tree, (void)directory, (void)caller;
	for (size_t i = 0; i < ROOT_CHILDREN && r == 0; i++) {
		const struct fixed_child *child = &root_children[i];
		const struct node node = {.kind = child->kind, .pin = NO_PIN};

		if (child->listed)
			r = listing_add(ret, child->name, &node, 0);
	}
	return r;
}

static struct node catalogue_node(size_t index)
{
	return (struct node){.kind = NODE_CATALOGUE, .pin = NO_PIN, .number = index};
}

int providers_lookup(struct tree *tree, const struct node *directory, const char *name,
		     const struct caller *caller, struct node *ret)
{
	(void)directory, (void)caller;
	for (size_t i = 0; i < catalogue_count(tree->catalogue); i++) {
		if (strcmp(name, catalogue_get(tree->catalogue, i)->id) == 0) {
			*ret = catalogue_node(i);
			return 0;
		}
	}
	return -ENOENT;
}

int providers_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		   struct listing *ret)
{
	int r = 0;

	(void)directory, (void)caller;
	for (size_t i = 0; i < catalogue_count(tree->catalogue) && r == 0; i++) {
		const struct node node = catalogue_node(i);

		r = listing_add(ret, catalogue_get(tree->catalogue, i)->id, &node, 0);
	}
	return r;
}

int catalogue_content(struct tree *tree, const struct node *node, struct secret **ret,
		      uint64_t *ret_version)
{
	CLEANUP_FREE char *text = NULL;
	int r = provider_describe(catalogue_get(tree->catalogue, node->number), &text);

	*ret_version = 1;
	return r < 0 ? r : secret_copy(tree->pool, text, strlen(text), ret);
}

/* What this host may do, and how far the rows are under the newest key. */
static void print_keys(const struct org *org, FILE *file)
{
	static const char *const names[] = {
		[CAN_READ] = "read", [CAN_WRITE] = "write", [CAN_MANAGE] = "manage"};
	const struct membership *membership = org_membership(org);

	fprintf(file, " can=%s members=%zu epoch=%" PRIu32, names[org_capability(org)],
		membership->member_count, membership_newest(membership)->number);
	if (membership->epoch_count > 1)
		fprintf(file, " to-reseal=%zu", org_reseal_left(org));
}

/* Records that are refused. Of those that a later version of credfs wrote, it has to be told. */
static void print_damage(const struct org *org, FILE *file)
{
	const size_t later = org_later(org);

	fprintf(file, " damaged=%zu", org_damaged(org) - later);
	if (later)
		fprintf(file, " of-a-later-version=%zu", later);
}

static void print_stuck(struct tree *tree, size_t index, const struct org *org, FILE *file)
{
	const char *stuck = follow_stuck(tree_org_state(tree, index), org);

	if (stuck)
		fprintf(file, " stays=\"%s\"", stuck);
}

/* One line an organisation: name, fingerprint, generation and its age, or what is wrong. Only those
 * that are loaded are looked into: asking how the daemon is must not make it grow. */
static void print_org(struct tree *tree, size_t index, FILE *file)
{
	const struct pin *pin = pins_get(store_pins(tree->store), index);
	struct org *org = store_org_loaded(tree->store, index);

	if (pin_is_retired(pin))
		return;
	fprintf(file, "organisation: %s fingerprint=", pin->name);
	for (size_t i = 0; i < 8; i++)
		fprintf(file, "%02x", pin->fingerprint.bytes[i]);
	if (org) {
		fprintf(file, " generation=%" PRIu64 " changed=", org_generation(org));
		text_time(file, org_time(org));
		print_keys(org, file);
		print_damage(org, file);
		print_stuck(tree, index, org, file);
	} else if (tree_org_state(tree, index)->trouble) {
		fputs(" error=\"", file);
		standing_print(file, tree->store, index, tree_org_state(tree, index)->trouble);
		fputc('"', file);
	} else {
		fputs(" not-loaded", file);
	}
	fputc('\n', file);
	auditor_describe(tree->auditor, index, pin->name, file);
}

/* How often the daemon was replaced, and why the last time. */
static void print_worker(const struct shared *shared, FILE *file)
{
	fprintf(file, "workers: %u\nworkers-died: %u\nlast-death: %.*s\nfailover: %s\n",
		shared->generation, shared->deaths, SHARED_CAUSE_MAX,
		shared->cause[0] ? shared->cause : "none",
		shared->resends ? "yes" : "no, this kernel cannot send requests again");
}

int daemon_content(struct tree *tree, const struct node *node, struct secret **ret,
		   uint64_t *ret_version)
{
	CLEANUP_PRINTER struct printer text = {0};
	int r = printer_begin(&text);

	(void)node;
	if (r < 0)
		return r;
	fprintf(text.file, "version: %s\npid: %d\nstarted: ", CREDFS_VERSION, (int)getpid());
	text_time(text.file, tree->started);
	fprintf(text.file,
		"\nengine: %s\nlocked-bytes: %zu\ninodes: %zu\ndeleted: %s\naudit-mode: %s\n",
		store_engine_name(tree->store), secret_pool_locked(tree->pool),
		inodes_count(tree->inodes),
		store_untidy(tree->store) ? "not yet overwritten" : "overwritten",
		audit_mode_name(tree->settings->audit_mode));
	if (tree->confinement)
		fprintf(text.file, "worker: %s\n", tree->confinement);
	if (tree->shared)
		print_worker(tree->shared, text.file);
	for (size_t i = 0; i < pins_count(store_pins(tree->store)); i++)
		print_org(tree, i, text.file);
	*ret_version = 1;
	return text_end(&text, tree->pool, ret);
}
