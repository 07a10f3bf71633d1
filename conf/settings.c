#include "conf/settings.h"

#include <fnmatch.h>
#include <string.h>

#include "conf/ini.h"
#include "conf/value.h"
#include "conf/words.h"

#define DEFAULT_PATH "/etc/credfs/credfs.conf"

/* What editors, sed, perl, patch, ln, rsync and git leave beside a file while they save it. */
#define SCRATCH_PATTERNS                                                           \
	"*~ .* #*# 4913 sed?????? *.tmp tmp???????? *.bak *.new *.lock *.o?????* " \
	"*___jb_*___ XX??????"

static const struct setting {
	const char *section;
	const char *key;
	value_set_fn *set;
	size_t offset;
	const char *fallback; /* NULL: none, or settings_load() makes it */
	bool may_be_empty;
} table[] = {
	{"store", "path", value_set_path, offsetof(struct settings, store_path),
	 "/var/lib/credfs/store.db", false},
	{"store", "identity", value_set_identity, offsetof(struct settings, store_identity),
	 "/var/lib/credfs/identity", false},
	{"store", "pins", value_set_path, offsetof(struct settings, store_pins), NULL, false},
	{"store", "admins", value_set_principals, offsetof(struct settings, admins), "user:root",
	 true},
	{"daemon", "user", value_set_user, offsetof(struct settings, daemon_user), NULL, false},
	{"daemon", "watchdog", value_set_count, offsetof(struct settings, daemon_watchdog), "60",
	 false},
	{"providers", "directory", value_set_path, offsetof(struct settings, providers),
	 "/etc/credfs/providers.d", false},
	{"history", "keep", value_set_history, offsetof(struct settings, history), "10", false},
	{"memory", "limit", value_set_memory, offsetof(struct settings, memory), "64M", false},
	{"scratch", "patterns", value_set_words, offsetof(struct settings, scratch),
	 SCRATCH_PATTERNS, false},
	{"scratch", "file", value_set_size, offsetof(struct settings, scratch_file), "1M", false},
	{"scratch", "total", value_set_size, offsetof(struct settings, scratch_total), "16M",
	 false},
	{"scratch", "files", value_set_count, offsetof(struct settings, scratch_files), "64",
	 false},
	{"scratch", "expire", value_set_count, offsetof(struct settings, scratch_expire), "600",
	 false},
	{"scratch", "expire_backup", value_set_count, offsetof(struct settings, scratch_backup),
	 "86400", false},
	{"audit", "mode", value_set_audit, offsetof(struct settings, audit_mode), "required",
	 false},
	{"audit", "directory", value_set_path, offsetof(struct settings, audit_directory), NULL,
	 false},
	{"audit", "spool", value_set_memory, offsetof(struct settings, audit_spool), "4G", false},
	{"features", "connections", value_set_flag, offsetof(struct settings, connections), "no",
	 false},
};

#define TABLE_SIZE (sizeof(table) / sizeof(table[0]))

/* What a [role NAME] section says, kept until its end: the scope comes first, in whatever order
 * they stand. */
struct role_section {
	char *name;
	char *scope;
	char *permissions;
	unsigned line, scope_line, permissions_line;
};

static void role_section_done(struct role_section *role)
{
	free(role->name);
	free(role->scope);
	free(role->permissions);
	*role = (struct role_section){0};
}

struct loading {
	struct settings *settings;
	struct role_section role; /* `name` is NULL outside of such a section */
};

static void loading_done(struct loading *loading)
{
	role_section_done(&loading->role);
}

static int begin_role(struct loading *loading, const char *name, struct conf_error *error)
{
	struct roles *roles = &loading->settings->roles;
	int r = 0;

	if (!roles_find(roles, SCOPE_ORGANISATION, name) && !roles_find(roles, SCOPE_PROJECT, name))
		r = roles_set_permissions(roles, name, "");
	if (r == -EINVAL)
		conf_error_text(error, "not the name of a role: %s", name);
	if (r < 0)
		return r;
	loading->role.line = error->line;
	return value_set_text(&loading->role.name, name, error);
}

static int set_role(struct role_section *role, const char *key, const char *value,
		    struct conf_error *error)
{
	if (strcmp(key, "scope") == 0) {
		role->scope_line = error->line;
		return value_set_text(&role->scope, value, error);
	}
	if (strcmp(key, "permissions") == 0) {
		role->permissions_line = error->line;
		return value_set_text(&role->permissions, value, error);
	}
	conf_error_text(error, "no such key in section role %s: %s", role->name, key);
	return -EINVAL;
}

/* Without them nobody could give out roles, nor be the first owner. */
static bool owner_is_usable(const struct roles *roles)
{
	const struct role *owner = roles_find(roles, SCOPE_ORGANISATION, "owner");

	return owner && (owner->permissions & MAY_ROLES);
}

static int apply_role(struct roles *roles, const struct role_section *role,
		      struct conf_error *error)
{
	int r = role->scope ? roles_set_scope(roles, role->name, role->scope) : 0;

