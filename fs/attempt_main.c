/*
 * credfs-test: tries the credential in an account's directory, as `credfs test` asks it to. The
 * network libraries are here and nowhere else. A child reads the credential and tries it, so that
 * no library can take longer than it may; what it says of the outcome has no value in it.
 *
 *   credfs-test PATH SHOWN PROVIDERS MILLISECONDS AUTHORITY|- text|json
 */
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "conf/provider.h"
#include "fs/attempt_database.h"
#include "fs/command.h"
#include "fs/harden.h"

enum { POOL = 2 << 20, GRACE_MS = 500 };

struct job {
	const char *path, *shown, *providers;
	struct attempt_limits limits;
	bool json;
};

/* What the child tells. */
struct outcome {
	struct attempt attempt;
	char provider[64], trial[64];
	int error; /* -errno when it could not even begin */
};

/* Variables that may say where the libraries go and whom they trust: what the caller's environment
 * says else, libpq's passwords and services too, is nothing to them. */
static void restrict_environment(void)
{
	static const char *const kept[] = {"SSL_CERT_FILE", "SSL_CERT_DIR", "https_proxy",
					   "HTTPS_PROXY",   "no_proxy",	    "NO_PROXY"};
	char *values[sizeof kept / sizeof kept[0]] = {NULL};

	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		const char *value = getenv(kept[i]);

		values[i] = value ? strdup(value) : NULL;
	}
	clearenv();
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		if (values[i])
			setenv(kept[i], values[i], 1);
		free(values[i]);
	}
}

/* The first of the provider's trials whose fields are set; NULL. -errno when that cannot be read.
 */
static int choose(const struct provider *provider, struct subject *subject,
		  const struct trial **ret)
{
	const struct rendering_source source = subject_source(subject);
	int r = -ENOENT;

	*ret = NULL;
	for (size_t i = 0; provider && i < provider->trial_count && r == -ENOENT; i++) {
		r = trial_applies(&provider->trials[i], &source);
		if (r == 0)
			*ret = &provider->trials[i];
	}
	return r == -ENOENT ? 0 : r;
}

static const char *reason_of(const struct provider *provider, const struct subject *subject)
{
	const bool knows = provider && provider->trial_count;

	if (!provider)
		return "its provider is not in the catalogue of this host";
	if (knows)
		return "fields are missing: see `credfs list`";
	return strcmp(subject->provider, "login") == 0
		       ? "a login is tried through its connection: name connections/C/LOGIN"
		       : "the catalogue has no way to try this provider";
}

static int attempt(const struct job *job, struct subject *subject, struct outcome *outcome)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = NULL;
	struct conf_error error = {0};
	const struct provider *provider;
	const struct trial *trial = NULL;
	int r = catalogue_load(job->providers, &catalogue, &error);

	if (r < 0) {
		command_fail(EXIT_CONFIGURATION, "%s:%u: %s", error.file, error.line, error.text);
		return r;
	}
	provider = catalogue_find(catalogue, subject->provider);
	r = choose(provider, subject, &trial);
	if (r < 0)
		return r;
	if (trial) {
		snprintf(outcome->trial, sizeof outcome->trial, "%s", trial->name);
		return attempt_http(trial, subject, &job->limits, &outcome->attempt);
	}
	r = attempt_database(subject, &job->limits, &outcome->attempt);
	if (r != -ENOENT)
		return r;
	attempt_end(&outcome->attempt, TRIAL_UNTRIED, "%s", reason_of(provider, subject));
	return 0;
}

