/*
 * Trials: the rules of the catalogue by which a credential is tried against its provider. A rule is
 * a section [ID?NAME] of a provider; the first is taken whose fields are all set
 * and as it says:
 *
 *   [acme?key]
 *   needs = api_key | user token   the fields that are tried
 *   when plan = pro|team           a field whose whole value must match, too: a regular expression
 *   url = api_base "/models" | "https://api.acme.example/v1/models"
 *   method = GET                   GET or POST
 *   header Authorization = "Bearer " api_key
 *   body = "{}"                    of POST
 *   accepted = 200                 the statuses that say that the credential is good,
 *   rejected = 401 403             and that it is not; every other says nothing of it
 *   sign = none                    aws: Signature Version 4, with access_key_id,
 *                                  secret_access_key, session_token and region, for
 *   service = sts                  that service; google: the body is a signed request for a
 *                                  token, from the service account's document, sent to its
 *                                  token_uri, or else to `url`
 *   document = service_account.json  the field that has it
 *
 * Texts are templates (template.h); a header without its fields is left out. It should be a request
 * that costs nothing and changes nothing.
 */
#pragma once

#include "conf/expression.h"
#include "conf/template.h"

enum trial_sign { TRIAL_PLAIN, TRIAL_AWS, TRIAL_GOOGLE };

struct trial_header {
	char *name;
	struct template value;
};

struct trial_condition {
	char *field;
	struct expression *pattern;
};

struct trial {
	char *name;
	char ***needs;
	struct trial_condition when; /* without a field: always */
	struct template url;
	struct template body;
	struct trial_header *headers;
	size_t header_count;
	bool post;
	enum trial_sign sign;
	char *service;
	char *document;
	char **accepted, **rejected; /* statuses; NULL-terminated, NULL: 200, and 401 403 */
};

/* -EINVAL for a name that is not made of letters, digits and hyphens. */
int trial_init(struct trial *trial, const char *name, struct conf_error *error) MUST_CHECK;
void trial_done(struct trial *trial);

/* Set what `key = value` says. -EINVAL, with conf_error_text() set; -ENOMEM. */
int trial_set(struct trial *trial, const char *key, const char *value,
	      struct conf_error *error) MUST_CHECK;

/* Whether its keys go together, once all are set: -EINVAL with conf_error_text() set. */
int trial_check(const struct trial *trial, struct conf_error *error) MUST_CHECK;

/* 0 when the fields of one set are there, and its condition holds; -ENOENT; what the source
 * returned. */
int trial_applies(const struct trial *trial, const struct rendering_source *source) MUST_CHECK;

/* What an answer with this status says. */
enum trial_verdict { TRIAL_ACCEPTED, TRIAL_REJECTED, TRIAL_UNREACHABLE, TRIAL_UNTRIED };
enum trial_verdict trial_judge(const struct trial *trial, long status);
