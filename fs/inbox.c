#include "fs/inbox.h"

#include <string.h>
#include <sys/mman.h>

enum { INBOX_SIZE = (1 << 20) + (64 << 10) };

int inbox_new(void **ret)
{
	void *inbox =
		mmap(NULL, INBOX_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (inbox == MAP_FAILED)
		return -ENOMEM;
	if (mlock(inbox, INBOX_REACH) < 0 || madvise(inbox, INBOX_SIZE, MADV_DONTDUMP) < 0) {
		munmap(inbox, INBOX_SIZE);
		return -EPERM;
	}
	*ret = inbox;
	return 0;
}

void *inbox_free(void *inbox)
{
	if (inbox) {
		explicit_bzero(inbox, INBOX_REACH);
		munmap(inbox, INBOX_SIZE);
	}
	return NULL;
}
