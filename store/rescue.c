#include "store/rescue.h"

/* Whatever opens. */
static int list_orgs(struct survey *survey, struct pin *list, size_t *ret_count)
{
	size_t count = 0;

	for (size_t i = 0; i < survey->count; i++) {
		struct survey_org *org = &survey->orgs[i];
		int r;

		if (org->standing != SURVEY_NEW || !org->name)
			continue;
		r = survey_name_apart(org, list, count);
		if (r < 0)
			return r;
		list[count++] = (struct pin){
			.fingerprint = org->fingerprint, .mark = org->found, .name = org->name};
	}
	*ret_count = count;
	return 0;
}

/* Why nothing opens: what is damaged may be for this phrase. */
static int why_nothing(const struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++) {
		if (survey->orgs[i].standing == SURVEY_BROKEN)
			return survey->orgs[i].error;
	}
	return -EKEYREJECTED;
}

/* They are pinned for as long as the store is open, in no file. */
static int pin_orgs(struct survey *survey, const struct recipient *host, struct pins **ret)
{
	CLEANUP_FREE struct pin *list = calloc(survey->count + 1, sizeof(*list));
	CLEANUP(pins_closep) struct pins *pins = NULL;
	size_t count = 0;
	int r;

	if (!list)
		return -ENOMEM;
	r = list_orgs(survey, list, &count);
	if (r == 0 && count == 0 && survey->count > 0)
		r = why_nothing(survey);
	if (r == 0)
		r = pins_new(NULL, host, &pins);
	if (r == 0)
		r = pins_replace(pins, list, count);
	if (r == 0)
		*ret = TAKE_PTR(pins);
	return r;
}

int rescue_join(struct secret_pool *pool, const char *path, struct identity *identity,
		const struct survey_watch *watch, struct store **ret)
{
	const struct survey_host host = {.pool = pool, .host = identity->host};
	CLEANUP_SURVEY struct survey survey = {0};
	CLEANUP(pins_closep) struct pins *pins = NULL;
	int r = survey_store(path, &host, watch, &survey);

	if (r == 0)
		r = pin_orgs(&survey, identity->host, &pins);
	return r < 0 ? r : store_join_pinned(pool, path, &pins, identity, ret);
}
