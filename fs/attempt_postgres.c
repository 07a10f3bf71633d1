#include "fs/attempt_database.h"

#include <libpq-fe.h>
#include <poll.h>
#include <string.h>

static const char authorities[] = "/etc/ssl/certs/ca-certificates.crt";

enum { OPTIONS_MAX = 48 };

/* What libpq is told: what the URL says, and then what is ours to say. */
struct options {
	PQconninfoOption *parsed;
	const char *names[OPTIONS_MAX], *values[OPTIONS_MAX];
	size_t count;
};

static void options_done(struct options *options)
{
	PQconninfoFree(options->parsed);
}

static void put(struct options *options, const char *name, const char *value)
{
	size_t i = 0;

	while (i < options->count && strcmp(options->names[i], name) != 0)
		i++;
	if (i == OPTIONS_MAX - 1) /* the last one stays NULL */
		return;
	options->names[i] = name;
	options->values[i] = value;
	options->count += i == options->count;
}

static const char *get(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->count; i++) {
		if (strcmp(options->names[i], name) == 0)
			return options->values[i];
	}
	return NULL;
}

/* What the URL does not say. */
static void put_parts(struct options *options, const struct database_login *login)
{
	const struct {
		const char *name, *value;
	} parts[] = {
		{"host", login->host ? login->host : login->socket},
		{"port", login->port},
		{"dbname", login->database},
		{"sslmode", login->sslmode},
	};

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		if (parts[i].value && !get(options, parts[i].name))
			put(options, parts[i].name, parts[i].value);
	}
}

/* The URL itself is not shown: libpq's complaints would. */
static bool parse(const struct database_login *login, const struct attempt_limits *limits,
		  struct options *options)
{
	char *complaint = NULL;

	options->parsed = PQconninfoParse(login->url ? login->url : "", &complaint);
	PQfreemem(complaint);
	if (!options->parsed)
		return false;
	for (const PQconninfoOption *option = options->parsed; option->keyword; option++) {
		if (option->val)
			put(options, option->keyword, option->val);
	}
	put_parts(options, login);
	put(options, "user", login->user);
	put(options, "password", login->password);
	put(options, "application_name", "credfs test");
	put(options, "gssencmode", "disable");
	if (!database_is_local(get(options, "host")) && !get(options, "sslmode"))
		put(options, "sslmode", "verify-full");
	if (!get(options, "sslrootcert") && get(options, "sslmode") &&
	    strncmp(get(options, "sslmode"), "verify", 6) == 0)
		put(options, "sslrootcert", limits->authority ? limits->authority : authorities);
	return true;
}

/* Whoever waits for all of it sees to the time. */
static ConnStatusType connect_to(PGconn *connection)
{
	PostgresPollingStatusType step = PGRES_POLLING_WRITING;

	while (step != PGRES_POLLING_OK && step != PGRES_POLLING_FAILED) {
		struct pollfd waiting = {
			.fd = PQsocket(connection),
			.events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT,
		};

		if (poll(&waiting, 1, -1) < 0 && errno != EINTR)
			break;
		step = PQconnectPoll(connection);
	}
	return PQstatus(connection);
}

static const struct {
	const char *state;
	enum trial_verdict verdict;
	const char *text;
} states[] = {
	{"28P01", TRIAL_REJECTED, "wrong user name or password (28P01)"},
	{"28000", TRIAL_REJECTED, "the user may not log in from here (28000)"},
	{"3D000", TRIAL_UNREACHABLE, "the login was taken, but there is no such database (3D000)"},
	{"42501", TRIAL_UNREACHABLE, "the login was taken, but may not use the database (42501)"},
	{"53300", TRIAL_UNREACHABLE, "too many connections (53300)"},
	{"57P03", TRIAL_UNREACHABLE, "it is starting or stopping (57P03)"},
};

/* With the verbosity that was asked for, what the server says is its code alone. */
static void judge_failure(const char *message, struct attempt *attempt)
{
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		if (strstr(message, states[i].state)) {
			attempt_end(attempt, states[i].verdict, "%s", states[i].text);
			return;
		}
	}
	attempt_end(attempt, TRIAL_UNREACHABLE, "%.*s", (int)strcspn(message, "\n"), message);
}

static void ask(PGconn *connection, struct attempt *attempt)
{
	PGresult *result = PQexec(connection, "SELECT 1");

	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		attempt_end(attempt, TRIAL_ACCEPTED, "it answers SELECT 1");
	else
		judge_failure(PQerrorMessage(connection), attempt);
	PQclear(result);
}

void attempt_postgres(const struct database_login *login, const struct attempt_limits *limits,
		      struct attempt *ret)
{
	CLEANUP(options_done) struct options options = {0};
	PGconn *connection;

	if (!parse(login, limits, &options)) {
		attempt_end(ret, TRIAL_UNTRIED, "its URL is none of PostgreSQL's");
		return;
	}
	snprintf(ret->where, sizeof ret->where, "%s",
		 get(&options, "host") ? get(&options, "host") : "localhost");
	connection = PQconnectStartParams(options.names, options.values, 0);
	if (!connection || PQstatus(connection) == CONNECTION_BAD) {
		judge_failure(connection ? PQerrorMessage(connection) : "no memory", ret);
	} else {
		PQsetErrorVerbosity(connection, PQERRORS_SQLSTATE);
		if (connect_to(connection) == CONNECTION_OK)
			ask(connection, ret);
		else
			judge_failure(PQerrorMessage(connection), ret);
	}
	PQfinish(connection);
}
