#include <criterion/criterion.h>
#include <string.h>

#include "conf/url.h"

Test(url, text_is_a_url_the_beginning_of_one_or_neither)
{
	static const struct {
		const char *text;
		int result;
	} rows[] = {
		{"http://a", 0},
		{"https://a.example:443/v1?x#y", 0},
		{"hTTps://[fe80::1]:1", 0},
		{"https://u@a", 0},
		{"https://u:p@[::1]/", 0},
		{"", -EAGAIN},
		{"ht", -EAGAIN},
		{"https:/", -EAGAIN},
		{"https://", -EAGAIN},
		{"https://a:", -EAGAIN},
		{"https://a:70000", -EAGAIN},
		{"https://a:0", -EAGAIN},
		{"https://[::1", -EAGAIN},
		{"https://[::1]x", -EAGAIN},
		{"https://a]b", -EAGAIN},
		{"x", -EINVAL},
		{"httpss://a", -EINVAL},
		{"//a", -EINVAL},
		{"file:///etc", -EINVAL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r = url_check((const uint8_t *)rows[i].text, strlen(rows[i].text));

		cr_expect_eq(r, rows[i].result, "%s: %d", rows[i].text, r);
	}
}

Test(url, only_the_bytes_given_are_read)
{
	cr_expect_eq(url_check((const uint8_t *)"https://host:80x", 15), 0);
	cr_expect_eq(url_check((const uint8_t *)"https://host", 8), -EAGAIN);
}

Test(url, logins_and_unencrypted_hosts_are_seen)
{
	static const struct {
		const char *text;
		bool login;
		bool unencrypted;
	} rows[] = {
		{"https://a/", false, false},	      {"http://a/", false, true},
		{"http://LOCALHOST:8", false, false}, {"http://127.0.0.1", false, false},
		{"http://[::1]:1/", false, false},    {"http://u@localhost/", true, false},
		{"https://u:p@a/", true, false},      {"http://localhost.example", false, true},
		{"https://a/u@b", false, false},      {"ftp://u@a", false, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t *bytes = (const uint8_t *)rows[i].text;
		size_t size = strlen(rows[i].text);

		cr_expect_eq(url_has_login(bytes, size), rows[i].login, "%s", rows[i].text);
		cr_expect_eq(url_is_unencrypted(bytes, size), rows[i].unencrypted, "%s",
			     rows[i].text);
	}
}