	if (r < 0) {
		error->line = role->scope_line;
		conf_error_text(error, "neither organisation nor project: %s", role->scope);
		return r;
	}
	if (role->permissions)
		r = roles_set_permissions(roles, role->name, role->permissions);
	if (r < 0) {
		error->line = role->permissions_line;
		conf_error_text(error, "not permissions of the role's scope: %s",
				role->permissions);
		return r;
	}
	if (!owner_is_usable(roles)) {
		error->line = role->line;
		conf_error_text(error, "owner must be of the organisation and have roles");
		return -EINVAL;
	}
	return 0;
}

static int end_role(struct loading *loading, struct conf_error *error)
{
	int r = 0;

	if (loading->role.name)
		r = apply_role(&loading->settings->roles, &loading->role, error);
	role_section_done(&loading->role);
	return r;
}

static int begin_section(struct loading *loading, const char *section, struct conf_error *error)
{
	unsigned line = error->line;
	int r = end_role(loading, error);

	if (r < 0)
		return r;
	error->line = line;
	if (strncmp(section, "role ", strlen("role ")) == 0)
		return begin_role(loading, section + strlen("role "), error);
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (strcmp(table[i].section, section) == 0)
			return 0;
	}
	conf_error_text(error, "no such section: %s", section);
	return -EINVAL;
}

static int setting_set(struct settings *settings, const struct setting *setting, const char *value,
		       struct conf_error *error)
{
	return setting->set((char *)settings + setting->offset, value, error);
}

static int on_pair(void *context, const char *section, const char *key, const char *value,
		   struct conf_error *error)
{
	struct loading *loading = context;

	if (!key)
		return begin_section(loading, section, error);
	if (loading->role.name)
		return set_role(&loading->role, key, value, error);
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (strcmp(table[i].section, section) != 0 || strcmp(table[i].key, key) != 0)
			continue;
		if (*value || table[i].may_be_empty)
			return setting_set(loading->settings, &table[i], value, error);
		conf_error_text(error, "%s has no value", key);
		return -EINVAL;
	}
	conf_error_text(error, "no such key in section %s: %s", section, key);
	return -EINVAL;
}

static int settings_default(struct settings *settings, struct conf_error *error)
{
	int r = roles_default(&settings->roles);

	for (size_t i = 0; i < TABLE_SIZE && r == 0; i++) {
		if (table[i].fallback)
			r = setting_set(settings, &table[i], table[i].fallback, error);
	}
	return r;
}

static int settings_read(struct settings *settings, const char *path, struct conf_error *error)
{
	CLEANUP(loading_done) struct loading loading = {.settings = settings};
	int r = ini_read_file(settings_path(path), on_pair, &loading, error);

	if (r == -ENOENT && !path)
		return 0;
	if (r < 0)
		return r;
	conf_error_set(error, settings_path(path), 0, "malformed");
	return end_role(&loading, error);
}

static int pins_path(const struct settings *settings, char **ret)
{
	const char *end = strrchr(settings->store_path, '/');
	int r;

	if (settings->store_identity[0] == '/')
		r = asprintf(ret, "%s.pins", settings->store_identity);
	else
		r = asprintf(ret, "%.*s/identity.pins", (int)(end - settings->store_path),
			     settings->store_path);
	if (r < 0)
		*ret = NULL;
	return r < 0 ? -ENOMEM : 0;
}

const char *settings_path(const char *path)
{
	return path ? path : DEFAULT_PATH;
}

int settings_load(const char *path, struct settings **ret, struct conf_error *error)
{
	CLEANUP(settings_freep) struct settings *settings = calloc(1, sizeof(*settings));
	int r;

	conf_error_set(error, path ? path : DEFAULT_PATH, 0, "no memory");
	if (!settings)
		return -ENOMEM;
	r = settings_default(settings, error);
	if (r == 0)
		r = settings_read(settings, path, error);
	if (r < 0)
		return r;
	if (!settings->store_pins && pins_path(settings, &settings->store_pins) < 0)
		return -ENOMEM;
	if (!settings->audit_directory &&
	    asprintf(&settings->audit_directory, "%s.audit", settings->store_path) < 0)
		return -ENOMEM;
	*ret = TAKE_PTR(settings);
	return 0;
}

struct settings *settings_free(struct settings *settings)
{
	if (!settings)
		return NULL;
	free(settings->store_path);
	free(settings->store_identity);
	free(settings->store_pins);
	free(settings->audit_directory);
	principals_done(&settings->admins);
	free(settings->daemon_user);
	free(settings->providers);
	words_free(settings->scratch);
	roles_done(&settings->roles);
	free(settings);
	return NULL;
}

bool settings_name_is_scratch(const struct settings *settings, const char *name)
{
	for (char **pattern = settings->scratch; *pattern; pattern++) {
		if (fnmatch(*pattern, name, 0) == 0)
			return true;
	}
	return false;
}
