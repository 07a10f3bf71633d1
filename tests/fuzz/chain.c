/*
 * Entries as a member could sign them: each is decoded, made the next one of a log, signed with a
 * manager's key, and followed. What a chain refuses leaves it where it was.
 */
#include "store/chain.h"
#include "tests/fuzz/fuzz.h"

/* An entry of the input: u16 size, bytes. */
static size_t next(const uint8_t *bytes, size_t size, const uint8_t **ret)
{
	size_t length = size < 2 ? 0 : (size_t)(bytes[0] | bytes[1] << 8);

	*ret = bytes + 2;
	return length > size - 2 ? 0 : length;
}

static void begin(const struct recipient *manager, struct chain **ret)
{
	struct entry_epoch epoch = {.number = 1, .commitment = {{1}}, .wrapset = {{2}}};
	struct entry_member member = {.can = CAN_MANAGE, .public = *recipient_public(manager)};
	struct entry genesis = {
		.type = ENTRY_GENESIS,
		.generation = 1,
		.epochs = &epoch,
		.epoch_count = 1,
		.members = &member,
		.member_count = 1,
	};
	CLEANUP(map_freep) struct map *map = NULL;
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct digest fingerprint;
	size_t size = 0;

	FUZZ_CHECK(map_new(&map) == 0);
	genesis.root = map_root(map);
	FUZZ_CHECK(entry_sign(&genesis, manager, &bytes, &size) == 0);
	fingerprint = entry_digest(bytes, size);
	FUZZ_CHECK(chain_new(&fingerprint, ret) == 0);
	FUZZ_CHECK(chain_follow(*ret, bytes, size) == 0);
}

/* The entry as it would have to be to come next; its root is that of the map after its rows, as
 * far as they make sense. */
static void adapt(struct chain *chain, struct entry *entry)
{
	entry->org = chain_org(chain);
	entry->generation = chain_generation(chain) + 1;
	entry->previous = *chain_head(chain);
	for (size_t i = 0; i < entry->row_count; i++) {
		if (chain_stage(chain, &entry->rows[i].ref, &entry->rows[i].digest) < 0)
			break;
	}
	entry->root = map_root((struct map *)(uintptr_t)chain_map(chain));
	chain_unstage(chain);
}

static void follow(struct chain *chain, const struct recipient *manager, const uint8_t *bytes,
		   size_t size)
{
	const uint64_t before = chain_generation(chain);
	CLEANUP_ENTRY struct entry entry = {0};
	CLEANUP_FREE uint8_t *coded = NULL;
	size_t coded_size = 0;
	int r;

	if (entry_decode(bytes, size, &entry) < 0 || entry.type == ENTRY_GENESIS)
		return;
	adapt(chain, &entry);
	if (entry_sign(&entry, manager, &coded, &coded_size) < 0)
		return;
	r = chain_follow(chain, coded, coded_size);
	FUZZ_CHECK(chain_generation(chain) == before + (r == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(recipient_freep) struct recipient *manager = fuzz_recipient(1);
	CLEANUP(chain_freep) struct chain *chain = NULL;
	const uint8_t *entry;
	size_t length;

	begin(manager, &chain);
	while (size >= 2) {
		length = next(bytes, size, &entry);
		follow(chain, manager, entry, length);
		bytes += 2 + length;
		size -= 2 + length;
	}
	return 0;
}
