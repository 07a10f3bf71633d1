#include "fs/attempt_database.h"

#include <curl/urlapi.h>
#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <string.h>

/* The parts of a URL; the port is 0 for the usual one. */
struct place {
	char host[256], database[256], socket[256];
	unsigned port;
};

static void copy_part(CURLU *url, CURLUPart part, char *to, size_t size)
{
	char *text = NULL;

	if (curl_url_get(url, part, &text, CURLU_URLDECODE) == CURLUE_OK)
		snprintf(to, size, "%s", text);
	curl_free(text);
}

/* ?socket=/run/mysqld/mysqld.sock */
static void find_socket(CURLU *url, struct place *place)
{
	char query[512] = "?";
	const char *found;

	copy_part(url, CURLUPART_QUERY, query, sizeof query);
	found = strncmp(query, "socket=", 7) == 0 ? query : strstr(query, "&socket=");
	if (found) {
		found = strchr(found, '=') + 1;
		snprintf(place->socket, sizeof place->socket, "%.*s", (int)strcspn(found, "&"),
			 found);
	}
}

/* What the URL does not say. */
static void add_part(char *to, size_t size, const char *part)
{
	if (!*to && part)
		snprintf(to, size, "%s", part);
}

static bool parse_url(const char *text, struct place *ret)
{
	CURLU *url = curl_url();
	char port[8] = "", path[256] = "";
	const bool ok = url && curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) ==
				       CURLUE_OK;

	if (ok) {
		copy_part(url, CURLUPART_HOST, ret->host, sizeof ret->host);
		copy_part(url, CURLUPART_PORT, port, sizeof port);
		copy_part(url, CURLUPART_PATH, path, sizeof path);
		find_socket(url, ret);
		snprintf(ret->database, sizeof ret->database, "%s", path + (path[0] == '/'));
		ret->port = (unsigned)strtoul(port, NULL, 10);
	}
	curl_url_cleanup(url);
	return ok;
}

static bool parse(const struct database_login *login, struct place *ret)
{
	if (login->url && !parse_url(login->url, ret))
		return false;
	add_part(ret->host, sizeof ret->host, login->host);
	add_part(ret->database, sizeof ret->database, login->database);
	add_part(ret->socket, sizeof ret->socket, *ret->host ? NULL : login->socket);
	if (!ret->port && login->port)
		ret->port = (unsigned)strtoul(login->port, NULL, 10);
	return true;
}

/* Nothing of what a server may ask of a client beside the login: no files, no password in clear. */
static bool set_options(MYSQL *connection, const struct place *place,
			const struct attempt_limits *limits)
{
	static const char plugins[] = "mysql_native_password,caching_sha2_password,"
				      "sha256_password,client_ed25519";
	const unsigned seconds = (unsigned)(limits->milliseconds + 999) / 1000, no = 0;
	const my_bool yes = 1;
	int bad = mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);

	bad |= mysql_options(connection, MYSQL_OPT_READ_TIMEOUT, &seconds);
	bad |= mysql_options(connection, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
	bad |= mysql_options(connection, MYSQL_OPT_LOCAL_INFILE, &no);
	bad |= mysql_options(connection, MARIADB_OPT_RESTRICTED_AUTH, plugins);
	if (!*place->socket && !database_is_local(place->host)) {
		bad |= mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, &yes);
		bad |= mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
		if (limits->authority)
			bad |= mysql_options(connection, MYSQL_OPT_SSL_CA, limits->authority);
	}
	return bad == 0;
}

static bool is_refusal(unsigned error)
{
	return error == ER_ACCESS_DENIED_ERROR || error == ER_DBACCESS_DENIED_ERROR ||
	       error == ER_ACCESS_DENIED_NO_PASSWORD_ERROR ||
	       error == ER_MUST_CHANGE_PASSWORD_LOGIN || error == ER_HOST_NOT_PRIVILEGED;
}

/* The server's own words name the user, and are not shown. */
static void judge_failure(MYSQL *connection, struct attempt *attempt)
{
	const unsigned error = mysql_errno(connection);

	if (is_refusal(error))
		attempt_end(attempt, TRIAL_REJECTED, "wrong user name or password (%u)", error);
	else if (error == ER_BAD_DB_ERROR)
		attempt_end(attempt, TRIAL_UNREACHABLE,
			    "the login was taken, but there is no such database (%u)", error);
	else
		attempt_end(attempt, TRIAL_UNREACHABLE, "%s (%u)",
			    error >= CR_MIN_ERROR && error <= CR_MAX_ERROR
				    ? mysql_error(connection)
				    : "it answers with an error",
			    error);
}

static void ask(MYSQL *connection, struct attempt *attempt)
{
	MYSQL_RES *result;

	if (mysql_query(connection, "SELECT 1") != 0) {
		judge_failure(connection, attempt);
		return;
	}
	result = mysql_store_result(connection);
	if (result && mysql_num_rows(result) == 1)
		attempt_end(attempt, TRIAL_ACCEPTED, "it answers SELECT 1");
	else
		judge_failure(connection, attempt);
	mysql_free_result(result);
}

void attempt_mysql(const struct database_login *login, const struct attempt_limits *limits,
		   struct attempt *ret)
{
	struct place place = {.port = 0};
	MYSQL *connection = mysql_init(NULL);

	if (!connection || !parse(login, &place) || !set_options(connection, &place, limits)) {
		attempt_end(ret, TRIAL_UNTRIED, "its URL is none of MySQL's");
		mysql_close(connection);
		return;
	}
	snprintf(ret->where, sizeof ret->where, "%s", *place.host ? place.host : "localhost");
	if (mysql_real_connect(connection, *place.socket ? NULL : place.host, login->user,
			       login->password, *place.database ? place.database : NULL, place.port,
			       *place.socket ? place.socket : NULL, 0))
		ask(connection, ret);
	else
		judge_failure(connection, ret);
	mysql_close(connection);
}
