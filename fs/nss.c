#include "fs/nss.h"

#include <grp.h>
#include <pwd.h>
#include <search.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { REFRESH_SECONDS = 60, GROUPS_MAX = 65536 };

static const char *const databases[] = {"/etc/passwd", "/etc/group"};
enum { DATABASES = sizeof databases / sizeof databases[0] };

struct stamp {
	ino_t ino;
	struct timespec changed;
};

struct nss {
	uid_t reserved;
	gid_t reserved_group;
	void *names; /* tsearch tree of struct nss_name */
	size_t count;
	struct stamp stamps[DATABASES];
	struct timespec refreshed;
};

struct nss_batch {
	uid_t reserved;
	gid_t reserved_group;
	struct nss_name *names;
	size_t count;
};

static int compare(const void *left, const void *right)
{
	const struct nss_name *a = left;
	const struct nss_name *b = right;

	if (a->group != b->group)
		return a->group ? 1 : -1;
	return strcmp(a->name, b->name);
}

static void name_done(struct nss_name *name)
{
	free(name->name);
	free(name->groups);
}

static void name_free(void *name)
{
	name_done(name);
	free(name);
}

static void read_stamps(struct stamp stamps[DATABASES])
{
	for (size_t i = 0; i < DATABASES; i++) {
		struct stat st = {0};

		if (stat(databases[i], &st) < 0)
			st = (struct stat){0};
		stamps[i] = (struct stamp){st.st_ino, st.st_ctim};
	}
}

/* Call one of the reentrant look-ups with a buffer that grows until the answer fits. */
#define LOOKUP(function, key, entry, buffer)                                      \
	({                                                                        \
		__typeof__(entry) *found_ = NULL;                                 \
		size_t room_ = 1024;                                              \
		int error_ = ERANGE;                                              \
		while (error_ == ERANGE && room_ <= ((size_t)16 << 20)) {         \
			free(buffer);                                             \
			(buffer) = malloc(room_);                                 \
			if (!(buffer))                                            \
				break;                                            \
			error_ = function(key, &(entry), buffer, room_, &found_); \
			room_ *= 4;                                               \
		}                                                                 \
		found_;                                                           \
	})

static void resolve_groups(struct nss_name *name, gid_t primary)
{
	int room = 64;

	for (;;) {
		gid_t *groups = reallocarray(name->groups, (size_t)room, sizeof *groups);
		int count = room;

		if (!groups)
			return;
		name->groups = groups;
		if (getgrouplist(name->name, primary, groups, &count) >= 0) {
			name->group_count = (size_t)count;
			return;
		}
		if (count <= room || count > GROUPS_MAX)
			return;
		room = count;
	}
}

static void resolve_user(struct nss_name *name, uid_t reserved)
{
	CLEANUP_FREE char *buffer = NULL;
	struct passwd entry;
	const struct passwd *found = LOOKUP(getpwnam_r, name->name, entry, buffer);

	if (!found || found->pw_uid == reserved)
		return;
	name->known = true;
	name->id = found->pw_uid;
	resolve_groups(name, found->pw_gid);
}

static void resolve_group(struct nss_name *name, gid_t reserved)
{
	CLEANUP_FREE char *buffer = NULL;
	struct group entry;
	const struct group *found = LOOKUP(getgrnam_r, name->name, entry, buffer);

	if (!found || found->gr_gid == reserved)
		return;
	name->known = true;
	name->id = found->gr_gid;
}

static void resolve(struct nss_name *name, uid_t reserved, gid_t reserved_group)
{
	if (name->group)
		resolve_group(name, reserved_group);
	else
		resolve_user(name, reserved);
}

int nss_new(uid_t reserved, gid_t reserved_group, struct nss **ret)
{
	struct nss *nss = calloc(1, sizeof *nss);

	if (!nss)
		return -ENOMEM;
	nss->reserved = reserved;
	nss->reserved_group = reserved_group;
	read_stamps(nss->stamps);
	clock_gettime(CLOCK_MONOTONIC, &nss->refreshed);
	*ret = nss;
	return 0;
}

struct nss *nss_free(struct nss *nss)
{
	if (nss) {
		tdestroy(nss->names, name_free);
		free(nss);
	}
	return NULL;
}

static struct nss_name *find(const struct nss *nss, bool group, const char *name)
{
	/* tfind() only compares, so that the key's name is not written to. */
	union {
		const char *in;
		char *out;
	} key = {.in = name};
	const struct nss_name wanted = {.group = group, .name = key.out};
	struct nss_name *const *found = tfind(&wanted, &nss->names, compare);

	return found ? *found : NULL;
}

const struct nss_name *nss_get(struct nss *nss, bool group, const char *name)
{
	struct nss_name *new = find(nss, group, name);

	if (new) {
		new->kept = true;
		return new;
	}
	new = calloc(1, sizeof *new);
	if (!new)
		return NULL;
	new->kept = true;
	new->group = group;
	new->name = strdup(name);
	if (!new->name || !tsearch(new, &nss->names, compare)) {
		name_free(new);
		return NULL;
	}
	nss->count++;
	resolve(new, nss->reserved, nss->reserved_group);
	return new;
}

