#include <criterion/criterion.h>
#include <string.h>

#include "conf/data_place.h"

static const char *const names[] = {"host", "port", "database", "socket", "sslmode"};
enum { NAMES = sizeof names / sizeof names[0] };

static const struct {
	const char *url;
	const char *parts[NAMES];
} rows[] = {
	{"postgresql://db.example:5432/sales", {"db.example", "5432", "sales"}},
	{"postgresql://etl@db.example", {"db.example"}},
	{"postgresql://db.example/", {"db.example"}},
	{"postgresql://[fe80::1]:5433/a%20b", {"fe80::1", "5433", "a b"}},
	{"postgresql://%2Frun%2fpostgresql/sales", {"/run/postgresql", NULL, "sales"}},
	{"postgresql:///sales?host=/run/x&port=1&sslmode=require",
	 {"/run/x", "1", "sales", NULL, "require"}},
	{"postgresql://a/b?dbname=c&host=d#host=e", {"d", NULL, "c"}},
	{"postgresql://a/b?xhost=d&hosts=e&host", {"a", NULL, "b"}},
	{"postgresql://a/b?ssl=true", {"a", NULL, "b", NULL, "require"}},
	{"postgresql://a/b?ssl=true&sslmode=verify-ca", {"a", NULL, "b", NULL, "verify-ca"}},
	{"jdbc:postgresql://a:1/b?ssl=true&host=c", {"a", "1", "b", NULL, "verify-full"}},
	{"jdbc:postgresql://a/b?sslmode=disable", {"a", NULL, "b", NULL, "disable"}},
	{"jdbc:sqlserver://a:1433;databaseName=b", {"a", "1433"}},
	{"mysql://localhost/sales?socket=/run/x.sock", {"localhost", NULL, "sales", "/run/x.sock"}},
	{"mysql:///?socket=", {NULL}},
	/* Of which it is not certain. */
	{"postgresql://a,b:1/c", {NULL}},
	{"postgresql://a:1,b:2/c", {NULL}},
	{"mysql://(host=a)/c", {NULL}},
	{"mysql://a/b/c", {NULL}},
	{"postgresql://a:port/c", {NULL}},
	{"jdbc:oracle:thin:@a:1521:b", {NULL}},
	{"sqlite:/srv/data.db", {NULL}},
	{"postgresql://a%/b%0/%00", {NULL}},
	{"postgresql://a%zz/b", {NULL, NULL, "b"}},
	{"", {NULL}},
};

/* Of so many bytes of the text. */
static int get(struct secret_pool *pool, const char *text, size_t size, const char *name,
	       struct secret **ret)
{
	CLEANUP_SECRET struct secret *url = NULL;

	cr_assert_eq(secret_copy(pool, text, size, &url), 0);
	return data_place_get(url, name, ret);
}

static bool is(const struct secret *found, const char *text)
{
	return secret_size(found) == strlen(text) &&
	       memcmp(secret_view(found), text, strlen(text)) == 0;
}

static struct secret_pool *pool_new(void)
{
	struct secret_pool *pool = NULL;

	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	return pool;
}
#define POOL CLEANUP(secret_pool_freep) struct secret_pool *pool = pool_new()

Test(data_place, is_taken_from_a_url)
{
	POOL;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const size_t size = strlen(rows[i].url);

		for (size_t j = 0; j < NAMES; j++) {
			CLEANUP_SECRET struct secret *found = NULL;
			const char *expected = rows[i].parts[j];
			int r = get(pool, rows[i].url, size, names[j], &found);

			cr_expect_eq(r, expected ? 0 : -ENOENT, "%s: %s: %d", rows[i].url, names[j],
				     r);
			if (expected && found)
				cr_expect(is(found, expected), "%s", rows[i].url);
		}
	}
}

Test(data_place, has_no_other_parts)
{
	static const char url[] = "postgresql://etl@a/b?user=c";
	POOL;
	struct secret *found = NULL;

	cr_expect_eq(get(pool, url, strlen(url), "username", &found), -ENOENT);
	cr_expect_eq(get(pool, url, strlen(url), "url", &found), -ENOENT);
	cr_expect_null(found);
}

Test(data_place, only_the_bytes_given_are_read)
{
	static const char url[] = "mysql://db.example:33061/sales";
	POOL;
	CLEANUP_SECRET struct secret *found = NULL;

	cr_assert_eq(get(pool, url, strlen("mysql://db.example:3306"), "port", &found), 0);
	cr_expect(is(found, "3306"));
}
