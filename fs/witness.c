#include "fs/witness.h"

#include <string.h>

static const struct node none = {.pin = NO_PIN};
static const struct way no_way = NO_WAY;

struct actor witness_actor(struct tree *tree, const struct caller *caller)
{
	struct actor actor = {.uid = caller->uid, .pid = caller->pid, .via = no_way};

	auditor_program(tree->auditor, caller->pid, actor.program);
	return actor;
}

struct actor witness_opener(struct tree *tree, const struct node *node, const struct caller *caller,
			    bool writes)
{
	const struct record *account = NULL;
	struct actor actor = {.uid = caller->uid, .pid = caller->pid, .via = no_way};
	struct org *org = NULL;

	if (!writes && !kind_of(node)->audited)
		return actor;
	actor = witness_actor(tree, caller);
	if (tree_org(tree, node, &org) == 0)
		account = tree_account(tree, org, node);
	if (account)
		(void)vias_take(&tree->vias, caller->pid, account->id, tree_monotonic(),
				&actor.via);
	return actor;
}

/* A walk through two links is known by both: by the project's, which leads to a connection, and by
 * the connection's; one through a project's link to a connection's is the project's. */
void witness_walk(struct tree *tree, const struct node *link, pid_t pid)
{
	const uint64_t now = tree_monotonic();
	struct via via = {.pid = pid, .way = NO_WAY, .time = now};
	const struct record *record = NULL;
	struct way former = NO_WAY;
	struct org *org = NULL;

	if ((link->kind == NODE_LINK || link->kind == NODE_ASSOCIATION) &&
	    tree_org(tree, link, &org) == 0)
		record = org_record(org, link->id);
	if (!record)
		return;
	via.account = record->target;
	via.way.link = *link;
	if (link->kind == NODE_ASSOCIATION && vias_look(&tree->vias, pid, record->id, now, &former))
		via.way.link = former.link;
	else if (link->kind == NODE_ASSOCIATION &&
		 vias_look(&tree->vias, pid, record->parent, now, &former))
		via.way.before = former.link;
	vias_put(&tree->vias, &via);
}

static struct audit_event event_of(const struct actor *actor, enum audit_operation operation)
{
	return (struct audit_event){
		.uid = actor->uid,
		.pid = actor->pid,
		.program = actor->program,
		.operation = operation,
	};
}

static bool is_scratch(const struct node *node)
{
	return node->kind == NODE_SCRATCH || node->kind == NODE_SCRATCH_LINK;
}

/* What describes the accounts says whether their log can be written. */
static void tell(struct tree *tree, size_t pin, bool was_written)
{
	if (tree->invalidate && was_written != !auditor_trouble(tree->auditor, pin))
		inodes_each(tree->inodes, pin, tree->invalidate, tree->kernel);
}

static int record(struct tree *tree, size_t pin, const struct org *org, struct audit_event *event)
{
	const bool written = !auditor_trouble(tree->auditor, pin);
	int r = auditor_write(tree->auditor, pin, org, event);

	tell(tree, pin, written);
	return r;
}

static int make_ready(struct tree *tree, size_t pin, const struct org *org, size_t events)
{
	const bool written = !auditor_trouble(tree->auditor, pin);
	int r = auditor_ready(tree->auditor, pin, org, events);

	tell(tree, pin, written);
	return r;
}

int witness_read(struct tree *tree, const struct node *node, const struct actor *actor,
		 uint64_t version)
{
	struct audit_event event = event_of(actor, AUDIT_READ);
	CLEANUP_FREE char *fields = NULL;
	char path[PATH_SIZE];
	struct org *org = NULL;
	int r = kind_of(node)->audited ? tree_org(tree, node, &org) : 0;

	if (r == 0 && org && kind_of(node)->fields)
		r = kind_of(node)->fields(tree, node, &fields);
	if (r < 0 || !org)
		return r;
	path_of(tree, node, &actor->via, path);
	event.path = path;
	event.fields = fields;
	event.version = fields && *fields ? 0 : version;
	return record(tree, node->pin, org, &event);
}

/* What says how things are, not what may be done. */
static bool is_state(int error)
{
	static const int states[] = {-ENOENT, -EEXIST, -ENOTEMPTY, -ENOTDIR, -EISDIR, -EXDEV};

	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		if (error == states[i])
			return true;
	}
	return false;
}

static void refused(struct tree *tree, size_t pin, struct audit_event *event)
{
	const struct node node = {.kind = NODE_ORG, .pin = pin};
	struct org *org = NULL;

	/* Refused it is, whether that can be recorded or not. */
	if (!is_state(event->result) && tree_org(tree, &node, &org) == 0)
		(void)!record(tree, pin, org, event);
}

void witness_refused(struct tree *tree, const struct node *node, const struct actor *actor,
		     enum audit_operation operation, int error)
{
	struct audit_event event = event_of(actor, operation);
	char path[PATH_SIZE];

	if (node->pin == NO_PIN || is_scratch(node) || node->kind == NODE_AUDIT)
		return;
	path_of(tree, node, &actor->via, path);
	event.path = path;
	event.result = error;
	refused(tree, node->pin, &event);
}

/* The organisation of a change, and how it is before. */
static int begin(struct witness *witness, struct tree *tree, size_t pin, const struct actor *actor)
{
	const struct node node = {.kind = NODE_ORG, .pin = pin};
	struct org *org = NULL;
	int r;

	witness->tree = tree;
	witness->actor = *actor;
	witness->pin = pin;
	witness->field = none;
	if (pin == NO_PIN)
		return 0;
	r = tree_org(tree, &node, &org);
	if (r < 0)
		return r;
	witness->generation = tree->carried_out ? tree->carried_out : org_generation(org);
	return witness->silent ? 0 : make_ready(tree, pin, org, 1);
}

