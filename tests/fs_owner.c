#include "fs/owner.h"

#include <criterion/criterion.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The databases of the host, as this program is told. What is not always there is named by the
 * variable of the environment that puts it there. */
static const struct {
	struct passwd entry;
	const char *when;
} users[] = {
	{{.pw_name = (char[]){"root"}, .pw_uid = 0, .pw_gid = 0}, NULL},
	{{.pw_name = (char[]){"toor"}, .pw_uid = 0, .pw_gid = 901}, NULL},
	{{.pw_name = (char[]){"wheel"}, .pw_uid = 900, .pw_gid = 0}, NULL},
	{{.pw_name = (char[]){"service"}, .pw_uid = 909, .pw_gid = 909}, NULL},
	{{.pw_name = (char[]){"crowded"}, .pw_uid = 902, .pw_gid = 902}, NULL},
	{{.pw_name = (char[]){"groupless"}, .pw_uid = 903, .pw_gid = 903}, NULL},
	{{.pw_name = (char[]){"sharing"}, .pw_uid = 905, .pw_gid = 906}, NULL},
	{{.pw_name = (char[]){"sharer"}, .pw_uid = 906, .pw_gid = 906}, NULL},
	{{.pw_name = (char[]){"alone"}, .pw_uid = 907, .pw_gid = 907}, NULL},
	{{.pw_name = (char[]){"alias"}, .pw_uid = 907, .pw_gid = 907}, NULL},
	{{.pw_name = (char[]){"lodger"}, .pw_uid = 908, .pw_gid = 65523}, "GID_IS_SOMEBODYS"},
	{{.pw_name = (char[]){"credfs"}, .pw_uid = 904, .pw_gid = 905}, "HAS_CREDFS"},
	{{.pw_name = (char[]){"credfs"}, .pw_uid = 904, .pw_gid = 902}, "HAS_CREDFS_IN_A_CROWD"},
	{{.pw_name = (char[]){"someone"}, .pw_uid = 65523, .pw_gid = 901}, "UID_IS_TAKEN"},
};

static const struct {
	struct group entry;
	const char *when;
} groups[] = {
	{{.gr_gid = 0, .gr_mem = (char *[]){NULL}}, NULL},
	{{.gr_gid = 901, .gr_mem = (char *[]){NULL}}, NULL},
	{{.gr_gid = 902, .gr_mem = (char *[]){(char[]){"alice"}, NULL}}, NULL},
	{{.gr_gid = 905, .gr_mem = (char *[]){NULL}}, NULL},
	{{.gr_gid = 65523, .gr_mem = (char *[]){NULL}}, "GID_IS_TAKEN"},
};

static bool is_there(const char *when)
{
	return !when || getenv(when);
}

struct passwd *getpwnam(const char *name)
{
	for (size_t i = 0; i < COUNT(users); i++) {
		if (is_there(users[i].when) && strcmp(users[i].entry.pw_name, name) == 0)
			return (struct passwd *)(uintptr_t)&users[i].entry;
	}
	return NULL;
}

struct passwd *getpwuid(uid_t uid)
{
	for (size_t i = 0; i < COUNT(users); i++) {
		if (is_there(users[i].when) && users[i].entry.pw_uid == uid)
			return (struct passwd *)(uintptr_t)&users[i].entry;
	}
	return NULL;
}

struct group *getgrgid(gid_t gid)
{
	for (size_t i = 0; i < COUNT(groups); i++) {
		if (is_there(groups[i].when) && groups[i].entry.gr_gid == gid)
			return (struct group *)(uintptr_t)&groups[i].entry;
	}
	return NULL;
}

/* How far getpwent() has come stands in the environment: a variable of the file could not hold it.
 */
void setpwent(void)
{
	setenv("NEXT_USER", "0", 1);
}

void endpwent(void)
{
	unsetenv("NEXT_USER");
}

struct passwd *getpwent(void)
{
	size_t next = strtoul(getenv("NEXT_USER"), NULL, 10);
	char text[24];

	while (next < COUNT(users) && !is_there(users[next].when))
		next++;
	snprintf(text, sizeof text, "%zu", next + 1);
	setenv("NEXT_USER", text, 1);
	return next < COUNT(users) ? (struct passwd *)(uintptr_t)&users[next].entry : NULL;
}

static const struct {
	const char *user;
	const char *when;
	int expected;
	struct owner owner;
} cases[] = {
	{"service", NULL, 0, {909, 909}},	 {"groupless", NULL, 0, {903, 903}},
	{"crowded", NULL, -EEXIST, {0, 0}},	 {"root", NULL, -EPERM, {0, 0}},
	{"toor", NULL, -EPERM, {0, 0}},		 {"wheel", NULL, -EPERM, {0, 0}},
	{"no-such-user", NULL, -ENOENT, {0, 0}}, {"", NULL, -ENOENT, {0, 0}},
	{"credfs", NULL, -ENOENT, {0, 0}},	 {"credfs", "HAS_CREDFS", 0, {904, 905}},
	{NULL, "HAS_CREDFS", 0, {904, 905}},	 {NULL, "HAS_CREDFS_IN_A_CROWD", -EEXIST, {0, 0}},
	{NULL, NULL, 0, {65523, 65523}},	 {NULL, "UID_IS_TAKEN", -EEXIST, {0, 0}},
	{NULL, "GID_IS_TAKEN", -EEXIST, {0, 0}}, {"sharing", NULL, -EEXIST, {0, 0}},
	{"alone", NULL, 0, {907, 907}},		 {NULL, "GID_IS_SOMEBODYS", -EEXIST, {0, 0}},
};

Test(owner, is_a_user_and_a_group_that_nobody_else_is)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct owner owner = {0, 0};

		if (cases[i].when)
			setenv(cases[i].when, "1", 1);
		cr_expect_eq(owner_find(cases[i].user, &owner), cases[i].expected, "%zu", i);
		if (cases[i].expected == 0) {
			cr_expect_eq(owner.uid, cases[i].owner.uid, "%zu", i);
			cr_expect_eq(owner.gid, cases[i].owner.gid, "%zu", i);
		}
		if (cases[i].when)
			unsetenv(cases[i].when);
	}
}
