/*
 * Attempts at a database: a login's user name and password, at its connection's URL, `SELECT 1`.
 * The doors to libpq and to libmariadb are one file each. One thread.
 */
#pragma once

#include "fs/attempt_http.h"

struct database_login {
	const char *url; /* postgresql://, mysql:// or mariadb://; NULL: by its parts */
	const char *host, *port, *database, *socket, *sslmode; /* NULL: not set */
	const char *user, *password;
};

/* With `username` and `password` of the subject, and its `url`, also as jdbc:postgresql:..., or
 * `type`, `host`, `port`, `database`, `socket` and `sslmode`, or those of the connection that it
 * was reached through. -ENOENT when there is nothing of a database; other -errno. */
int attempt_database(struct subject *subject, const struct attempt_limits *limits,
		     struct attempt *ret) MUST_CHECK;

/* To another host than this one, a connection is encrypted and its certificate verified, unless the
 * URL says otherwise. */
void attempt_postgres(const struct database_login *login, const struct attempt_limits *limits,
		      struct attempt *ret);
void attempt_mysql(const struct database_login *login, const struct attempt_limits *limits,
		   struct attempt *ret);

/* Whether a host is this one: no host at all, a socket's directory, a loopback address. */
bool database_is_local(const char *host);
