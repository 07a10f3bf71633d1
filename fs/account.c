#include "fs/account.h"

#include <limits.h>
#include <string.h>

#include "fs/edit.h"
#include "fs/provider_file.h"
#include "fs/refusal.h"
#include "fs/deletion.h"
#include "fs/scratch_dir.h"
#include "fs/credential_edit.h"

struct fixed_child {
	const char *name;
	enum node_kind kind;
};

static const struct fixed_child fixed[] = {
	{"provider", NODE_PROVIDER},
	{".info", NODE_INFO},
	{".status", NODE_STATUS},
	{".history", NODE_HISTORY},
};
enum { FIXED = sizeof fixed / sizeof fixed[0] };

/* First what an account is, then where, then the rest: in that order a copy is accepted. */
enum { RANK_PROVIDER, RANK_BASE, RANK_FIELD };

/* Whether a name in an account's directory is a scratch file's: never one of a field that the
 * provider names. */
static bool is_scratch(const struct tree *tree, const struct record *account, const char *name)
{
	const struct provider_field *field = NULL;

	if (!scratch_dir_is_name(tree, name))
		return false;
	if (account)
		field = provider_field(tree_provider(tree, account), name);
	return !field || !field->name;
}

static bool is_absent(const struct tree *tree, enum node_kind kind, const struct node *directory,
		      const struct caller *caller)
{
	return kind == NODE_PROVIDER && vacancies_hide(&tree->vacancies, directory, caller->uid,
						       caller->pid, tree_monotonic());
}

int account_lookup(struct tree *tree, const struct node *directory, const char *name,
		   const struct caller *caller, struct node *ret)
{
	const struct record *field;
	struct org *org = NULL;
	int r = tree_org(tree, directory, &org);

	if (r < 0)
		return r;
	for (size_t i = 0; i < FIXED; i++) {
		if (strcmp(name, fixed[i].name) == 0) {
			if (is_absent(tree, fixed[i].kind, directory, caller))
				return -ENOENT;
			*ret = (struct node){fixed[i].kind, directory->pin, directory->id, 0};
			return 0;
		}
	}
	if (is_scratch(tree, org_record(org, directory->id), name))
		return scratch_dir_lookup(tree, directory, name, caller, ret);
	field = org_child(org, directory->id, RECORD_FIELD, name);
	if (!field && org_damaged(org))
		return -EIO;
	if (!field || !field->value_version)
		return -ENOENT;
	*ret = (struct node){NODE_FIELD, directory->pin, field->id, 0};
	return 0;
}

int account_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		 struct listing *ret)
{
	const struct node provider = {NODE_PROVIDER, directory->pin, directory->id, 0};
	const struct record *field = NULL;
	struct org *org = NULL;
	int r = tree_org(tree, directory, &org);

	vacancies_look(&tree->vacancies, directory, caller->pid);
	if (r == 0 && directory->kind == NODE_ACCOUNT &&
	    !is_absent(tree, NODE_PROVIDER, directory, caller))
		r = listing_add(ret, "provider", &provider, RANK_PROVIDER);
	if (r == 0)
		r = scratch_dir_list(tree, directory, caller, ret);
	while (r == 0 && (field = org_next_child(org, directory->id, field))) {
		const struct node node = {NODE_FIELD, directory->pin, field->id, 0};
		const bool base = strcmp(field->name, "api_base") == 0;

		if (field->kind == RECORD_FIELD && field->value_version &&
		    tree_field(org, directory->id, field->name) == field)
			r = listing_add(ret, field->name, &node, base ? RANK_BASE : RANK_FIELD);
	}
	return r;
}

uint64_t account_updated(struct tree *tree, const struct node *node)
{
	const struct record *account = NULL;
	const struct record *field = NULL;
	struct org *org = NULL;
	uint64_t updated;

	if (tree_org(tree, node, &org) == 0)
		account = tree_account(tree, org, node);
	if (!account)
		return tree->started;
	updated = account->updated;
	while ((field = org_next_child(org, account->id, field))) {
		if (field->updated > updated)
			updated = field->updated;
	}
	return updated;
}

int account_make(const struct edit *edit, struct record_id parent)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record record = {0};
	const struct provider *provider = catalogue_find(edit->tree->catalogue, edit->name);
	struct org *org = NULL;
	int r = edit_begin(edit, &org, &change);

	if (r == 0 && org_child(org, parent, RECORD_ACCOUNT, edit->name))
		r = -EEXIST;
	if (r == 0)
		r = edit_record(RECORD_ACCOUNT, parent, edit->name, &record);
	if (r < 0)
		return r;
	record.id = edit_ranked_id(edit->tree, edit->directory, NODE_PROVIDER, EDIT_PROVIDER);
	if (provider) {
		record.text = strdup(provider->id);
		r = record.text ? 0 : -ENOMEM;
	}
	if (r == 0)
		r = change_put(change, &record);
	if (r == 0)
		r = edit_commit(edit->tree, edit->directory, org, change);
	if (r == 0)
		vacancies_put(&edit->tree->vacancies,
			      &(struct vacancy){
				      .account = {NODE_ACCOUNT, edit->directory->pin, record.id, 0},
				      .uid = edit->caller->uid,
				      .pid = edit->caller->pid,
				      .since = tree_monotonic(),
			      });
	return r;
}

int account_remove(const struct edit *edit, const struct node *child)
{
	CLEANUP(change_freep) struct change *change = NULL;
	const struct record *account;
	struct org *org = NULL;
	int r = edit_begin(edit, &org, &change);

	if (r < 0)
		return r;
	account = org_record(org, child->id);
	if (!account)
		return -ENOENT;
	if (deletion_leaves_fields(org, account->id))
		return -ENOTEMPTY;
	r = deletion_put(change, org, account);
	if (r == 0)
		r = edit_commit_rights(edit->tree, edit->directory, org, change);
	if (r < 0)
		return r;
	scratch_remove_all(edit->tree->scratch, child);
	edit_tidy(edit->tree);
	return 0;
}

