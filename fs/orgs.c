#include "fs/orgs.h"

#include <pwd.h>
#include <string.h>

#include "fs/edit.h"
#include "fs/log.h"

int orgs_lookup(struct tree *tree, const struct node *directory, const char *name,
		const struct caller *caller, struct node *ret)
{
	const int index = pins_find(store_pins(tree->store), name);

	(void)directory, (void)caller;
	if (index < 0 || pin_is_retired(pins_get(store_pins(tree->store), (size_t)index)))
		return -ENOENT;
	*ret = (struct node){.kind = NODE_ORG, .pin = (size_t)index};
	return 0;
}

int orgs_list(struct tree *tree, const struct node *directory, const struct caller *caller,
	      struct listing *ret)
{
	const struct pins *pins = store_pins(tree->store);
	int r = 0;

	(void)directory;
	for (size_t i = 0; i < pins_count(pins) && r == 0; i++) {
		const struct node org = {.kind = NODE_ORG, .pin = i};

		if (pin_is_retired(pins_get(pins, i)))
			continue;
		/* Root also sees those that cannot be read: somebody must. */
		if (caller->uid == 0 || access_is_member(tree, &org, caller))
			r = listing_add(ret, pins_get(pins, i)->name, &org, 0);
	}
	return r;
}

/* The role whose holders say who holds the others: the maker gets it. */
static const struct role *owning_role(const struct tree *tree)
{
	const struct roles *roles = &tree->settings->roles;

	for (size_t i = 0; i < roles->count; i++) {
		if (roles->list[i].scope == SCOPE_ORGANISATION &&
		    roles->list[i].permissions & MAY_ROLES)
			return &roles->list[i];
	}
	return NULL;
}

static int first_owner(const struct edit *edit, struct change *change)
{
	const struct role *role = owning_role(edit->tree);
	const struct passwd *user = getpwuid(edit->caller->uid);
	CLEANUP_RECORD struct record record = {0};
	int r;

	if (!role || !user)
		return -EACCES;
	r = edit_record(RECORD_ROLE, (struct record_id){{0}}, role->name, &record);
	if (r < 0)
		return r;
	if (asprintf(&record.text, "user:%s\n", user->pw_name) < 0) {
		record.text = NULL;
		return -ENOMEM;
	}
	return change_put(change, &record);
}

int orgs_make_directory(const struct edit *edit)
{
	CLEANUP(change_freep) struct change *change = NULL;
	size_t index = 0;
	int r = access_admin(edit->tree, edit->caller);

	if (r == 0)
		r = edit_name(edit);
	if (r == 0 && pins_find(store_pins(edit->tree->store), edit->name) >= 0)
		r = -EEXIST;
	if (r == 0)
		r = tree_reserve(edit->tree);
	if (r == 0)
		r = change_new(&change);
	if (r == 0)
		r = first_owner(edit, change);
	if (r == 0)
		tree_intend(edit->tree, NO_PIN, 0);
	if (r == 0)
		r = store_org_create(edit->tree->store, edit->name, change, &index);
	if (r < 0 && r != -EEXIST && r != -EACCES && r != -EINVAL)
		log_line(LOG_ERR, "organisation not made: %s", strerror(-r));
	return r;
}

int orgs_remove(const struct edit *edit, const struct node *child)
{
	(void)edit, (void)child;
	/* Only by who says its name once more, see ending.h: nothing of it would come back. */
	return -EPERM;
}

int orgs_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		const struct node *replaced)
{
	int r = access_admin(edit->tree, edit->caller);

	if (r < 0)
		return r;
	if (child->kind != NODE_ORG || to->directory->kind != NODE_ORGS)
		return -EPERM;
	if (replaced)
		return -ENOTEMPTY;
	/* Making organisations is no power over those that others made. */
	r = access_need(edit->tree, child, edit->caller, MAY_ROLES);
	if (r == 0)
		r = edit_name(to);
	if (r == 0)
		tree_intend(edit->tree, NO_PIN, 0);
	return r < 0 ? r : store_org_rename(edit->tree->store, child->pin, to->name);
}
