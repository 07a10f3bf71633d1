#include "fs/attempt_database.h"

#include <string.h>

typedef void attempt_fn(const struct database_login *login, const struct attempt_limits *limits,
			struct attempt *ret);

/* What speaks there: the scheme of its URL, the type of the connection, or the provider. */
static const struct {
	const char *name;
	attempt_fn *attempt;
} engines[] = {
	{"postgresql", attempt_postgres},
	{"postgres", attempt_postgres},
	{"mysql", attempt_mysql},
	{"mariadb", attempt_mysql},
};

bool database_is_local(const char *host)
{
	return !host || !*host || *host == '/' || strcmp(host, "localhost") == 0 ||
	       strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
	       strcmp(host, "[::1]") == 0;
}

/* What is asked of a subject; index of `fields`. */
enum field { USER, PASSWORD, URL, TYPE, HOST, PORT, DATABASE, SOCKET, SSLMODE, FIELDS };

static const char *const fields[] = {
	[USER] = "username",	 [PASSWORD] = "password", [URL] = "url",
	[TYPE] = "type",	 [HOST] = "host",	  [PORT] = "port",
	[DATABASE] = "database", [SOCKET] = "socket",	  [SSLMODE] = "sslmode",
};
_Static_assert(sizeof fields / sizeof fields[0] == FIELDS, "each has a name");

struct gathered {
	struct secret *texts[FIELDS]; /* NULL: not set */
};

static void gathered_done(struct gathered *gathered)
{
	for (size_t i = 0; i < FIELDS; i++)
		secret_free(gathered->texts[i]);
}

/* As a string, which has no NUL but at its end; what is not set is nothing. */
static int gather(const struct subject *subject, enum field field, struct secret **ret)
{
	CLEANUP_SECRET struct secret *value = NULL;
	int r = subject_get(subject, fields[field], &value);

	/* A login is reached through its connection, which knows where. */
	if (r == -ENOENT && field >= URL)
		r = subject_get_beside(subject, fields[field], &value);
	if (r == -ENOENT || r == -ENOTDIR || r == -EISDIR)
		return 0;
	if (r == 0 && memchr(secret_view(value), '\0', secret_size(value)))
		r = -EILSEQ;
	if (r == 0)
		r = secret_resize(value, secret_size(value) + 1);
	if (r == 0)
		*ret = TAKE_PTR(value);
	return r;
}

static const char *text_of(const struct gathered *gathered, enum field field)
{
	const struct secret *text = gathered->texts[field];

	return text ? (const char *)secret_view(text) : NULL;
}

/* What JDBC calls a URL has another scheme before it, and parameters that are its own. */
static char *url_of(const char *text)
{
	static const char jdbc[] = "jdbc:";

	if (strncmp(text, jdbc, strlen(jdbc)) != 0)
		return strdup(text);
	text += strlen(jdbc);
	return strndup(text, strcspn(text, "?;"));
}

static attempt_fn *find_engine(const char *name)
{
	const size_t length = strcspn(name, ":");

	for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++) {
		if (strlen(engines[i].name) == length &&
		    strncmp(engines[i].name, name, length) == 0)
			return engines[i].attempt;
	}
	return NULL;
}

static void run(const struct gathered *gathered, const char *name, const char *url,
		const struct attempt_limits *limits, struct attempt *ret)
{
	attempt_fn *engine = find_engine(name);
	const struct database_login login = {
		.url = url,
		.host = text_of(gathered, HOST),
		.port = text_of(gathered, PORT),
		.database = text_of(gathered, DATABASE),
		.socket = text_of(gathered, SOCKET),
		.sslmode = text_of(gathered, SSLMODE),
		.user = text_of(gathered, USER),
		.password = text_of(gathered, PASSWORD),
	};

	if (engine)
		engine(&login, limits, ret);
	else
		attempt_end(ret, TRIAL_UNTRIED,
			    "it is of no database that can be asked: postgresql, mysql, mariadb");
}

int attempt_database(struct subject *subject, const struct attempt_limits *limits,
		     struct attempt *ret)
{
	CLEANUP(gathered_done) struct gathered gathered = {{NULL}};
	CLEANUP_FREE char *url = NULL;
	const char *name = subject->provider;
	int r = 0;

	for (size_t i = 0; i < FIELDS && r == 0; i++)
		r = gather(subject, (enum field)i, &gathered.texts[i]);
	if (r < 0)
		return r;
	if (!gathered.texts[USER] || !gathered.texts[PASSWORD] ||
	    (!gathered.texts[URL] && !gathered.texts[HOST] && !gathered.texts[SOCKET]))
		return -ENOENT;
	if (gathered.texts[URL]) {
		url = url_of(text_of(&gathered, URL));
		if (!url)
			return -ENOMEM;
		name = url;
	} else if (gathered.texts[TYPE]) {
		name = text_of(&gathered, TYPE);
	}
	run(&gathered, name, url, limits, ret);
	return 0;
}
