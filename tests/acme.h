/*
 * An organisation for tests that has one of everything, and a holder of each role:
 *
 *   openai/    api_key (versions 1 and 2), api_base, admin_key; inherited by the project etl
 *   unlinked/  api_key, of the provider openai
 *   projects/etl/own/     api_key, api_base, admin_key, of the provider openai
 *   projects/etl/openai   the link
 */
#pragma once

#include "tests/view.h"

enum acme_role {
	ACME_OWNER,
	ACME_ADMIN,
	ACME_MEMBER,
	ACME_AUDITOR,
	ACME_MAINTAINER,
	ACME_RUNNER,
	ACME_NOBODY, /* no role */
	ACME_ROLES,
};

#define ACME "orgs/acme"
#define ETL ACME "/projects/etl"
#define OPENAI ACME "/openai"
#define KEY OPENAI "/api_key"
#define OWN ETL "/own"

/* fixture_init(), and the organisation. Each role is held by a user of this host. */
void acme_init(struct fixture *fixture, const char *configuration);

/* The same with data connections, and one: connections/warehouse with a url, associated with the
 * account warehouse-login, which has a username and a password. */
void acme_connect(struct fixture *fixture);

#define CONNECTIONS ACME "/connections"
#define WAREHOUSE CONNECTIONS "/warehouse"
#define WAREHOUSE_LOGIN ACME "/warehouse-login"
#define ASSOCIATED WAREHOUSE "/warehouse-login"
/* Of the member. */
#define PERSONAL ACME "/users/sys"

/* Give each role to another principal, `group:ops`. */
void acme_give(struct fixture *fixture, const char *const principals[ACME_NOBODY]);

/* Save a list of `count` users who are not of this host, PREFIX000 and on. */
int acme_crowd(struct fixture *fixture, const char *path, const char *prefix, unsigned count);

/* rm -r. */
void acme_remove_whole(struct fixture *fixture, const char *path);

/* The user who holds the role, as a process of his. */
struct caller acme_holder(enum acme_role role);
const char *acme_role_name(enum acme_role role);
