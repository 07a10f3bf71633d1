#include <criterion/criterion.h>
#include <string.h>

#include "conf/pem.h"

#define BEGIN "-----BEGIN RSA PRIVATE KEY-----\n"
#define END "-----END RSA PRIVATE KEY-----\n"

Test(pem, text_is_blocks_the_beginning_of_them_or_neither)
{
	static const struct {
		const char *text;
		int result;
	} rows[] = {
		{BEGIN "QUJD\n" END, 0},
		{BEGIN "QUJD\n-----END RSA PRIVATE KEY-----", 0},
		{BEGIN "QU\nJD\n" END, 0},
		{BEGIN "QUI=\n" END, 0},
		{BEGIN "QQ==\n" END, 0},
		{BEGIN "QUJD  \n" END, 0},
		{"-----BEGIN A-----\r\nQUJD\r\n-----END A-----\r\n", 0},
		{"subject: x\n\n" BEGIN "QUJD\n" END "more\n" BEGIN "QUJD\n" END "end", 0},
		{BEGIN "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,12\n\nQUJD\n" END, 0},
		{BEGIN "A: b\n c\n\nQUJD\n" END, 0},
		{BEGIN "\nQUJD\n" END, 0},
		{"", -EAGAIN},
		{"text\n", -EAGAIN},
		{"-----BEG", -EAGAIN},
		{"-----BEGIN RSA PRIVATE KEY--", -EAGAIN},
		{BEGIN, -EAGAIN},
		{BEGIN "QUJ", -EAGAIN},
		{BEGIN "QUJD\n", -EAGAIN},
		{BEGIN "QUJD\n-----END RS", -EAGAIN},
		{BEGIN "A: b\n", -EAGAIN},
		{BEGIN "Q!", -EAGAIN},
		{"-----BEGIN-----\n", -EINVAL},
		{"-----BEGIN -----\n", -EINVAL},
		{"-----BEGIN A----\n", -EINVAL},
		{"-----BEGIN A----- x\n", -EINVAL},
		{"-----BEGIN A-B-----\n", -EINVAL},
		{"-----END A-----\n", -EINVAL},
		{BEGIN END, -EINVAL},
		{BEGIN "QUJ\n" END, -EINVAL},
		{BEGIN "QU!D\n", -EINVAL},
		{BEGIN "QU D\n", -EINVAL},
		{BEGIN "QQ==QUJD\n", -EINVAL},
		{BEGIN "QQ==\nQUJD\n", -EINVAL},
		{BEGIN "Q===\n", -EINVAL},
		{BEGIN "QUJD\n-----END PRIVATE KEY-----\n", -EINVAL},
		{BEGIN "QUJD\n" BEGIN, -EINVAL},
		{BEGIN "A: b\nQUJD\n", -EINVAL},
		{BEGIN "QUJD\n" END BEGIN "QU\n" END, -EINVAL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r = pem_check((const uint8_t *)rows[i].text, strlen(rows[i].text));

		cr_expect_eq(r, rows[i].result, "%s: %d", rows[i].text, r);
	}
}
