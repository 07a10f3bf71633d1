/*
 * The host's users and groups, as the name service knows them: which number a principal's name has
 * here, and which groups a user is in. Answers are kept until refreshed, so that serving a file
 * never waits for a directory server. One thread at a time, except nss_batch_resolve(), which is
 * made to run beside the others.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "store/cleanup.h"

struct nss;

struct nss_name {
	bool group;
	char *name;
	bool kept;  /* something mentions it */
	bool known; /* it exists on this host */
	id_t id;
	gid_t *groups; /* of a user: all its groups, the primary one included */
	size_t group_count;
};

/* `reserved` is the user, `reserved_group` the group that own the inodes: no principal resolves to
 * them. */
int nss_new(uid_t reserved, gid_t reserved_group, struct nss **ret) MUST_CHECK;
struct nss *nss_free(struct nss *nss);
DEFINE_CLEANUP(struct nss, nss_free);

/* The answer for one name, asked for now if it is new; borrowed until the next nss_apply(). NULL
 * without memory. */
const struct nss_name *nss_get(struct nss *nss, bool group, const char *name);

/* Ask once, in a thread that will ask: what libraries keep for each thread they allocate when they
 * are first asked, and glibc ends the process when there is no memory for it then. */
void nss_prepare_thread(void);

/* Whether somebody answers to the name: a user that exists, a group with a member. Asks the name
 * service if it is not known that there is; the request thread only, because enumerating users is
 * not reentrant. */
bool nss_somebody(struct nss *nss, bool group, const char *name);

/* To forget names that nothing mentions: unmark all, keep each that something does, drop the rest.
 * Ends what was borrowed. nss_get() keeps, too. */
void nss_unmark(struct nss *nss);
void nss_keep(struct nss *nss, bool group, const char *name);
void nss_drop_unmarked(struct nss *nss);
size_t nss_count(const struct nss *nss);

/* Whether /etc/passwd or /etc/group changed, or a minute has passed, since the last batch was
 * begun. */
bool nss_is_stale(struct nss *nss);

/* Ask again for every name: begin and apply with the others held off, resolve without. nss_apply()
 * frees the batch and says whether any answer changed. */
struct nss_batch;
int nss_batch_begin(struct nss *nss, struct nss_batch **ret) MUST_CHECK;
void nss_batch_resolve(struct nss_batch *batch);
bool nss_apply(struct nss *nss, struct nss_batch *batch);
