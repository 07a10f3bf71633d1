#include "fs/ending.h"

#include <string.h>

#include "fs/edit.h"
#include "fs/log.h"
#include "fs/text.h"

bool ending_is_name(const char *name)
{
	return strcmp(name, ".delete") == 0;
}

static const char *name_of(const struct tree *tree, size_t pin)
{
	return pins_get(store_pins(tree->store), pin)->name;
}

int ending_content(struct tree *tree, const struct node *node, struct secret **ret,
		   uint64_t *ret_version)
{
	CLEANUP_PRINTER struct printer text = {0};
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r == 0)
		r = printer_begin(&text);
	if (r < 0)
		return r;
	fprintf(text.file,
		"Write \"%s\" into this file to delete the organisation and all that it holds, "
		"for good.\n",
		name_of(tree, node->pin));
	*ret_version = 1;
	return text_end(&text, tree->pool, ret);
}

/* One newline at the end or none; what may become the name is let pass until it is whole. */
int ending_judge(const struct save *save, bool whole)
{
	const char *name = name_of(save->tree, save->node->pin);
	const size_t length = strlen(name);
	const size_t common = save->size < length ? save->size : length;

	if (memcmp(save->bytes, name, common) != 0 || save->size > length + 1 ||
	    (save->size == length + 1 && save->bytes[length] != '\n') ||
	    (whole && save->size < length))
		return -EINVAL;
	return whole ? 0 : edit_writable(save->tree);
}

/* The name is free, and the kernel has heard of it. */
static void retire(struct tree *tree, size_t pin)
{
	const struct node orgs = {.kind = NODE_ORGS, .pin = NO_PIN};
	CLEANUP_FREE char *name = strdup(name_of(tree, pin));
	const int r = store_org_retire(tree->store, pin);

	if (r < 0) {
		log_line(LOG_ERR, "organisation %s was deleted, but stays in the list: %s",
			 name ? name : "", strerror(-r));
		return;
	}
	log_line(LOG_NOTICE, "organisation %s was deleted; its audit log is %s's", name ? name : "",
		 name_of(tree, pin));
	if (name)
		tree_forget_name(tree, &orgs, name);
	tree_access_changed(tree, pin);
}

static int translated(int error)
{
	return error == -EACCES			     ? -EROFS
	       : error == -ENOSPC || error == -EROFS ? error
	       : error == -ENOMEM		     ? error
						     : -EIO;
}

int ending_commit(const struct save *save)
{
	struct tree *tree = save->tree;
	const size_t pin = save->node->pin;
	struct org *org = NULL;
	size_t left = 0;
	int r = ending_judge(save, true);

	if (r < 0)
		return r;
	r = tree_org(tree, save->node, &org);
	if (r == 0)
		r = store_org_end(tree->store, pin, &left);
	if (r == -EUCLEAN) {
		/* It was written, and is to be read again. */
		store_org_forget(tree->store, pin);
		r = 0;
	}
	if (r < 0) {
		log_line(LOG_ERR, "organisation %s not deleted: %s", name_of(tree, pin),
			 strerror(-r));
		return translated(r);
	}
	retire(tree, pin);
	edit_tidy(tree);
	return 0;
}

static void tend_org(struct tree *tree, size_t pin)
{
	const struct pin *held = pins_get(store_pins(tree->store), pin);
	const struct node node = {.kind = NODE_ORG, .pin = pin};
	struct tree_org *state = tree_org_state(tree, pin);
	struct org *org = store_org_loaded(tree->store, pin);
	size_t left = 0;

	/* Once after the start: whether something was left of it. */
	if (!org && pin_is_retired(held) && !state->ended) {
		(void)!tree_org(tree, &node, &org); /* which logs that it lives again */
		org = store_org_loaded(tree->store, pin);
	}
	if (!org || !org_is_ended(org)) {
		state->ended |= pin_is_retired(held);
		return;
	}
	if (!pin_is_retired(held))
		retire(tree, pin);
	if (state->ended || org_capability(org) < CAN_MANAGE)
		return;
	if (store_org_end(tree->store, pin, &left) < 0)
		return;
	state->ended = !left;
	edit_tidy(tree);
}

void ending_tend(struct tree *tree)
{
	for (size_t i = 0; i < pins_count(store_pins(tree->store)); i++)
		tend_org(tree, i);
}