int account_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		   const struct node *replaced)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record renamed = {0};
	const struct record *account;
	struct org *org = NULL;
	int r = edit_need(edit, MAY_MANAGE);

	if (r == 0)
		r = edit_name(to);
	if (r == 0)
		r = edit_begin(edit, &org, &change);
	if (r < 0)
		return r;
	account = org_record(org, child->id);
	if (!account)
		return -ENOENT;
	if (replaced && replaced->kind != NODE_ACCOUNT)
		return -ENOTDIR;
	if (replaced && deletion_leaves_fields(org, replaced->id))
		return -ENOTEMPTY;
	if (replaced)
		r = deletion_put(change, org, org_record(org, replaced->id));
	if (r == 0)
		r = edit_renamed(account, to->name, &renamed);
	if (r == 0)
		r = change_put(change, &renamed);
	if (r == 0)
		r = edit_commit_rights(edit->tree, edit->directory, org, change);
	if (r < 0)
		return r;
	if (replaced) {
		scratch_remove_all(edit->tree->scratch, replaced);
		edit_tidy(edit->tree);
	}
	return 0;
}

static int make_file(const struct edit *edit, struct node *ret)
{
	const struct record *account;
	const struct record *field;
	struct pending *pending;
	struct org *org = NULL;
	int r = tree_org(edit->tree, edit->directory, &org);

	if (r < 0)
		return r;
	account = org_record(org, edit->directory->id);
	if (!account)
		return -ENOENT;
	if (is_scratch(edit->tree, account, edit->name))
		return scratch_dir_make_file(edit, ret);
	r = edit_need(edit, MAY_MANAGE);
	if (r < 0)
		return r;
	if (strlen(edit->name) > NAME_MAX)
		return -ENAMETOOLONG;
	*ret = (struct node){NODE_PROVIDER, edit->directory->pin, account->id, 0};
	if (account->kind == RECORD_ACCOUNT && strcmp(edit->name, "provider") == 0) {
		vacancies_take(&edit->tree->vacancies, edit->directory, edit->caller->uid);
		return 0;
	}
	if (!provider_field(tree_provider(edit->tree, account), edit->name))
		return -EINVAL;
	field = org_child(org, account->id, RECORD_FIELD, edit->name);
	pending = pendings_find(edit->tree->pendings, account->id, edit->name);
	if (!field && !pending) {
		const bool base = strcmp(edit->name, "api_base") == 0;
		const enum edit_rank rank = base ? EDIT_BASE : EDIT_FIELD;
		const struct pending model = {
			.pin = edit->directory->pin,
			.id = edit_ranked_id(edit->tree, edit->directory, NODE_FIELD, rank),
			.parent = account->id,
			.name = (char *)(uintptr_t)edit->name,
			.maker = edit->caller->uid,
		};

		r = pendings_add(edit->tree->pendings, &model, &pending);
	}
	if (r < 0)
		return r;
	*ret = (struct node){NODE_FIELD, edit->directory->pin, field ? field->id : pending->id, 0};
	return 0;
}

int account_make_file(const struct edit *edit, struct node *ret)
{
	return refusal_note(edit, REFUSED_CREATE, make_file(edit, ret));
}

static int remove_file(const struct edit *edit, const struct node *child)
{
	int r;

	if (child->kind == NODE_SCRATCH || child->kind == NODE_SCRATCH_LINK) {
		scratch_dir_remove(edit, child);
		return 0;
	}
	r = edit_need(edit, MAY_MANAGE);
	if (r < 0)
		return r;
	if (child->kind == NODE_FIELD)
		return credential_clear(edit, child);
	return child->kind == NODE_PROVIDER ? provider_file_reset(edit, child) : -EPERM;
}

int account_remove_file(const struct edit *edit, const struct node *child)
{
	return refusal_note(edit, REFUSED_REMOVE, remove_file(edit, child));
}

/* What describes the account has a name that looks like an editor's, and is none. */
static bool is_control(const char *name)
{
	for (size_t i = 0; i < FIXED; i++) {
		if (fixed[i].name[0] == '.' && strcmp(name, fixed[i].name) == 0)
			return true;
	}
	return false;
}

static int rename_file(const struct edit *edit, const struct node *child, const struct edit *to,
		       const struct node *replaced)
{
	struct node place = {0};
	int r;

	if (is_control(to->name))
		return -EPERM;
	if (scratch_dir_renames(edit, child, to))
		return scratch_dir_rename(edit, child, to, replaced);
	r = edit_need(edit, MAY_MANAGE);
	if (r < 0)
		return r;
	if (child->kind != NODE_FIELD || to->directory->kind != edit->directory->kind ||
	    (replaced && replaced->kind != NODE_FIELD))
		return -EPERM;
	/* To another organisation mv copies, and removes here what was accepted there. */
	if (edit->directory->pin != to->directory->pin)
		return -EXDEV;
	r = account_make_file(to, &place);
	if (r == 0)
		r = place.kind == NODE_FIELD ? credential_move(edit, child, to, &place) : -EPERM;
	pendings_settle(edit->tree->pendings, place.id);
	return r;
}

int account_rename_file(const struct edit *edit, const struct node *child, const struct edit *to,
			const struct node *replaced)
{
	int r = rename_file(edit, child, to, replaced);

	/* Of another directory's names nothing is said here. */
	return to->directory->kind == edit->directory->kind ? refusal_note(to, REFUSED_RENAME, r)
							    : r;
}
