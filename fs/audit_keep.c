#include "fs/audit_keep.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/text.h"
#include "fs/trouble.h"
#include "fs/unlock.h"
#include "store/audit_archive.h"
#include "store/audit_proof.h"
#include "store/pins.h"

/* Enough for the identity; the logs are opened one key at a time. */
enum { MEMORY = 1 << 20, HEX_SIZE = 2 * ID_SIZE + 1 };

static const char *const faults[] = {
	[AUDIT_FAULT_HEADER] = "the header of its segment is damaged, or another log's",
	[AUDIT_FAULT_KEY] = "the key of its segment does not open",
	[AUDIT_FAULT_MISSING] = "records before it are missing",
	[AUDIT_FAULT_CHAIN] = "it does not follow on the record before it",
	[AUDIT_FAULT_ALTERED] = "it was altered",
	[AUDIT_FAULT_SEALED] = "its line does not open, or has moved",
	[AUDIT_FAULT_BYTES] = "bytes before it are no record",
	[AUDIT_FAULT_SIGNATURE] = "its signature is not this host's, or of another log",
};
_Static_assert(sizeof faults / sizeof faults[0] == AUDIT_FAULTS, "a sentence for each");

/* What the keeper works with. */
struct keeping {
	struct unlocked unlocked;
	struct pins *pins;
};

static void keeping_done(struct keeping *keeping)
{
	pins_close(keeping->pins);
	unlocked_done(&keeping->unlocked);
}

static enum exit_code begin(const struct settings *settings, struct keeping *keeping)
{
	enum exit_code code;
	int r;

	if (geteuid() != 0)
		return command_fail(EXIT_NOT_ROOT, "only root may look after the audit log");
	code = unlock(settings, MEMORY, &keeping->unlocked);
	if (code != EXIT_DONE)
		return code;
	r = pins_open(settings->store_pins, keeping->unlocked.identity.host, &keeping->pins);
	/* As store_open() says it. */
	r = r == -ENOENT ? -ENOKEY : r == -EBADMSG ? -EKEYREJECTED : r;
	return r < 0 ? trouble_say(TROUBLE_PINS, settings->store_pins, r) : EXIT_DONE;
}

/* The directory of an organisation's log below another, made when `make`. */
static int open_log(const char *directory, const struct digest *fingerprint, bool make)
{
	char path[4096];
	const size_t length = strlen(directory);

	if (length + 1 + HEX_SIZE > sizeof path)
		return -ENAMETOOLONG;
	snprintf(path, sizeof path, "%s/", directory);
	for (size_t i = 0; i < ID_SIZE; i++)
		snprintf(path + length + 1 + 2 * i, 3, "%02x", fingerprint->bytes[i]);
	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void print_fault(void *context, enum audit_fault fault, uint64_t seq)
{
	printf("%s: record %" PRIu64 ": %s\n", (const char *)context, seq, faults[fault]);
}

static void print_proof(const char *name, const struct audit_proof *proof)
{
	if (!proof->first) {
		printf("%s: no records\n", name);
		return;
	}
	printf("%s: records %" PRIu64 " to %" PRIu64, name, proof->first, proof->last);
	if (proof->first > 1)
		printf(", those before are not here");
	if (proof->proven) {
		printf("; proven to record %" PRIu64 " of ", proof->proven);
		text_time(stdout, proof->proven_time);
	} else {
		printf("; nothing is proven");
	}
	if (proof->last > proof->proven && !proof->faults)
		printf("; %" PRIu64 " not signed yet", proof->last - proof->proven);
	if (proof->torn)
		printf("; %" PRIu64 " bytes of an unfinished record at the end", proof->torn);
	if (proof->faults)
		printf("; %" PRIu64 " faults", proof->faults);
	putchar('\n');
}

static enum exit_code verify(const struct keeping *keeping, const struct pin *pin,
			     const char *directory)
{
	CLEANUP_CLOSE int fd = open_log(directory, &pin->fingerprint, false);
	const struct audit_proving proving = {fd, org_id_of(&pin->fingerprint),
					      keeping->unlocked.identity.host};
	struct audit_proof proof = {0};
	int r = fd < 0 ? -errno : 0;

	if (r == -ENOENT) {
		printf("%s: no log\n", pin->name);
		return EXIT_DONE;
	}
	if (r == 0)
		r = audit_prove(&proving, print_fault, pin->name, &proof);
	if (r < 0)
		return command_fail(EXIT_OTHER, "the audit log of %s cannot be read: %s", pin->name,
				    strerror(-r));
	print_proof(pin->name, &proof);
	return proof.faults ? EXIT_WRONG : EXIT_DONE;
}

static enum exit_code archive(const struct pin *pin, const char *directory, const char *to)
{
	CLEANUP_CLOSE int source = open_log(directory, &pin->fingerprint, false);
	CLEANUP_CLOSE int target = -1;
	size_t count = 0;
	int r;

	if (source < 0 && errno == ENOENT)
		return EXIT_DONE;
	r = source < 0 ? -errno : 0;
	if (r == 0)
		target = open_log(to, &pin->fingerprint, true);
	if (r == 0 && target < 0)
		r = target == -1 ? -errno : target;
	if (r == 0)
		r = audit_archive(source, target, &count);
	printf("%s: %zu segments moved\n", pin->name, count);
	if (r < 0)
		return command_fail(EXIT_OTHER, "%s: %s: %s", pin->name, to, strerror(-r));
	return EXIT_DONE;
}

/* For each organisation that is meant; the first trouble is what the command ends with. */
static enum exit_code each(const struct audit_keep *keep, const char *to)
{
	CLEANUP(keeping_done) struct keeping keeping = {0};
	const char *directory = keep->directory ? keep->directory : keep->settings->audit_directory;
	enum exit_code code = begin(keep->settings, &keeping);
	bool found = false;

	if (code != EXIT_DONE)
		return code;
	for (size_t i = 0; i < pins_count(keeping.pins); i++) {
		const struct pin *pin = pins_get(keeping.pins, i);
		enum exit_code one;

		if (keep->organisation && strcmp(keep->organisation, pin->name) != 0)
			continue;
		found = true;
		one = to ? archive(pin, directory, to) : verify(&keeping, pin, directory);
		if (code == EXIT_DONE)
			code = one;
	}
	if (keep->organisation && !found)
		return command_fail(EXIT_OTHER, "no such organisation on this host: %s",
				    keep->organisation);
	return code;
}

enum exit_code audit_keep_verify(const struct audit_keep *keep)
{
	return each(keep, NULL);
}

enum exit_code audit_keep_archive(const struct audit_keep *keep, const char *to)
{
	return each(keep, to);
}
