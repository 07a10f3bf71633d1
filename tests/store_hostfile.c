#include "store/hostfile.h"

#include <criterion/criterion.h>
#include <string.h>

Test(hostfile, is_for_one_host_and_one_heading)
{
	CLEANUP(secret_pool_freep) struct secret_pool *pool = NULL;
	CLEANUP(recipient_freep) struct recipient *host = NULL;
	CLEANUP(recipient_freep) struct recipient *other = NULL;
	CLEANUP_FREE uint8_t *file = NULL;
	CLEANUP_FREE uint8_t *plain = NULL;
	CLEANUP_FREE uint8_t *none = NULL;
	static const char content[] = "what the host keeps";
	size_t size, plain_size;

	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	cr_assert_eq(recipient_generate(pool, &host), 0);
	cr_assert_eq(recipient_generate(pool, &other), 0);
	cr_assert_eq(hostfile_seal(host, "list 1\n", (const uint8_t *)content, sizeof(content),
				   &file, &size),
		     0);
	cr_expect_eq(size, 7 + sizeof(content) + HOSTFILE_OVERHEAD);
	cr_expect_null(memmem(file, size, "keeps", 5));
	cr_expect_eq(hostfile_open(other, "list 1\n", file, size, &none, &plain_size), -EBADMSG);
	cr_expect_eq(hostfile_open(host, "list 2\n", file, size, &none, &plain_size), -EBADMSG);
	cr_expect_eq(hostfile_open(host, "list 1\n", file, 7 + HOSTFILE_OVERHEAD - 1, &none,
				   &plain_size),
		     -EBADMSG);
	cr_assert_eq(hostfile_open(host, "list 1\n", file, size, &plain, &plain_size), 0);
	cr_expect_eq(plain_size, sizeof(content));
	cr_expect_str_eq((const char *)plain, content);
	for (size_t i = 0; i < size; i++) {
		file[i] ^= 1;
		cr_expect_eq(hostfile_open(host, "list 1\n", file, size, &none, &plain_size),
			     -EBADMSG, "at %zu", i);
		file[i] ^= 1;
	}
}