static void work(const struct job *job, struct outcome *outcome)
{
	CLEANUP(secret_pool_freep) struct secret_pool *pool = NULL;
	CLEANUP_SUBJECT struct subject subject = {.directory = -1, .beside = -1};

	outcome->error = secret_pool_new(POOL, &pool);
	if (outcome->error == 0)
		outcome->error = subject_open(job->path, pool, &subject);
	if (outcome->error < 0)
		return;
	memcpy(outcome->provider, subject.provider, sizeof outcome->provider);
	outcome->error = attempt(job, &subject, outcome);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 0 when the child has told; -ETIMEDOUT, or -EIO when it died. */
static int listen_to(int fd, int64_t milliseconds, struct outcome *ret)
{
	const int64_t end = now_ms() + milliseconds;
	size_t size = 0;

	while (size < sizeof *ret) {
		const int64_t left = end - now_ms();
		struct pollfd told = {.fd = fd, .events = POLLIN};
		ssize_t length;

		if (left <= 0 || poll(&told, 1, (int)left) == 0)
			return -ETIMEDOUT;
		length = read(fd, (char *)ret + size, sizeof *ret - size);
		if (length == 0)
			return -EIO;
		size += length > 0 ? (size_t)length : 0;
	}
	return 0;
}

static _Noreturn void be_child(const struct job *job, int fd)
{
	struct outcome outcome = {.error = 0};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	work(job, &outcome);
	(void)!write(fd, &outcome, sizeof outcome);
	_exit(0);
}

static int run(const struct job *job, struct outcome *ret)
{
	int ends[2], r;
	pid_t child;

	if (pipe(ends) < 0)
		return -errno;
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0)
		be_child(job, ends[1]);
	close(ends[1]);
	r = listen_to(ends[0], job->limits.milliseconds + GRACE_MS, ret);
	if (r == -ETIMEDOUT) {
		*ret = (struct outcome){.error = 0};
		attempt_end(&ret->attempt, TRIAL_UNREACHABLE, "no answer within %ld ms",
			    job->limits.milliseconds);
		r = 0;
	}
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	close(ends[0]);
	return r;
}

static json_t *text_or_null(const char *text)
{
	json_t *value = *text ? json_string(text) : NULL;

	return value ? value : json_null();
}

static void print(const struct job *job, const struct outcome *outcome)
{
	const struct attempt *attempt = &outcome->attempt;
	const char *verdict = attempt_verdict_name(attempt->verdict);
	json_t *report;

	if (!job->json) {
		printf("%s: %s%s%s%s%s\n", job->shown, verdict, *attempt->where ? " by " : "",
		       attempt->where, *attempt->detail ? ": " : "", attempt->detail);
		return;
	}
	report = json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "path", text_or_null(job->shown),
			   "provider", text_or_null(outcome->provider), "trial",
			   text_or_null(outcome->trial), "verdict", verdict, "status",
			   attempt->status ? json_integer(attempt->status) : json_null(), "where",
			   text_or_null(attempt->where), "detail", text_or_null(attempt->detail));
	if (report && json_dumpf(report, stdout, JSON_INDENT(3)) == 0)
		putchar('\n');
	json_decref(report);
}

static enum exit_code fail(const struct job *job, int error)
{
	if (error == -EPERM)
		return command_fail(EXIT_MEMORY,
				    "%s: %d KiB of memory cannot be locked: raise "
				    "RLIMIT_MEMLOCK (ulimit -l)",
				    job->shown, POOL / 1024);
	return command_fail(EXIT_OTHER, "%s: %s", job->shown,
			    error == -ENOENT   ? "no credential that could be tried is there"
			    : error == -EILSEQ ? "a field has a byte that cannot be sent"
			    : error == -EBADMSG
				    ? "its document is not one of a service account that can sign"
				    : strerror(-error));
}

int main(int count, char **arguments)
{
	static const enum exit_code codes[] = {
		[TRIAL_ACCEPTED] = EXIT_DONE,
		[TRIAL_REJECTED] = EXIT_REJECTED,
		[TRIAL_UNREACHABLE] = EXIT_UNREACHABLE,
		[TRIAL_UNTRIED] = EXIT_UNTRIED,
	};
	struct outcome outcome = {.error = 0};
	struct job job;
	int r;

	if (count != 7)
		return (int)command_fail(EXIT_USAGE, "this is run by `credfs test`");
	job = (struct job){
		.path = arguments[1],
		.shown = arguments[2],
		.providers = arguments[3],
		.limits = {.milliseconds = strtol(arguments[4], NULL, 10),
			   .authority = strcmp(arguments[5], "-") == 0 ? NULL : arguments[5]},
		.json = strcmp(arguments[6], "json") == 0,
	};
	if (!job.limits.authority)
		job.limits.authority = getenv("SSL_CERT_FILE");
	restrict_environment();
	r = harden_process();
	if (r == 0)
		r = run(&job, &outcome);
	if (r == 0)
		r = outcome.error;
	if (r < 0)
		return (int)fail(&job, r);
	print(&job, &outcome);
	if (fflush(stdout) != 0)
		return (int)command_fail(EXIT_OTHER, "cannot write to stdout: %s", strerror(errno));
	return (int)codes[outcome.attempt.verdict];
}
