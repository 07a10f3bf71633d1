/*
 * Several hosts on one store: a founder and others, who come and go, and an engine in between that
 * fails when it is told to.
 */
#pragma once

#include <criterion/criterion.h>

#include "store/org.h"
#include "store/sqlite.h"
#include "tests/place.h"

#define ORG CLEANUP(org_freep) struct org

enum host { FOUNDER, SECOND, THIRD, RECOVERY, HOSTS };

struct hosts {
	struct engine engine; /* first: it is what organisations are given */
	struct engine *below;
	struct place place;
	struct secret_pool *pool;
	struct recipient *host[HOSTS];
	size_t appends;	   /* how many there were */
	size_t fail_at;	   /* fail this append; 0: none */
	bool fail_after;   /* but only when it is done */
	struct digest org; /* fingerprint of the organisation */
};

static inline struct hosts *hosts_of(struct engine *engine)
{
	return (struct hosts *)engine;
}

static inline int hosts_head(struct engine *engine, struct org_id org, uint64_t *ret_generation,
			     struct digest *ret_digest)
{
	struct engine *below = hosts_of(engine)->below;

	return below->ops->head(below, org, ret_generation, ret_digest);
}

static inline int hosts_fetch(struct engine *engine, struct org_id org, uint64_t generation,
			      size_t max, engine_entry_fn *each, void *context)
{
	struct engine *below = hosts_of(engine)->below;

	return below->ops->fetch(below, org, generation, max, each, context);
}

static inline int hosts_rows(struct engine *engine, struct org_id org, enum row_table table,
			     const struct row_ref *refs, size_t count, engine_row_fn *each,
			     void *context)
{
	struct engine *below = hosts_of(engine)->below;

	return below->ops->rows(below, org, table, refs, count, each, context);
}

static inline int hosts_renew(struct engine *engine, bool *ret_changed)
{
	struct engine *below = hosts_of(engine)->below;

	return below->ops->renew(below, ret_changed);
}

static inline int hosts_append(struct engine *engine, const struct engine_append *append)
{
	struct hosts *hosts = hosts_of(engine);
	const bool fails = ++hosts->appends == hosts->fail_at;
	int r = 0;

	if (!fails || hosts->fail_after)
		r = hosts->below->ops->append(hosts->below, append);
	return fails ? -EIO : r;
}

static const struct engine_ops hosts_ops = {
	.head = hosts_head,
	.fetch = hosts_fetch,
	.rows = hosts_rows,
	.append = hosts_append,
	.renew = hosts_renew,
};

static inline void hosts_init(struct hosts *hosts)
{
	*hosts = (struct hosts){.engine.ops = &hosts_ops, .place = place_new()};
	cr_assert_eq(secret_pool_new(6 << 20, &hosts->pool), 0);
	for (size_t i = 0; i < HOSTS; i++)
		cr_assert_eq(recipient_generate(hosts->pool, &hosts->host[i]), 0);
	cr_assert_eq(sqlite_create(hosts->place.store), 0);
	cr_assert_eq(sqlite_open(hosts->place.store, &hosts->below), 0);
}

static inline void hosts_done(struct hosts *hosts)
{
	engine_close(hosts->below);
	for (size_t i = 0; i < HOSTS; i++)
		recipient_free(hosts->host[i]);
	secret_pool_free(hosts->pool);
	place_done(&hosts->place);
}
#define HOSTS_ON_A_STORE CLEANUP(hosts_done) struct hosts

static inline const struct recipient_public *hosts_public(const struct hosts *hosts, enum host host)
{
	return recipient_public(hosts->host[host]);
}

static inline struct recipient_id hosts_id(const struct hosts *hosts, enum host host)
{
	return recipient_public_id(hosts_public(hosts, host));
}

/* The founder's organisation, which the recovery recipient can open too. */
static inline struct org *hosts_found(struct hosts *hosts)
{
	struct org *org = NULL;

	cr_assert_eq(org_create(&hosts->engine, hosts->pool, hosts->host[FOUNDER],
				hosts_public(hosts, RECOVERY), "acme", NULL, &org),
		     0);
	hosts->org = *org_fingerprint(org);
	return org;
}

static inline int hosts_load(struct hosts *hosts, enum host host, struct org **ret)
{
	return org_load(&hosts->engine, hosts->pool, hosts->host[host], &hosts->org, ret);
}

static inline struct org *hosts_loaded(struct hosts *hosts, enum host host)
{
	struct org *org = NULL;

	cr_assert_eq(hosts_load(hosts, host, &org), 0);
	return org;
}

static inline struct record_id hosts_record_id(uint32_t number)
{
	struct record_id id = {{0x55}};

	number = htobe32(number);
	memcpy(id.bytes + 1, &number, sizeof(number));
	return id;
}

/* Write a record, of no parent when that is 0. */
static inline int hosts_put(struct org *org, uint32_t number, enum record_kind kind,
			    uint32_t parent, const char *name)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record record = {
		.id = hosts_record_id(number),
		.kind = kind,
		.name = strdup(name),
		.secret = kind == RECORD_FIELD,
		.value_version = kind == RECORD_FIELD,
	};

	if (parent)
		record.parent = hosts_record_id(parent);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put(change, &record), 0);
	return org_commit(org, change);
}

/* Write version 1 of a field's value. */
static inline int hosts_put_value(struct hosts *hosts, struct org *org, uint32_t field,
				  const char *text)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_SECRET struct secret *value = NULL;

	cr_assert_eq(secret_copy(hosts->pool, text, strlen(text), &value), 0);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put_value(change, hosts_record_id(field), 1, value), 0);
	return org_commit(org, change);
}

/* Whether version 1 of a field's value is this one. */
static inline bool hosts_value_is(const struct org *org, uint32_t field, const char *text)
{
	CLEANUP_SECRET struct secret *value = NULL;

	return org_value(org, hosts_record_id(field), 1, &value, NULL) == 0 &&
	       secret_size(value) == strlen(text) &&
	       memcmp(secret_view(value), text, strlen(text)) == 0;
}

static inline int hosts_count_row(void *context, const struct engine_row *row)
{
	size_t *counts = context; /* by epoch */

	cr_assert_lt(row->ref.epoch, 16);
	counts[row->ref.epoch]++;
	return 0;
}

/* How many keys of an epoch the engine has. */
static inline size_t hosts_count_wraps(struct hosts *hosts, uint32_t epoch)
{
	size_t counts[16] = {0};

	cr_assert_eq(hosts->below->ops->rows(hosts->below, org_id_of(&hosts->org), ROW_WRAP, NULL,
					     0, hosts_count_row, counts),
		     0);
	return counts[epoch];
}
