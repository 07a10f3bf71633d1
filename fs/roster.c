#include "fs/roster.h"

#include <string.h>

static void keep(struct tree *tree, const struct principals *principals)
{
	for (size_t i = 0; i < principals->count; i++)
		nss_keep(tree->nss, principals->list[i].group, principals->list[i].name);
}

static int keep_role(struct tree *tree, const struct record *role)
{
	CLEANUP_PRINCIPALS struct principals principals = {0};
	int r;

	if (!role->text)
		return 0;
	r = principals_parse(role->text, strlen(role->text), true, &principals, NULL);
	/* What cannot be read grants nothing. */
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	keep(tree, &principals);
	return 0;
}

/* Every role of a scope: of a project, or of the organisation and with it those of its projects. */
static int keep_scope(struct tree *tree, const struct org *org, struct record_id scope)
{
	const struct record *record = NULL;
	int r = 0;

	while (r == 0 && (record = org_next_child(org, scope, record))) {
		if (record->kind == RECORD_ROLE)
			r = keep_role(tree, record);
		else if (record->kind == RECORD_PROJECT)
			r = keep_scope(tree, org, record->id);
		else if (record->kind == RECORD_USER)
			nss_keep(tree->nss, false, record->name);
	}
	return r;
}

/* An organisation that is not loaded has told the kernel nothing that could grow old. */
static int keep_all(struct tree *tree)
{
	const size_t count = pins_count(store_pins(tree->store));
	int r = 0;

	nss_unmark(tree->nss);
	keep(tree, &tree->settings->admins);
	for (size_t i = 0; i < count && r == 0; i++) {
		const struct org *org = store_org_loaded(tree->store, i);

		if (org)
			r = keep_scope(tree, org, (struct record_id){{0}});
	}
	return r;
}

static struct nss_batch *begin(struct tree *tree)
{
	struct nss_batch *batch = NULL;

	if (!nss_is_stale(tree->nss))
		return NULL;
	if (keep_all(tree) == 0)
		nss_drop_unmarked(tree->nss);
	return nss_batch_begin(tree->nss, &batch) < 0 ? NULL : batch;
}

void roster_refresh(struct tree *tree, pthread_mutex_t *lock)
{
	struct nss_batch *batch;

	pthread_mutex_lock(lock);
	batch = begin(tree);
	pthread_mutex_unlock(lock);
	if (!batch)
		return;
	nss_batch_resolve(batch);
	pthread_mutex_lock(lock);
	if (nss_apply(tree->nss, batch))
		tree_access_changed(tree, NO_PIN);
	pthread_mutex_unlock(lock);
}
