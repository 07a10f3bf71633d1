/*
 * The catalogue of providers: which fields an account has and what each must look like. It is data:
 * INI files in conf/providers/, built in, and overridden section by section from a directory
 * (/etc/credfs/providers.d) at run time. Read-only once loaded; any thread.
 *
 * A provider is a section [ID], with ID of [a-z0-9-], and a field of it a section [ID/FIELD], a
 * name of at most 49 bytes, in this form; any key may be left out:
 *
 *   [acme]
 *   title = Acme AI                the name to show; the ID unless given
 *   needs = api_key | user token   complete with all fields of one of these sets; nothing: always
 *   any_field = no                 yes: takes any field, as `generic` does
 *   feature = connections          offered only where `[features] connections` is on
 *
 *   [acme/api_key]
 *   title = API key                the field's name unless given
 *   type = token                   token, line, url, data-url, port, region, json, pem or text: see
 *                                  enum field_type
 *   secret = yes                   no: all who see the account may read it
 *   inherit = yes                  no: never passes to a project that inherits the account
 *   prefix = ak- key-              a value begins with one of these, or there is a warning
 *   prefix_required = no           yes: or it is refused, unless the account has an api_base
 *   foreign = sk-ant- xai-         other vendors' prefixes, refused always; the longest prefix
 *                                  counts, so sk- may be this provider's and sk-ant- foreign
 *   pattern = ak-[a-z0-9]{32}      a regular expression, pcre2pattern(3), for the whole value;
 *                                  another value draws a warning
 *   choices = on off               a value is one of these, or it is refused
 *   environment = ACME_KEY         the variables that get the value
 *   environment_path = ACME_FILE   the variables that get the path of the field's file
 *   environment_clear = ACME_TOKEN the variables that would count in place of these: `credfs exec`
 *                                  takes them out
 *   requires_prefix = tmp-         a value with this prefix is complete only
 *   requires_field = token         together with that field
 *
 * and a section [ID:FILE] a file that is made from the fields for tools: see rendering.h; a section
 * [ID?NAME] a way to try the credential: see trial.h.
 *
 * A section of a file in the directory replaces what was there before as a whole: [ID] the provider
 * with all its fields, files and trials, [ID/FIELD] that field, and so on. Within one file [ID]
 * stands before what belongs to it, and no section twice.
 *
 * The provider named `connection` is none that an account could have: it describes the data
 * connections of an organisation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf/expression.h"
#include "conf/rendering.h"
#include "conf/trial.h"

enum field_type {
	FIELD_TOKEN,	/* one line, no blanks */
	FIELD_LINE,	/* one line, blanks too */
	FIELD_URL,	/* http or https */
	FIELD_DATA_URL, /* where data is: any scheme, no password */
	FIELD_PORT,	/* 1 to 65535 */
	FIELD_REGION,	/* [A-Za-z0-9-] */
	FIELD_JSON,	/* one JSON object; may have lines */
	FIELD_PEM,	/* PEM blocks; lines */
	FIELD_TEXT,	/* any UTF-8; may have lines */
	FIELD_TYPES,
};

struct provider_field {
	char *name;
	char *title;
	enum field_type type;
	bool secret;
	bool inherit;	      /* false: never passes to a project */
	char **prefixes;      /* NULL-terminated, may be NULL: the value begins with one of these */
	bool prefix_required; /* else a value without them only warns; never required while the
			       * account has a field named api_base */
	char **foreign; /* NULL-terminated, may be NULL: prefixes of other vendors, always refused
			 * unless a longer own prefix matches */
	char *pattern_text;	    /* regular expression; only warns; may be NULL */
	struct expression *pattern; /* the same; NULL with it */
	char **choices;		    /* NULL-terminated, may be NULL: the only values */
	char **environment;	    /* NULL-terminated, may be NULL: names of variables */
	char **environment_paths;   /* the same: of variables that hold the path of the file */
	char **environment_clear;   /* the same: that count more than these */
	char *requires_prefix; /* with `requires_field`: a value with this prefix (ASIA) is complete
				*/
	char *requires_field;  /* only with that field (session_token) */
};

struct provider {
	char *id;
	char *title;
	bool connections; /* offered only with that feature */
	bool any_field;	  /* generic: takes any field whose name is [A-Za-z_][A-Za-z0-9_.-]* */
	struct provider_field *fields;
	size_t field_count;
	char ***needs; /* NULL-terminated alternatives, each a NULL-terminated set of field names:
			* an account is complete when it has all of one set */
	struct rendering *renderings; /* files made from the fields */
	size_t rendering_count;
	struct trial *trials; /* how a credential is tried, in order */
	size_t trial_count;
};

struct catalogue;

/* The built-in files, then *.conf of `directory` in order of name (NULL or missing: none).
 * -EINVAL with `error` set: an unknown key, a malformed value, a pattern that does not compile, a
 * need that names no field. */
int catalogue_load(const char *directory, struct catalogue **ret,
		   struct conf_error *error) MUST_CHECK;

/* To load it again, whatever has become of the directory: put a copy of its files into one, which
 * is empty, each with a NUL behind it; and what was copied so in the place of the directory. -EFBIG
 * above 1 MiB; other -errno from the files; errors as above. */
int catalogue_copy(const char *directory, int to) MUST_CHECK;
int catalogue_load_copy(int copy, struct catalogue **ret, struct conf_error *error) MUST_CHECK;
struct catalogue *catalogue_free(struct catalogue *catalogue);
DEFINE_CLEANUP(struct catalogue, catalogue_free);

size_t catalogue_count(const struct catalogue *catalogue);
const struct provider *catalogue_get(const struct catalogue *catalogue, size_t index);

/* The provider that accounts may have; NULL. */
const struct provider *catalogue_find(const struct catalogue *catalogue, const char *id);

/* What describes data connections; NULL. */
const struct provider *catalogue_connection(const struct catalogue *catalogue);

/* Forget what is offered only with data connections; borrowed providers are others afterwards. */
void catalogue_drop_connections(struct catalogue *catalogue);

/* The field of that name; for a provider that takes any, one that stands for all names it takes
 * (text, secret, inherits, with `name` NULL). NULL when the provider does not know the name. */
const struct provider_field *provider_field(const struct provider *provider, const char *name);

/* What `providers/ID` in the mount says: one block for the provider, one for each field and one for
 * each file, `key: value` a line, ending in a newline. The caller frees. */
int provider_describe(const struct provider *provider, char **ret) MUST_CHECK;
