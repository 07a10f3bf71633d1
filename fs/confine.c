#include "fs/confine.h"

#include <libgen.h>
#include <string.h>

#include "fs/filter.h"
#include "fs/landlock.h"
#include "fs/log.h"
#include "fs/owner.h"

/* Beside what is the store's: who the callers are, and what programs they run; the name service
 * with its modules and what they read; where the log goes when it goes to syslog. */
static const struct landlock_place host_places[] = {
	{"/proc", LANDLOCK_READ},
	{"/etc", LANDLOCK_READ},
	{"/usr", LANDLOCK_READ},
	{"/lib", LANDLOCK_READ},
	{"/lib64", LANDLOCK_READ},
	{"/run", LANDLOCK_READ},
	{"/sys/devices/system/cpu", LANDLOCK_READ},
	{"/var/lib/sss", LANDLOCK_READ},
	{"/var/lib/extrausers", LANDLOCK_READ},
	{"/var/lib/misc", LANDLOCK_READ},
	{"/var/cache/nscd", LANDLOCK_READ},
	{"/dev/null", LANDLOCK_WRITE},
};
enum { HOST_PLACES = sizeof host_places / sizeof host_places[0] };

static int close_files(const struct settings *settings, int *ret_version)
{
	CLEANUP_FREE char *store = strdup(settings->store_path);
	CLEANUP_FREE char *pins = strdup(settings->store_pins);
	enum { OWN = 3 };
	struct landlock_place places[OWN + HOST_PLACES];

	if (!store || !pins)
		return -ENOMEM;
	places[0] = (struct landlock_place){dirname(store), LANDLOCK_KEEP};
	places[1] = (struct landlock_place){dirname(pins), LANDLOCK_KEEP};
	places[2] = (struct landlock_place){settings->audit_directory, LANDLOCK_KEEP};
	memcpy(places + OWN, host_places, sizeof host_places);
	return landlock_restrict(places, OWN + HOST_PLACES, ret_version);
}

int confine_worker(const struct settings *settings, struct confinement *ret)
{
	struct confinement confinement = {0};
	int r = close_files(settings, &confinement.landlock);

	if (r < 0)
		return r;
	r = filter_calls();
	if (r < 0 && r != -ENOSYS)
		return r;
	confinement.filtered = r == 0;
	if (!confinement.landlock)
		log_line(LOG_NOTICE, "this kernel has no Landlock: the worker reaches every file "
				     "that its user may open");
	if (!confinement.filtered)
		log_line(LOG_WARNING, "this kernel filters no system calls");
	*ret = confinement;
	return 0;
}

char *confinement_describe(const struct confinement *confinement, uid_t uid)
{
	char who[OWNER_TEXT_SIZE];
	char landlock[32] = "no Landlock";
	char *text = NULL;

	owner_describe(uid, who);
	if (confinement->landlock)
		snprintf(landlock, sizeof landlock, "Landlock %d", confinement->landlock);
	if (asprintf(&text, "%s; no capabilities; system calls %s; %s", who,
		     confinement->filtered ? "filtered" : "not filtered", landlock) < 0)
		return NULL;
	return text;
}
