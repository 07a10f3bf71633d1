#include "fs/roster.h"

#include <criterion/criterion.h>
#include <pwd.h>
#include <string.h>

#include "tests/acme.h"
#include "tests/host.h"

/* The name service, as this program is told: it may take its time, and lose somebody. */
struct service {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool slow;
	const char *lost;
	unsigned asked; /* questions that were asked */
	unsigned asked_for_bin;
};

static struct service *service(void)
{
	static struct service service = {.lock = PTHREAD_MUTEX_INITIALIZER,
					 .changed = PTHREAD_COND_INITIALIZER};

	return &service;
}

static bool begin_answer(const char *name)
{
	struct service *state = service();
	bool lost;

	pthread_mutex_lock(&state->lock);
	state->asked++;
	state->asked_for_bin += strcmp(name, "bin") == 0;
	pthread_cond_broadcast(&state->changed);
	while (state->slow)
		pthread_cond_wait(&state->changed, &state->lock);
	lost = state->lost && strcmp(state->lost, name) == 0;
	pthread_mutex_unlock(&state->lock);
	return !lost;
}

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
	       struct passwd **ret)
{
	CLEANUP_FCLOSE FILE *file = begin_answer(name) ? fopen("/etc/passwd", "re") : NULL;

	*ret = NULL;
	while (file && fgetpwent_r(file, entry, buffer, size, ret) == 0) {
		if (strcmp(entry->pw_name, name) == 0)
			return 0;
	}
	*ret = NULL;
	return 0;
}

static void set_service(bool slow, const char *lost)
{
	pthread_mutex_lock(&service()->lock);
	service()->slow = slow;
	service()->lost = lost;
	pthread_cond_broadcast(&service()->changed);
	pthread_mutex_unlock(&service()->lock);
}

static unsigned questions(void)
{
	unsigned asked;

	pthread_mutex_lock(&service()->lock);
	asked = service()->asked;
	pthread_mutex_unlock(&service()->lock);
	return asked;
}

struct serving {
	struct fixture fixture;
	pthread_mutex_t lock;
};

static void begin(struct serving *serving)
{
	acme_init(&serving->fixture, "");
	pthread_mutex_init(&serving->lock, NULL);
}

static void end(struct serving *serving)
{
	fixture_done(&serving->fixture);
	pthread_mutex_destroy(&serving->lock);
}
#define CLEANUP_SERVING CLEANUP(end)

static void refresh(struct serving *serving)
{
	roster_refresh(&serving->fixture.tree, &serving->lock);
}

static void expect_key(struct serving *serving, const char *bits)
{
	const struct caller runner = acme_holder(ACME_RUNNER);

	pthread_mutex_lock(&serving->lock);
	cr_expect_str_eq(view_bits(&serving->fixture, KEY, &runner).text, bits);
	pthread_mutex_unlock(&serving->lock);
}

Test(roster, is_asked_for_again_after_a_minute_or_a_change)
{
	CLEANUP_SERVING struct serving serving;
	struct node key;

	begin(&serving);
	key = view_know(&serving.fixture, KEY);
	expect_key(&serving, "r--");
	serving.fixture.invalidated = 0;
	set_service(false, "www-data");
	refresh(&serving);
	cr_expect_eq(serving.fixture.invalidated, 0, "they are fresh");
	expect_key(&serving, "r--");
	host_clock_forward(61);
	refresh(&serving);
	cr_expect(view_was_told(&serving.fixture, &key));
	expect_key(&serving, "---");
	set_service(false, NULL);
	refresh(&serving);
	expect_key(&serving, "---");
	host_passwd_written(1);
	refresh(&serving);
	expect_key(&serving, "r--");
	serving.fixture.invalidated = 0;
	host_clock_forward(183);
	refresh(&serving);
	cr_expect_eq(serving.fixture.invalidated, 0, "nothing has changed");
}

static void *refresh_beside(void *context)
{
	refresh(context);
	return NULL;
}

static void wait_for_questions(unsigned asked)
{
	pthread_mutex_lock(&service()->lock);
	while (service()->asked == asked)
		pthread_cond_wait(&service()->changed, &service()->lock);
	pthread_mutex_unlock(&service()->lock);
}

Test(roster, requests_are_served_while_the_name_service_takes_its_time, .timeout = 60)
{
	CLEANUP_SERVING struct serving serving;
	pthread_t thread;
	unsigned before;

	begin(&serving);
	expect_key(&serving, "r--");
	before = questions();
	host_passwd_written(1);
	set_service(true, "www-data");
	cr_assert_eq(pthread_create(&thread, NULL, refresh_beside, &serving), 0);
	wait_for_questions(before);
	cr_expect_not(nss_is_stale(serving.fixture.tree.nss), "nobody is to hurry it");
	expect_key(&serving, "r--");
	set_service(false, "www-data");
	pthread_join(thread, NULL);
	expect_key(&serving, "---");
}

Test(roster, who_is_in_no_role_any_more_is_forgotten)
{
	static const char admins[] = ACME "/roles/admin";
	CLEANUP_SERVING struct serving serving;
	struct service *state = service();
	struct nss *nss;

	begin(&serving);
	nss = serving.fixture.tree.nss;
	cr_assert_eq(fixture_put(&serving.fixture, admins, "user:bin\n"), 0);
	expect_key(&serving, "r--");
	host_passwd_written(1);
	state->asked_for_bin = 0;
	refresh(&serving);
	cr_expect_eq(state->asked_for_bin, 1);
	cr_assert_eq(fixture_put(&serving.fixture, admins, "user:games\n"), 0);
	expect_key(&serving, "r--");
	host_passwd_written(2);
	refresh(&serving);
	cr_expect_eq(state->asked_for_bin, 1, "not again");
	/* Whom the other roles, the project's too, and the settings mention. */
	cr_expect_eq(nss_count(nss), 6, "%zu", nss_count(nss));
}
