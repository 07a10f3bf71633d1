#include <criterion/criterion.h>
#include <string.h>

#include "conf/data_url.h"

Test(data_url, text_says_where_data_is_begins_to_or_holds_a_password)
{
	static const struct {
		const char *text;
		int result;
	} rows[] = {
		{"postgresql://db.example:5432/sales", 0},
		{"postgresql://etl@db.example/sales?sslmode=require", 0},
		{"mysql://[fe80::1]:3306/x@y", 0},
		{"jdbc:sqlserver://db.example:1433;databaseName=sales", 0},
		{"jdbc:oracle:thin:@db.example:1521:orcl", 0},
		{"s3://bucket/path@2024-01-01T00:00", 0},
		{"sqlite:/srv/data.db", 0},
		{"a+b.c-1:x", 0},
		{"https://db.example/x?token", 0},
		{"https://db.example/x?password_file=/run/x", 0},
		{"", -EAGAIN},
		{"jdbc", -EAGAIN},
		{"jdbc:", -EAGAIN},
		{"1:x", -EINVAL},
		{":x", -EINVAL},
		{"//db.example", -EINVAL},
		{"db example:x", -EINVAL},
		{"db_1", -EINVAL},
		{"postgresql://etl:p@db.example/sales", -EACCES},
		{"postgresql://etl:@db.example/sales", -EACCES},
		{"postgresql://:p@db.example", -EACCES},
		{"jdbc:oracle:thin:scott/tiger@db.example:1521:orcl", -EACCES},
		{"scott/tiger@db", -EINVAL},
		{"jdbc:postgresql://db/sales?user=u&password=p", -EACCES},
		{"jdbc:postgresql://db/sales?PassWord=p", -EACCES},
		{"jdbc:sqlserver://db;user=u;pwd=p", -EACCES},
		{"https://db.example/x?token=t", -EACCES},
		{"mysql://address=(host=h)(port=1)(password=p)/x", -EACCES},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r = data_url_check((const uint8_t *)rows[i].text, strlen(rows[i].text));

		cr_expect_eq(r, rows[i].result, "%s: %d", rows[i].text, r);
	}
}

Test(data_url, only_the_bytes_given_are_read)
{
	static const char text[] = "jdbc:x://db?password=p";

	cr_expect_eq(data_url_check((const uint8_t *)text, strlen("jdbc:x://db?password=")), 0);
	cr_expect_eq(data_url_check((const uint8_t *)text, strlen("jdbc:x")), 0);
	cr_expect_eq(data_url_check((const uint8_t *)text, strlen("jdbc:")), -EAGAIN);
}
