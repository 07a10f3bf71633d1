#include "conf/trial.h"

#include <string.h>

#include "conf/needs.h"
#include "conf/value.h"
#include "conf/words.h"
#include "store/name.h"

#define BLANKS " \t"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

int trial_init(struct trial *trial, const char *name, struct conf_error *error)
{
	*trial = (struct trial){0};
	if (!*name || strspn(name, LETTERS "-_.") != strlen(name)) {
		conf_error_text(error, "not the name of a trial: %s", name);
		return -EINVAL;
	}
	trial->name = strdup(name);
	return trial->name ? 0 : -ENOMEM;
}

void trial_done(struct trial *trial)
{
	for (size_t i = 0; i < trial->header_count; i++) {
		free(trial->headers[i].name);
		template_done(&trial->headers[i].value);
	}
	free(trial->headers);
	free(trial->name);
	needs_free(trial->needs);
	free(trial->when.field);
	expression_free(trial->when.pattern);
	template_done(&trial->url);
	template_done(&trial->body);
	free(trial->service);
	free(trial->document);
	words_free(trial->accepted);
	words_free(trial->rejected);
	*trial = (struct trial){0};
}

static int set_needs(struct trial *trial, const char *value, struct conf_error *error)
{
	return needs_set(&trial->needs, value, error);
}

static int set_url(struct trial *trial, const char *value, struct conf_error *error)
{
	return template_set(&trial->url, value, error);
}

static int set_body(struct trial *trial, const char *value, struct conf_error *error)
{
	return template_set(&trial->body, value, error);
}

static int set_method(struct trial *trial, const char *value, struct conf_error *error)
{
	trial->post = strcmp(value, "POST") == 0;
	if (trial->post || strcmp(value, "GET") == 0)
		return 0;
	conf_error_text(error, "neither GET nor POST: %s", value);
	return -EINVAL;
}

static int set_sign(struct trial *trial, const char *value, struct conf_error *error)
{
	static const char *const names[] = {
		[TRIAL_PLAIN] = "none", [TRIAL_AWS] = "aws", [TRIAL_GOOGLE] = "google"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(value, names[i]) == 0) {
			trial->sign = (enum trial_sign)i;
			return 0;
		}
	}
	conf_error_text(error, "neither none, aws nor google: %s", value);
	return -EINVAL;
}

static int set_service(struct trial *trial, const char *value, struct conf_error *error)
{
	if (strspn(value, LETTERS "-") == strlen(value))
		return value_set_text(&trial->service, value, error);
	conf_error_text(error, "not the name of a service: %s", value);
	return -EINVAL;
}

static int set_document(struct trial *trial, const char *value, struct conf_error *error)
{
	if (field_name_is_valid(value))
		return value_set_text(&trial->document, value, error);
	conf_error_text(error, "not the name of a field: %s", value);
	return -EINVAL;
}

static int set_statuses(char ***statuses, const char *value, struct conf_error *error)
{
	CLEANUP_WORDS char **words = NULL;
	int r = words_split(value, BLANKS, &words);

	for (char **word = words; r == 0 && *word; word++) {
		if (strlen(*word) != 3 || strspn(*word, "0123456789") != 3 || **word < '1' ||
		    **word > '5') {
			conf_error_text(error, "not a status: %s", *word);
			r = -EINVAL;
		}
	}
	if (r < 0)
		return r;
	words_free(*statuses);
	*statuses = TAKE_PTR(words);
	return 0;
}

static int set_accepted(struct trial *trial, const char *value, struct conf_error *error)
{
	return set_statuses(&trial->accepted, value, error);
}

static int set_rejected(struct trial *trial, const char *value, struct conf_error *error)
{
	return set_statuses(&trial->rejected, value, error);
}

static int add_header(struct trial *trial, const char *name, const char *value,
		      struct conf_error *error)
{
	struct trial_header *headers =
		reallocarray(trial->headers, trial->header_count + 1, sizeof *headers);

	if (!headers)
		return -ENOMEM;
	trial->headers = headers;
	headers[trial->header_count] = (struct trial_header){.name = strdup(name)};
	if (!headers[trial->header_count++].name)
		return -ENOMEM;
	if (!*name || strspn(name, LETTERS "-") != strlen(name)) {
		conf_error_text(error, "not the name of a header: %s", name);
		return -EINVAL;
	}
	return template_set(&headers[trial->header_count - 1].value, value, error);
}

