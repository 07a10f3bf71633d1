/*
 * The order matters: what a later step needs is given up after it. The bounding set goes while
 * there is CAP_SETPCAP, groups while there is CAP_SETGID, and leaving uid 0 empties the permitted,
 * effective and ambient sets, because keeping them was forbidden before.
 *
 * The kernel takes back two things when a process changes its user: that it is not dumpable (it may
 * become so again, by /proc/sys/fs/suid_dumpable), and that it ends with its parent.
 */
#include "fs/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Nothing that is done from here on gives capabilities back. Who may not lock that has none. */
static int lock_bits(void)
{
	const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
				   SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
				   SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	return prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) < 0 ? -errno : 0;
}

static int empty_bounding_set(void)
{
	/* The kernel may know more of them than our headers; it says where they end. */
	for (unsigned long capability = 0;; capability++) {
		const int held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);

		if (held < 0)
			return errno == EINVAL && capability ? 0 : -errno;
		if (held && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return -errno;
	}
}

static int become(const struct owner *owner)
{
	if (setgroups(0, NULL) < 0 || setresgid(owner->gid, owner->gid, owner->gid) < 0 ||
	    setresuid(owner->uid, owner->uid, owner->uid) < 0)
		return -errno;
	return 0;
}

static int empty_sets(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

/* As it was before another user was become; the parent may have ended meanwhile. */
static int end_with_parent(int number, pid_t parent)
{
	if (!number)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ECHILD;
}

/* What was done is looked at: a kernel that pretends would leave us root. */
static bool is_dropped(const struct owner *owner)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct left[_LINUX_CAPABILITY_U32S_3] = {{0}};
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) < 0 || real != owner->uid ||
	    effective != owner->uid || saved != owner->uid || setuid(0) == 0 ||
	    syscall(SYS_capget, &header, left) < 0)
		return false;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		if (left[i].effective || left[i].permitted || left[i].inheritable)
			return false;
	}
	return true;
}

int privileges_drop(const struct owner *owner)
{
	const pid_t parent = getppid();
	int death = 0;
	int r;

	if (!owner->uid || !owner->gid)
		return -EPERM;
	(void)!prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
	r = lock_bits();
	if (r == 0)
		r = empty_bounding_set();
	if (r == 0)
		r = become(owner);
	if (r == 0)
		r = empty_sets();
	if (r == 0 &&
	    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0))
		r = -errno;
	if (r == 0)
		r = end_with_parent(death, parent);
	return r == 0 && !is_dropped(owner) ? -EPERM : r;
}
