/*
 * An audit log on a store of its own, and what tests do to its files behind its back.
 */
#pragma once

#include <dirent.h>

#include "store/audit.h"
#include "store/audit_segment.h"
#include "store/sqlite.h"
#include "tests/place.h"

struct auditing {
	struct place place;
	char directory[96]; /* of all logs */
	struct secret_pool *pool;
	struct recipient *host;
	struct engine *engine;
	struct org *org;
	struct audit *audit;
	uint64_t limit;
};

static inline void auditing_done(struct auditing *auditing)
{
	audit_close(auditing->audit);
	org_free(auditing->org);
	engine_close(auditing->engine);
	recipient_free(auditing->host);
	secret_pool_free(auditing->pool);
	place_done(&auditing->place);
}
#define AUDITING CLEANUP(auditing_done) struct auditing

static inline void auditing_reopen(struct auditing *auditing)
{
	auditing->audit = audit_close(auditing->audit);
	cr_assert_eq(
		audit_open(auditing->directory, auditing->limit, auditing->org, &auditing->audit),
		0);
}

static inline struct auditing auditing_new(uint64_t limit)
{
	static const uint8_t seed[RECIPIENT_SEED_SIZE] = {9};
	struct auditing auditing = {.place = place_new(), .limit = limit};

	snprintf(auditing.directory, sizeof(auditing.directory), "%s/audit",
		 auditing.place.directory);
	cr_assert_eq(secret_pool_new(4 << 20, &auditing.pool), 0);
	cr_assert_eq(recipient_from_seed(auditing.pool, seed, &auditing.host), 0);
	cr_assert_eq(sqlite_create(auditing.place.store), 0);
	cr_assert_eq(sqlite_open(auditing.place.store, &auditing.engine), 0);
	cr_assert_eq(org_create(auditing.engine, auditing.pool, auditing.host, NULL, "acme", NULL,
				&auditing.org),
		     0);
	auditing_reopen(&auditing);
	return auditing;
}

/* The line of a number: of many lengths, and known again. */
static inline size_t auditing_line(unsigned number, char ret[512])
{
	const int length = snprintf(
		ret, 512, "{\"line\":%u,\"pad\":\"%.*s\"}\n", number, (int)(number * 7 % 300),
		"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg"
		"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg"
		"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg"
		"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg"
		"aaaaaaaaaabbbbbbbbbb");

	return (size_t)length;
}

static inline int auditing_append(struct auditing *auditing, unsigned number)
{
	char line[512];
	const struct audit_entry entry = {line, auditing_line(number, line), number + 1, false};

	return audit_append(auditing->audit, auditing->org, &entry);
}

static inline void auditing_fill(struct auditing *auditing, unsigned from, unsigned count)
{
	for (unsigned i = from; i < from + count; i++)
		cr_assert_eq(auditing_append(auditing, i), 0, "line %u", i);
}

/* Sign what is not signed. */
static inline void auditing_sign(struct auditing *auditing)
{
	const struct recipient *signer = NULL;
	uint8_t head[AUDIT_HEAD_SIZE];
	struct audit_record record;

	cr_assert(audit_unsigned(auditing->audit, &record, &signer));
	audit_head_sign(&record, signer, head);
	cr_assert_eq(audit_put_head(auditing->audit, &record, head), 0);
}

/* The path of the n-th segment of the log. */
static inline void auditing_path(const struct auditing *auditing, unsigned index, char ret[256])
{
	struct dirent **logs = NULL, **segments = NULL;
	char directory[160];
	int count = scandir(auditing->directory, &logs, NULL, alphasort);

	cr_assert_eq(count, 3, "one log");
	snprintf(directory, sizeof(directory), "%s/%.40s", auditing->directory, logs[2]->d_name);
	for (int i = 0; i < count; i++)
		free(logs[i]);
	free(logs);
	count = scandir(directory, &segments, NULL, alphasort);
	cr_assert_gt(count, (int)index + 2, "so many segments");
	snprintf(ret, 256, "%.150s/%.40s", directory, segments[index + 2]->d_name);
	for (int i = 0; i < count; i++)
		free(segments[i]);
	free(segments);
}

static inline unsigned auditing_segments(const struct auditing *auditing)
{
	char path[256];
	struct dirent **segments = NULL;
	int count;

	auditing_path(auditing, 0, path);
	*strrchr(path, '/') = '\0';
	count = scandir(path, &segments, NULL, alphasort);
	for (int i = 0; i < count; i++)
		free(segments[i]);
	free(segments);
	return (unsigned)count - 2;
}

/* Where the n-th frame of a segment's file begins. */
static inline size_t auditing_frame(const struct bytes *file, unsigned index)
{
	size_t at = AUDIT_FRAMES_AT;

	for (; index > 0; index--) {
		cr_assert_lt(at + 4, file->size);
		at += 4 + (size_t)(file->at[at] | file->at[at + 1] << 8);
	}
	return at;
}