static int set_condition(struct trial *trial, const char *field, const char *value,
			 struct conf_error *error)
{
	char reason[EXPRESSION_REASON_MAX];
	int r;

	if (trial->when.field || !field_name_is_valid(field)) {
		conf_error_text(error, "%s: %s",
				trial->when.field ? "a second condition"
						  : "not the name of a field",
				field);
		return -EINVAL;
	}
	r = expression_new(value, &trial->when.pattern, reason);
	if (r == -EINVAL)
		conf_error_text(error, "not a regular expression: %s", reason);
	if (r < 0)
		return r;
	trial->when.field = strdup(field);
	return trial->when.field ? 0 : -ENOMEM;
}

static const struct {
	const char *name;
	int (*set)(struct trial *trial, const char *value, struct conf_error *error);
} keys[] = {
	{"needs", set_needs},	    {"url", set_url},		{"body", set_body},
	{"method", set_method},	    {"sign", set_sign},		{"service", set_service},
	{"document", set_document}, {"accepted", set_accepted}, {"rejected", set_rejected},
};

/* Those that have a name of their own behind the word. */
static const struct {
	const char *word;
	int (*set)(struct trial *trial, const char *name, const char *value,
		   struct conf_error *error);
} named_keys[] = {
	{"header ", add_header},
	{"when ", set_condition},
};

int trial_set(struct trial *trial, const char *key, const char *value, struct conf_error *error)
{
	if (!*value) {
		conf_error_text(error, "%s has no value", key);
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof named_keys / sizeof named_keys[0]; i++) {
		const size_t length = strlen(named_keys[i].word);

		if (strncmp(key, named_keys[i].word, length) != 0)
			continue;
		key += length;
		return named_keys[i].set(trial, key + strspn(key, BLANKS), value, error);
	}
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strcmp(keys[i].name, key) == 0)
			return keys[i].set(trial, value, error);
	}
	conf_error_text(error, "no such key: %s", key);
	return -EINVAL;
}

int trial_check(const struct trial *trial, struct conf_error *error)
{
	const char *fault = NULL;

	if (!trial->needs)
		fault = "without the fields that it needs";
	else if (!trial->url.count)
		fault = "without a URL";
	else if (trial->body.count && !trial->post)
		fault = "a body without method = POST";
	else if ((trial->sign == TRIAL_AWS) != (trial->service != NULL))
		fault = "sign = aws and service go together";
	else if ((trial->sign == TRIAL_GOOGLE) != (trial->document != NULL))
		fault = "sign = google and document go together";
	if (!fault)
		return 0;
	conf_error_text(error, "%s: %s", trial->name, fault);
	return -EINVAL;
}

static int has(const struct rendering_source *source, const char *field)
{
	CLEANUP_SECRET struct secret *value = NULL;

	return source->get(source->context, field, &value);
}

static int check_condition(const struct trial_condition *when,
			   const struct rendering_source *source)
{
	CLEANUP_SECRET struct secret *value = NULL;
	int r = when->field ? source->get(source->context, when->field, &value) : 0;

	if (r < 0 || !when->field)
		return r;
	return expression_match(when->pattern, secret_view(value), secret_size(value), NULL, 0);
}

int trial_applies(const struct trial *trial, const struct rendering_source *source)
{
	int r = -ENOENT;

	for (char ***set = trial->needs; set && *set && r == -ENOENT; set++) {
		r = 0;
		for (char **field = *set; *field && r == 0; field++)
			r = has(source, *field);
	}
	return r < 0 ? r : check_condition(&trial->when, source);
}

static bool is_among(char *const *statuses, long status)
{
	for (; *statuses; statuses++) {
		if (strtol(*statuses, NULL, 10) == status)
			return true;
	}
	return false;
}

enum trial_verdict trial_judge(const struct trial *trial, long status)
{
	if (trial->accepted ? is_among(trial->accepted, status) : status == 200)
		return TRIAL_ACCEPTED;
	if (trial->rejected ? is_among(trial->rejected, status) : status == 401 || status == 403)
		return TRIAL_REJECTED;
	return TRIAL_UNREACHABLE;
}
