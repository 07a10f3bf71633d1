#include "fs/harden.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Two descriptors for each organisation that is audited: as many as are allowed. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)!setrlimit(RLIMIT_NOFILE, &limit);
}

int harden_process(void)
{
	const struct rlimit no_core = {0, 0};

	umask(0077);
	raise_descriptors();
	/* A limit of zero does not stop a core that is piped to a program; not being dumpable
	 * does. Both, because either may be undone by the environment. */
	if (setrlimit(RLIMIT_CORE, &no_core) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return 0;
}
