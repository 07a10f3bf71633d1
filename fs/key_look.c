#include <inttypes.h>
#include <string.h>

#include "fs/key_work.h"

static void print_id(FILE *file, struct recipient_id id)
{
	for (size_t i = 0; i < ID_SIZE; i++)
		fprintf(file, "%02x", id.bytes[i]);
}

enum exit_code key_show(struct key_work *work)
{
	char text[RECIPIENT_TEXT_SIZE];

	recipient_public_format(&work->public, text);
	printf("%s\nid ", text);
	print_id(stdout, recipient_public_id(&work->public));
	putchar('\n');
	return EXIT_DONE;
}

static void list_member(const struct key_work *work, const struct member *member)
{
	const bool own = memcmp(&member->public, &work->public, sizeof work->public) == 0;
	const char *mine = work->options->recovery ? " this-phrase" : " this-host";
	char text[RECIPIENT_TEXT_SIZE];

	recipient_public_format(&member->public, text);
	printf("member: ");
	print_id(stdout, member->id);
	printf(" can=%s public=%s%s\n", key_can_names[member->can], text, own ? mine : "");
}

static void list_org(const struct key_work *work, const char *name, const struct org *org)
{
	const struct membership *membership = org_membership(org);
	const struct digest *fingerprint = org_fingerprint(org);

	printf("organisation: %s\nfingerprint: ", name);
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		printf("%02x", fingerprint->bytes[i]);
	printf("\nepoch: %" PRIu32 "\n", membership_newest(membership)->number);
	if (membership->epoch_count > 1)
		printf("to-reseal: %zu\n", org_reseal_left(org));
	for (size_t i = 0; i < membership->member_count; i++)
		list_member(work, &membership->members[i]);
}

enum exit_code key_list(struct key_work *work)
{
	const char *wanted = work->options->arguments[1];
	const struct pins *pins = store_pins(work->store);
	enum exit_code code = EXIT_DONE;
	struct org *org = NULL;

	if (wanted) {
		code = key_org(work, wanted, &org);
		if (code == EXIT_DONE)
			list_org(work, wanted, org);
		return code;
	}
	for (size_t i = 0; i < pins_count(pins); i++) {
		const char *name = pins_get(pins, i)->name;
		enum exit_code own = key_org(work, name, &org);

		if (own != EXIT_DONE) {
			code = own;
			continue;
		}
		printf("%s", i ? "\n" : "");
		list_org(work, name, org);
	}
	return code;
}

struct exposing {
	const struct org *org;
	const char *name;
	size_t count;
};

/* The path below orgs/, as it is mounted. */
static int print_field(void *context, const struct record *field)
{
	struct exposing *exposing = context;
	const struct record *account = org_record(exposing->org, field->parent);
	const struct record *above = account ? org_record(exposing->org, account->parent) : NULL;

	exposing->count++;
	printf("%s/", exposing->name);
	if (account && account->kind == RECORD_CONNECTION)
		printf("connections/");
	if (above && above->kind == RECORD_PROJECT)
		printf("projects/%s/", above->name);
	if (above && above->kind == RECORD_USER)
		printf("users/%s/", above->name);
	printf("%s/%s%s\n", account ? account->name : "(damaged)", field->name,
	       field->secret ? "" : " (not secret)");
	return 0;
}

static enum exit_code expose(struct key_work *work, const char *name, struct recipient_id id,
			     bool *ret_known)
{
	struct exposing exposing = {.name = name};
	struct org *org = NULL;
	enum exit_code code = key_org(work, name, &org);
	int r;

	if (code != EXIT_DONE)
		return code;
	exposing.org = org;
	r = org_exposure(org, id, print_field, &exposing);
	if (r == -ENOENT)
		return EXIT_DONE;
	*ret_known = true;
	return r < 0 ? key_say_org(name, r) : EXIT_DONE;
}

enum exit_code key_exposure(struct key_work *work)
{
	const struct key_options *options = work->options;
	const struct pins *pins = store_pins(work->store);
	enum exit_code code = EXIT_DONE;
	struct recipient_id id;
	bool known = false;

	if (!key_recipient(options->arguments[1], &id))
		return command_fail(EXIT_USAGE, "%s: neither a public key nor an id",
				    options->arguments[1]);
	if (options->org)
		code = expose(work, options->org, id, &known);
	for (size_t i = 0; !options->org && i < pins_count(pins); i++) {
		enum exit_code own = expose(work, pins_get(pins, i)->name, id, &known);

		code = own != EXIT_DONE ? own : code;
	}
	if (code == EXIT_DONE && !known)
		return command_fail(EXIT_NO_RECIPIENT, "%s was never a member",
				    options->arguments[1]);
	return code;
}