int witness_edit(struct witness *witness, const struct edit *edit, const struct node *child,
		 enum audit_operation operation)
{
	const struct actor actor = witness_actor(edit->tree, edit->caller);
	const size_t pin = child ? child->pin : edit->directory->pin;

	*witness = (struct witness){.operation = operation, .silent = child && is_scratch(child)};
	path_in(edit->tree, edit->directory, edit->name, witness->path);
	return begin(witness, edit->tree, pin, &actor);
}

static enum audit_operation removal_of(const struct node *child)
{
	switch ((int)child->kind) {
	case NODE_LINK:
	case NODE_PENDING:
	case NODE_ASSOCIATION:
		return AUDIT_UNLINK;
	case NODE_ROLE:
		return AUDIT_ROLE;
	case NODE_PROVIDER:
		return AUDIT_PROVIDER;
	default:
		return kind_is_directory(child) ? AUDIT_RMDIR : AUDIT_DELETE;
	}
}

int witness_remove(struct witness *witness, const struct edit *edit, const struct node *child)
{
	return witness_edit(witness, edit, child, removal_of(child));
}

/* What saving a node is called, by what is there before. */
static enum audit_operation saving_of(struct tree *tree, const struct node *node)
{
	const struct record *field;
	struct org *org = NULL;

	if (node->kind == NODE_ROLE)
		return AUDIT_ROLE;
	if (node->kind == NODE_PROVIDER)
		return AUDIT_PROVIDER;
	if (node->kind == NODE_ENDING)
		return AUDIT_RMDIR;
	if (tree_org(tree, node, &org) < 0)
		return AUDIT_SAVE;
	field = org_record(org, node->id);
	return field && field->value_version ? AUDIT_SAVE : AUDIT_CREATE;
}

int witness_rename(struct witness *witness, const struct edit *edit, const struct node *child,
		   const struct edit *to, const struct node *replaced)
{
	const bool to_scratch = settings_name_is_scratch(edit->tree->settings, to->name);
	int r = witness_edit(witness, edit, child, AUDIT_RENAME);

	path_in(to->tree, to->directory, to->name, witness->to);
	if (!is_scratch(child) && child->kind != NODE_PENDING) {
		/* A copy in a scratch file changes nothing, but hands out the value. */
		witness->always = to_scratch || child->kind == NODE_ORG;
		witness->field = to_scratch && child->kind == NODE_FIELD ? *child : none;
		return r;
	}
	if (to_scratch && is_scratch(child))
		return r;
	/* What had no name before is made by being renamed. */
	memcpy(witness->path, witness->to, sizeof witness->path);
	*witness->to = '\0';
	witness->silent = false;
	witness->operation = child->kind == NODE_PENDING ? AUDIT_LINK
			     : replaced			 ? saving_of(to->tree, replaced)
							 : AUDIT_CREATE;
	r = begin(witness, to->tree, to->directory->pin, &witness->actor);
	if (replaced)
		witness->field = *replaced;
	else
		witness->making = to;
	return r;
}

int witness_save(struct witness *witness, struct tree *tree, const struct node *node,
		 const struct actor *actor)
{
	int r;

	*witness = (struct witness){.operation = saving_of(tree, node)};
	path_of(tree, node, NULL, witness->path);
	r = begin(witness, tree, node->pin, actor);
	witness->field = *node;
	return r;
}

int witness_reserve(struct tree *tree, size_t pin, size_t changes)
{
	const struct node node = {.kind = NODE_ORG, .pin = pin};
	struct org *org = NULL;
	int r = tree_org(tree, &node, &org);

	return r < 0 ? r : make_ready(tree, pin, org, changes);
}

static uint64_t version_of(const struct witness *witness, const struct org *org)
{
	const struct edit *making = witness->making;
	const struct record *record = NULL;
	struct node field = witness->field;

	if (making)
		(void)!kind_of(making->directory)
			->lookup(making->tree, making->directory, making->name, making->caller,
				 &field);
	if (field.kind == NODE_FIELD && field.pin != NO_PIN)
		record = org_record(org, field.id);
	return record ? record->value_version : 0;
}

/* A change that was made: it is one if the organisation has moved on. */
static void changed(struct witness *witness)
{
	struct audit_event event = event_of(&witness->actor, witness->operation);
	const struct node node = {.kind = NODE_ORG, .pin = witness->pin};
	struct org *org = NULL;

	if (witness->pin == NO_PIN)
		return;
	/* One that was ended is there for this alone. */
	org = store_org_loaded(witness->tree->store, witness->pin);
	if ((!org && tree_org(witness->tree, &node, &org) < 0) ||
	    (org_generation(org) == witness->generation && !witness->always))
		return;
	event.path = witness->path;
	event.to = witness->to;
	event.version = version_of(witness, org);
	/* It is done; room was made sure of before. */
	(void)!record(witness->tree, witness->pin, org, &event);
}

/* An organisation that was just made. */
static size_t made_pin(const struct witness *witness)
{
	const char *slash = strchr(witness->path, '/');
	const int index = slash ? pins_find(store_pins(witness->tree->store), slash + 1) : -ENOENT;

	return index < 0 ? NO_PIN : (size_t)index;
}

int witness_end(struct witness *witness, int result)
{
	struct audit_event event = event_of(&witness->actor, witness->operation);

	if (!witness->tree || witness->silent)
		return result;
	if (result == 0) {
		if (witness->pin == NO_PIN)
			witness->pin = made_pin(witness);
		changed(witness);
		return 0;
	}
	event.path = witness->path;
	event.to = witness->to;
	event.result = result;
	if (witness->pin != NO_PIN)
		refused(witness->tree, witness->pin, &event);
	return result;
}
