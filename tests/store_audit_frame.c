#include "store/audit_frame.h"

#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <sys/stat.h>

#include "store/audit_proof.h"
#include "store/audit_segment.h"
#include "store/audit_text.h"
#include "tests/vectors.h"

/* The vector's log, in a directory of its own. */
struct golden {
	json_t *vector;
	char directory[64];
	int fd;
	struct secret_pool *pool;
	struct recipient *host;
	struct org_id org;
};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void golden_done(struct golden *golden)
{
	recipient_free(golden->host);
	secret_pool_free(golden->pool);
	json_decref(golden->vector);
	close(golden->fd);
	nftw(golden->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
#define GOLDEN CLEANUP(golden_done) struct golden

static void write_segment(const struct golden *golden, const json_t *hex)
{
	CLEANUP_FREE char *text = strdup(json_string_value(hex));
	const size_t size = strlen(text) / 2;
	CLEANUP_FREE uint8_t *bytes = malloc(size);
	struct audit_header header;
	char name[AUDIT_NAME_SIZE];
	CLEANUP_CLOSE int fd = -1;

	for (size_t i = 0; i < size; i++)
		cr_assert_eq(sscanf(text + 2 * i, "%2hhx", &bytes[i]), 1);
	cr_assert_eq(audit_header_decode(bytes, &header), 0);
	audit_segment_name(header.first, name);
	fd = openat(golden->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
}

static struct golden golden_new(void)
{
	struct golden golden = {.directory = "/tmp/credfs-golden-XXXXXX"};
	uint8_t seed[RECIPIENT_SEED_SIZE];
	const json_t *segment;
	size_t i;

	golden.vector = vectors("audit", "case");
	cr_assert_not_null(mkdtemp(golden.directory));
	golden.fd = open(golden.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	vector_get(golden.vector, "seed", seed, sizeof(seed));
	vector_get(golden.vector, "org", golden.org.bytes, ID_SIZE);
	cr_assert_eq(secret_pool_new(4 << 20, &golden.pool), 0);
	cr_assert_eq(recipient_from_seed(golden.pool, seed, &golden.host), 0);
	json_array_foreach(json_object_get(golden.vector, "segments"), i, segment)
	{
		write_segment(&golden, segment);
	}
	return golden;
}

static void on_fault(void *context, enum audit_fault fault, uint64_t seq)
{
	(void)context;
	cr_expect_fail("fault %d at %llu", (int)fault, (unsigned long long)seq);
}

Test(audit_frame, what_a_second_implementation_wrote_is_proven)
{
	GOLDEN golden = golden_new();
	struct audit_proof proof = {0};

	cr_assert_eq(audit_prove(&(struct audit_proving){golden.fd, golden.org, golden.host},
				 on_fault, NULL, &proof),
		     0);
	cr_expect_eq(proof.faults, 0);
	cr_expect_eq(proof.records, vector_number(golden.vector, "records"));
	cr_expect_eq(proof.proven, vector_number(golden.vector, "proven"));
}

/* The key that the organisation holds opens it as well as the host's. */
static struct epoch_key *epoch_key_of(const struct golden *golden)
{
	uint8_t bytes[32], sealed[RECIPIENT_SEALED_KEY_SIZE];
	struct epoch_key *key = NULL;
	struct digest commitment;
	uint8_t named[24] = "credfs dek commit v1";

	vector_get(golden->vector, "epoch_key", bytes, sizeof(bytes));
	named[20] = (uint8_t)vector_number(golden->vector, "epoch");
	crypto_generichash(commitment.bytes, DIGEST_SIZE, named, sizeof(named), bytes,
			   sizeof(bytes));
	recipient_seal_key(recipient_public(golden->host), bytes, sealed);
	cr_assert_eq(epoch_key_open(golden->pool, golden->host,
				    (uint32_t)vector_number(golden->vector, "epoch"), sealed,
				    &commitment, &key),
		     0);
	return key;
}

Test(audit_frame, what_a_second_implementation_wrote_is_read)
{
	GOLDEN golden = golden_new();
	CLEANUP(epoch_key_freep) struct epoch_key *epoch = epoch_key_of(&golden);
	CLEANUP_BYTES struct bytes expected = vector_bytes(golden.vector, "text");
	CLEANUP_FREE char *text = malloc(expected.size);
	struct audit_copy copy = {.at = text, .room = expected.size};
	static const uint64_t firsts[] = {1, 5};

	for (size_t i = 0; i < 2; i++) {
		CLEANUP(audit_segment_done) struct audit_segment segment = {0};
		CLEANUP_CLOSE int fd = -1;

		cr_assert_eq(audit_segment_open(golden.fd, firsts[i], O_RDONLY, &segment, &fd), 0);
		cr_assert_eq(audit_segment_scan(&segment, fd), 0);
		/* The one with the organisation's key, the other with the host's. */
		cr_assert_eq(audit_segment_unlock(&segment, fd, i ? NULL : epoch, golden.host), 0);
		cr_assert_eq(audit_text_end(&segment, fd, &copy.stop), 0);
		cr_assert_eq(audit_text_copy(&segment, fd, &copy), 0);
	}
	cr_assert_eq(copy.room, 0);
	cr_assert_arr_eq(text, expected.at, expected.size);
}

Test(audit_frame, nothing_is_sealed_twice_to_the_same_bytes)
{
	GOLDEN golden = golden_new();
	CLEANUP_SECRET struct secret *key = NULL;
	const struct audit_line line = {7, "x\n", 2};
	uint8_t one[AUDIT_FRAME_MAX], other[AUDIT_FRAME_MAX];
	struct audit_record record = {.org = golden.org, .seq = 1};
	size_t size = 0;

	cr_assert_eq(audit_key_new(golden.pool, &key), 0);
	cr_assert_eq(audit_record_encode(&record, key, &line, one, &size), 0);
	cr_assert_eq(audit_record_encode(&record, key, &line, other, &size), 0);
	cr_assert_arr_neq(one, other, size);
}

Test(audit_frame, the_length_of_a_line_is_not_seen)
{
	GOLDEN golden = golden_new();
	CLEANUP_SECRET struct secret *key = NULL;
	struct audit_record record = {.org = golden.org, .seq = 1};
	uint8_t frame[AUDIT_FRAME_MAX];
	size_t first = 0;

	cr_assert_eq(audit_key_new(golden.pool, &key), 0);
	for (size_t length = 0; length < 55; length++) {
		const struct audit_line line = {7,
						"0123456789012345678901234567890123456789"
						"0123456789012345",
						length};
		size_t size = 0;

		cr_assert_eq(audit_record_encode(&record, key, &line, frame, &size), 0);
		first = first ? first : size;
		cr_assert_eq(size, first, "length %zu", length);
	}
}
