/*
 * Where `provider` is taken for absent. Every account has one, but tar, cp, mv and install make a
 * file where they want none to be there (O_EXCL): in the directory that they have just made, or
 * where they have just removed one. So for some seconds it is not shown to the process that made
 * the account, and to the user who removed it; who made the account and then looks at what is in it
 * sees it. In memory only, bounded: the oldest gives way. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "fs/node.h"

enum { VACANCIES = 128, VACANCY_SECONDS = 10 };

struct vacancy {
	struct node account;
	uid_t uid;	   /* whose it is */
	pid_t pid;	   /* who made the account; 0: it was removed, for every process */
	char provider[64]; /* what it was before it was removed, to be put back; "": nothing */
	uint64_t since;	   /* ns, monotonic; 0: no vacancy */
	bool taken;	   /* it was made anew */
};

struct vacancies {
	struct vacancy list[VACANCIES];
	uint64_t changes; /* rises with each */
};

void vacancies_put(struct vacancies *vacancies, const struct vacancy *vacancy);

/* Whether the account's `provider` is absent for this process of this user at `now`. */
bool vacancies_hide(const struct vacancies *vacancies, const struct node *account, uid_t uid,
		    pid_t pid, uint64_t now);

/* The user makes it anew: it is there again, and may still be put back. */
void vacancies_take(struct vacancies *vacancies, const struct node *account, uid_t uid);

/* The process that made the account looks at what is in it. */
void vacancies_look(struct vacancies *vacancies, const struct node *account, pid_t pid);

/* What the user removed, at `now`; NULL. */
const struct vacancy *vacancies_find(const struct vacancies *vacancies, const struct node *account,
				     uid_t uid, uint64_t now);

/* The provider was set: it is absent for nobody any more. */
void vacancies_drop(struct vacancies *vacancies, const struct node *account);