static void unmark(const void *node, VISIT visit, void *context)
{
	struct nss_name *name = *(struct nss_name *const *)node;

	(void)context;
	if (visit == postorder || visit == leaf)
		name->kept = false;
}

void nss_unmark(struct nss *nss)
{
	twalk_r(nss->names, unmark, NULL);
}

void nss_keep(struct nss *nss, bool group, const char *name)
{
	struct nss_name *found = find(nss, group, name);

	if (found)
		found->kept = true;
}

size_t nss_count(const struct nss *nss)
{
	return nss->count;
}

struct unmarked {
	struct nss_name **list;
	size_t count;
};

static void collect_unmarked(const void *node, VISIT visit, void *context)
{
	struct nss_name *name = *(struct nss_name *const *)node;
	struct unmarked *unmarked = context;

	if ((visit == postorder || visit == leaf) && !name->kept)
		unmarked->list[unmarked->count++] = name;
}

void nss_drop_unmarked(struct nss *nss)
{
	CLEANUP_FREE struct nss_name **list = calloc(nss->count + 1, sizeof(struct nss_name *));
	struct unmarked unmarked = {.list = list};

	if (!list)
		return; /* the next time, then */
	twalk_r(nss->names, collect_unmarked, &unmarked);
	for (size_t i = 0; i < unmarked.count; i++) {
		tdelete(list[i], &nss->names, compare);
		name_free(list[i]);
		nss->count--;
	}
}

/* Without telling the others: what they were told changes with the next batch. */
static bool exists_now(const struct nss *nss, bool group, const char *name)
{
	struct nss_name asked = {.group = group, .name = strdup(name)};
	bool known = false;

	if (asked.name) {
		resolve(&asked, nss->reserved, nss->reserved_group);
		known = asked.known;
	}
	name_done(&asked);
	return known;
}

void nss_prepare_thread(void)
{
	gid_t groups[1];
	int room = 1;

	(void)getpwnam("root");
	(void)getpwnam("credfs-nobody");
	(void)getgrnam("root");
	(void)getgrnam("credfs-nobody");
	(void)getgrouplist("credfs-nobody", 0, groups, &room);
	setpwent();
	(void)getpwent();
	endpwent();
}

/* Somebody's primary group has members that the group database does not list. */
static bool is_primary_group(gid_t gid)
{
	const struct passwd *entry;
	bool found = false;

	setpwent();
	while (!found && (entry = getpwent()))
		found = entry->pw_gid == gid;
	endpwent();
	return found;
}

bool nss_somebody(struct nss *nss, bool group, const char *name)
{
	CLEANUP_FREE char *buffer = NULL;
	struct group entry;
	const struct nss_name *answer = nss_get(nss, group, name);
	const struct group *found;

	if (!answer || (!answer->known && !exists_now(nss, group, name)))
		return false;
	if (!group)
		return true;
	found = LOOKUP(getgrnam_r, name, entry, buffer);
	return found && (found->gr_mem[0] || is_primary_group(found->gr_gid));
}

bool nss_is_stale(struct nss *nss)
{
	struct stamp stamps[DATABASES];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - nss->refreshed.tv_sec >= REFRESH_SECONDS)
		return true;
	read_stamps(stamps);
	return memcmp(stamps, nss->stamps, sizeof stamps) != 0;
}

static void collect(const void *node, VISIT visit, void *context)
{
	const struct nss_name *name = *(const struct nss_name *const *)node;
	struct nss_batch *batch = context;

	if (visit != postorder && visit != leaf)
		return;
	batch->names[batch->count].group = name->group;
	batch->names[batch->count].name = strdup(name->name);
	if (batch->names[batch->count].name)
		batch->count++;
}

int nss_batch_begin(struct nss *nss, struct nss_batch **ret)
{
	struct nss_batch *batch = calloc(1, sizeof *batch);

	if (!batch)
		return -ENOMEM;
	batch->names = calloc(nss->count + 1, sizeof *batch->names);
	if (!batch->names) {
		free(batch);
		return -ENOMEM;
	}
	batch->reserved = nss->reserved;
	batch->reserved_group = nss->reserved_group;
	/* Taken before the questions: a change during them makes the next batch. */
	read_stamps(nss->stamps);
	clock_gettime(CLOCK_MONOTONIC, &nss->refreshed);
	twalk_r(nss->names, collect, batch);
	*ret = batch;
	return 0;
}

void nss_batch_resolve(struct nss_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		resolve(&batch->names[i], batch->reserved, batch->reserved_group);
}

static bool same_answer(const struct nss_name *a, const struct nss_name *b)
{
	return a->known == b->known && a->id == b->id && a->group_count == b->group_count &&
	       (!a->group_count ||
		memcmp(a->groups, b->groups, a->group_count * sizeof *a->groups) == 0);
}

bool nss_apply(struct nss *nss, struct nss_batch *batch)
{
	bool changed = false;

	for (size_t i = 0; i < batch->count; i++) {
		struct nss_name *new = &batch->names[i];
		struct nss_name *old = find(nss, new->group, new->name);

		if (old && !same_answer(old, new)) {
			struct nss_name swap = *old;

			*old = *new;
			*new = swap;
			changed = true;
		}
		name_done(new);
	}
	free(batch->names);
	free(batch);
	return changed;
}
