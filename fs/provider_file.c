#include "fs/provider_file.h"

#include <string.h>

#include "fs/announce.h"
#include "fs/credential.h"
#include "fs/edit.h"
#include "fs/target.h"

int provider_file_content(struct tree *tree, const struct node *node, struct secret **ret,
			  uint64_t *ret_version)
{
	const struct record *account;
	struct org *org = NULL;
	const char *text;
	int r = tree_org(tree, node, &org);

	if (r < 0)
		return r;
	account = tree_account(tree, org, node);
	if (!account)
		return -ENOENT;
	text = account->text ? account->text : "generic";
	*ret_version = account->version;
	return secret_copy(tree->pool, text, strlen(text), ret);
}

static void refuse(const struct save *save, const char *reason, const char *detail)
{
	target_refuse(save, save->node->id, "provider", reason, detail);
}

/* The provider that the bytes name, one newline at the end or none. */
static const struct provider *named(const struct save *save)
{
	char id[64];
	size_t size = save->size;

	if (size && save->bytes[size - 1] == '\n')
		size--;
	if (size >= sizeof id || memchr(save->bytes, '\0', size))
		return NULL;
	memcpy(id, save->bytes, size);
	id[size] = '\0';
	return catalogue_find(save->tree->catalogue, id);
}

static int check_field(const struct save *save, const struct org *org, const struct record *account,
		       const struct record *field, const struct provider *provider)
{
	CLEANUP_SECRET struct secret *value = NULL;
	enum field_rule rule;
	int r;

	if (!provider_field(provider, field->name)) {
		refuse(save, "the provider does not know a field that is set", field->name);
		return -EINVAL;
	}
	r = org_value(org, field->id, field->value_version, &value, NULL);
	if (r < 0)
		return r;
	rule = credential_check(&(struct credential_check){
		.tree = save->tree,
		.org = org,
		.account = account,
		.provider = provider,
		.name = field->name,
		.bytes = secret_view(value),
		.size = secret_size(value),
		.whole = true,
	});
	if (rule == FIELD_OK)
		return 0;
	refuse(save, "the provider would not take a field that is set", field->name);
	return -EINVAL;
}

static int check_fields(const struct save *save, const struct org *org,
			const struct record *account, const struct provider *provider)
{
	const struct record *field = NULL;
	int r = 0;

	while (r == 0 && (field = org_next_child(org, account->id, field))) {
		if (field->kind == RECORD_FIELD && field->value_version)
			r = check_field(save, org, account, field, provider);
	}
	return r;
}

int provider_file_judge(const struct save *save, bool whole)
{
	const struct provider *provider = named(save);
	const struct record *account;
	struct org *org = NULL;
	int r = whole ? 0 : edit_writable(save->tree);

	if (r < 0) {
		refuse(save, "not saved, the store cannot be written", strerror(-r));
		return r;
	}
	/* A longer id may follow until there is a newline. */
	if (!whole && !memchr(save->bytes, '\n', save->size))
		return save->size < 64 ? 0 : -EINVAL;
	if (!provider) {
		refuse(save, "no such provider in the catalogue", "");
		return -EINVAL;
	}
	r = tree_org(save->tree, save->node, &org);
	if (r < 0)
		return r;
	account = org_record(org, save->node->id);
	return account ? check_fields(save, org, account, provider) : -ENOENT;
}

/* The account with another provider, and its fields as secret as that provider has them. */
static int put_provider(struct change *change, const struct org *org, const struct record *account,
			const struct provider *provider)
{
	CLEANUP_RECORD struct record changed = {0};
	const struct record *field = NULL;
	int r = record_copy(account, &changed);

	if (r < 0)
		return r;
	free(changed.text);
	changed.text = strdup(provider->id);
	changed.updated = tree_now();
	r = changed.text ? change_put(change, &changed) : -ENOMEM;
	while (r == 0 && (field = org_next_child(org, account->id, field))) {
		const struct provider_field *rule = provider_field(provider, field->name);
		struct record copy = *field;

		if (field->kind != RECORD_FIELD || !rule || rule->secret == field->secret)
			continue;
		copy.secret = rule->secret;
		r = change_put(change, &copy);
	}
	return r;
}

/* Once it is set it is absent for nobody. */
static void drop_vacancy(struct tree *tree, const struct node *node)
{
	const struct node account = {NODE_ACCOUNT, node->pin, node->id, 0};

	vacancies_drop(&tree->vacancies, &account);
}

static int set_provider(struct tree *tree, const struct node *node, const struct provider *provider)
{
	CLEANUP(change_freep) struct change *change = NULL;
	const struct record *account;
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r < 0)
		return r;
	account = org_record(org, node->id);
	if (!account)
		return -ENOENT;
	drop_vacancy(tree, node);
	if (account->text && strcmp(account->text, provider->id) == 0)
		return 0;
	r = change_new(&change);
	if (r == 0)
		r = put_provider(change, org, account, provider);
	if (r == 0)
		r = edit_commit(tree, node, org, change);
	/* Which fields are secret, and which pass to projects, is the provider's to say. */
	if (r == 0)
		tree_access_changed(tree, node->pin);
	return r;
}

int provider_file_commit(const struct save *save)
{
	int r = provider_file_judge(save, true);

	if (r < 0)
		return r;
	notes_clear(save->tree->notes, save->node->id, save->uid, "provider");
	return set_provider(save->tree, save->node, named(save));
}

/* The vacancy that removing it leaves; the old provider is to be put back if there was one. */
static int vacancy_of(const struct edit *edit, const struct node *child, struct vacancy *ret)
{
	const struct record *account;
	struct org *org = NULL;
	int r = tree_org(edit->tree, child, &org);

	if (r < 0)
		return r;
	account = org_record(org, child->id);
	if (!account)
		return -ENOENT;
	*ret = (struct vacancy){
		.account = *edit->directory, .uid = edit->caller->uid, .since = tree_monotonic()};
	if (account->text && strlen(account->text) < sizeof ret->provider)
		snprintf(ret->provider, sizeof ret->provider, "%s", account->text);
	return 0;
}

int provider_file_reset(const struct edit *edit, const struct node *child)
{
	struct vacancy vacancy;
	int r = vacancy_of(edit, child, &vacancy);

	if (r == 0)
		r = set_provider(edit->tree, child,
				 catalogue_find(edit->tree->catalogue, "generic"));
	if (r == 0)
		vacancies_put(&edit->tree->vacancies, &vacancy);
	return r;
}

void provider_file_abandoned(const struct save *save, enum abandoned why)
{
	const struct node account = {NODE_ACCOUNT, save->node->pin, save->node->id, 0};
	const struct vacancy *vacancy =
		vacancies_find(&save->tree->vacancies, &account, save->uid, tree_monotonic());
	struct save old = *save;

	if (why != ABANDONED_REFUSED)
		refuse(save, "truncated without a provider, the old one kept", "");
	if (!vacancy || why == ABANDONED_TRUNCATED)
		return;
	old.bytes = (const uint8_t *)vacancy->provider;
	old.size = strlen(vacancy->provider);
	if (provider_file_judge(&old, true) == 0 &&
	    set_provider(save->tree, save->node, named(&old)) == 0)
		announce(save->tree, save->node);
}
