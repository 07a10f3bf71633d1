#include "fs/node.h"

#include <sodium.h>

enum { ROOT_INODE = 1 };

/* The numbers of inodes follow from these names: they stay as they are. */
static const char *const names[] = {
	[NODE_ROOT] = "root",
	[NODE_DAEMON] = "daemon",
	[NODE_PROVIDERS] = "providers",
	[NODE_CATALOGUE] = "catalogue",
	[NODE_ORGS] = "orgs",
	[NODE_ORG] = "org",
	[NODE_PROJECTS] = "projects",
	[NODE_PROJECT] = "project",
	[NODE_LINK] = "link",
	[NODE_PENDING] = "pending",
	[NODE_ROLES] = "roles",
	[NODE_ROLE] = "role",
	[NODE_AUDIT] = "audit log",
	[NODE_ACCOUNT] = "account",
	[NODE_PROVIDER] = "provider",
	[NODE_INFO] = "info",
	[NODE_STATUS] = "status",
	[NODE_HISTORY] = "history",
	[NODE_FIELD] = "field",
	[NODE_HISTORY_FIELD] = "history field",
	[NODE_HISTORY_VALUE] = "history value",
	[NODE_SCRATCH] = "scratch",
	[NODE_SCRATCH_LINK] = "scratch link",
	[NODE_ENDING] = "ending",
	[NODE_USE] = "use",
	[NODE_USE_ORG] = "use org",
	[NODE_USE_PROJECT] = "use project",
	[NODE_USE_ENV] = "use env",
	[NODE_USE_JSON] = "use env.json",
	[NODE_USE_STATUS] = "use status",
	[NODE_USE_ACCOUNT] = "use account",
	[NODE_USE_PROVIDER] = "use provider",
	[NODE_USE_MADE] = "use made",
	[NODE_USE_FILE] = "use file",
	[NODE_CONNECTIONS] = "connections",
	[NODE_CONNECTION] = "connection",
	[NODE_ASSOCIATION] = "association",
	[NODE_USERS] = "users",
	[NODE_USER] = "user",
};
_Static_assert(sizeof names / sizeof names[0] == NODE_KINDS, "every kind has a name");

static uint64_t number_of(const uint8_t digest[crypto_generichash_BYTES_MIN])
{
	uint64_t number = 0;

	for (size_t i = 0; i < sizeof number; i++)
		number = number << 8 | digest[i];
	return number;
}

uint64_t node_number(const char *name)
{
	uint8_t digest[crypto_generichash_BYTES_MIN];

	crypto_generichash(digest, sizeof digest, (const uint8_t *)name, strlen(name), NULL, 0);
	return number_of(digest);
}

bool node_equal(const struct node *a, const struct node *b)
{
	return a->kind == b->kind && a->pin == b->pin && a->number == b->number &&
	       record_id_equal(a->id, b->id);
}

uint64_t node_inode(const struct node *node, struct org_id org, const char *label)
{
	static const char domain[] = "credfs inode v1";
	const char *kind = names[node->kind];
	crypto_generichash_state state;
	uint8_t digest[crypto_generichash_BYTES_MIN];
	uint64_t number;

	if (node->kind == NODE_ROOT)
		return ROOT_INODE;
	crypto_generichash_init(&state, NULL, 0, sizeof digest);
	crypto_generichash_update(&state, (const uint8_t *)domain, sizeof domain - 1);
	crypto_generichash_update(&state, org.bytes, sizeof org.bytes);
	crypto_generichash_update(&state, (const uint8_t *)kind, strlen(kind) + 1);
	crypto_generichash_update(&state, node->id.bytes, sizeof node->id.bytes);
	crypto_generichash_update(&state, (const uint8_t *)label, strlen(label));
	crypto_generichash_final(&state, digest, sizeof digest);
	number = number_of(digest);
	/* 0 means "no inode" to the kernel, 1 is the root's. */
	return number > ROOT_INODE ? number : number + 2;
}
