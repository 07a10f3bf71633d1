#include "fs/attempt_http.h"

#include <curl/curl.h>
#include <malloc.h>
#include <string.h>

#include "conf/url.h"
#include "fs/assertion.h"

enum { ANSWER_MAX = 16 << 20 }; /* bytes: whoever sends more is cut off */

/* What libcurl copies is wiped when it gives it back. */
static void wipe_free(void *pointer)
{
	if (pointer)
		explicit_bzero(pointer, malloc_usable_size(pointer));
	free(pointer);
}

static void *wipe_realloc(void *pointer, size_t size)
{
	const size_t former = pointer ? malloc_usable_size(pointer) : 0;
	void *moved = malloc(size);

	if (!moved)
		return NULL;
	if (pointer)
		memcpy(moved, pointer, former < size ? former : size);
	wipe_free(pointer);
	return moved;
}

/* One request as it is put together. */
struct request {
	CURL *curl;
	const struct trial *trial;
	struct subject *subject;
	struct rendering_source source;
	struct curl_slist *headers;
	struct secret *url, *body, *login;
	char error[CURL_ERROR_SIZE];
	size_t answered;
};

static void request_done(struct request *request)
{
	if (request->curl)
		curl_easy_cleanup(request->curl);
	curl_slist_free_all(request->headers);
	secret_free(request->url);
	secret_free(request->body);
	secret_free(request->login);
}

static size_t discard(char *bytes, size_t size, size_t count, void *context)
{
	struct request *request = context;

	(void)bytes;
	request->answered += size * count;
	return request->answered > ANSWER_MAX ? 0 : size * count;
}

/* As a string; what is sent in a line has no lines. */
static int terminate(struct secret *text)
{
	const size_t size = secret_size(text);

	for (size_t i = 0; i < size; i++) {
		if (secret_view(text)[i] < ' ' || secret_view(text)[i] == 0x7f)
			return -EILSEQ;
	}
	return secret_resize(text, size + 1);
}

static int add_header(struct request *request, const struct trial_header *header)
{
	CLEANUP_SECRET struct secret *value = NULL;
	CLEANUP_SECRET struct secret *line = NULL;
	struct secret_pool *pool = request->subject->pool;
	const size_t length = strlen(header->name) + 2;
	struct curl_slist *headers;
	int r = template_make(&header->value, &request->source, pool, &value);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = secret_zeros(pool, length + secret_size(value), &line);
	if (r < 0)
		return r;
	snprintf((char *)secret_bytes(line), length, "%s:", header->name);
	secret_bytes(line)[length - 1] = ' ';
	memcpy(secret_bytes(line) + length, secret_view(value), secret_size(value));
	r = terminate(line);
	if (r < 0)
		return r;
	headers = curl_slist_append(request->headers, (const char *)secret_view(line));
	if (!headers)
		return -ENOMEM;
	request->headers = headers;
	return 0;
}

static int join(struct secret_pool *pool, const struct secret *one, const struct secret *two,
		struct secret **ret)
{
	CLEANUP_SECRET struct secret *joined = NULL;
	const size_t size = secret_size(one);
	int r = secret_zeros(pool, size + 1 + secret_size(two), &joined);

	if (r < 0)
		return r;
	memcpy(secret_bytes(joined), secret_view(one), size);
	secret_bytes(joined)[size] = ':';
	memcpy(secret_bytes(joined) + size + 1, secret_view(two), secret_size(two));
	r = terminate(joined);
	if (r == 0)
		*ret = TAKE_PTR(joined);
	return r;
}

/* Signature Version 4 is libcurl's; the region is the account's, or the one that all have. */
static int sign_aws(struct request *request)
{
	CLEANUP_SECRET struct secret *id = NULL;
	CLEANUP_SECRET struct secret *key = NULL;
	CLEANUP_SECRET struct secret *region = NULL;
	char scope[128] = "";
	int r = subject_get(request->subject, "access_key_id", &id);

	if (r == 0)
		r = subject_get(request->subject, "secret_access_key", &key);
	if (r == 0)
		r = subject_get(request->subject, "region", &region);
	if (r == -ENOENT && key)
		r = secret_copy(request->subject->pool, "us-east-1", 9, &region);
	if (r == 0)
		r = join(request->subject->pool, id, key, &request->login);
	if (r < 0)
		return r;
	if (secret_size(region) > 32)
		return -EILSEQ;
	snprintf(scope, sizeof scope, "aws:amz:%.*s:%s", (int)secret_size(region),
		 (const char *)secret_view(region), request->trial->service);
	if (curl_easy_setopt(request->curl, CURLOPT_AWS_SIGV4, scope) != CURLE_OK ||
	    curl_easy_setopt(request->curl, CURLOPT_USERPWD, secret_view(request->login)) !=
		    CURLE_OK)
		return -ENOMEM;
	return 0;
}

/* The body, and perhaps another URL, follow from the document. */
static int sign_google(struct request *request)
{
	CLEANUP_SECRET struct secret *document = NULL;
	CLEANUP_SECRET struct secret *url = NULL;
	int r = subject_get(request->subject, request->trial->document, &document);

	if (r == 0)
		r = assertion_url(document, &url);
	if (r == 0) {
		secret_free(request->url);
		request->url = TAKE_PTR(url);
	}
	if (r == 0 || r == -ENOENT)
		r = assertion_make(document, request->url, &request->body);
	return r;
}

static int make_parts(struct request *request)
{
	const struct trial *trial = request->trial;
	struct secret_pool *pool = request->subject->pool;
	int r = template_make_url(&trial->url, &request->source, pool, &request->url);

	if (r == 0 && trial->body.count)
		r = template_make(&trial->body, &request->source, pool, &request->body);
	for (size_t i = 0; i < trial->header_count && r == 0; i++)
		r = add_header(request, &trial->headers[i]);
	if (r == 0 && trial->sign == TRIAL_AWS)
		r = sign_aws(request);
	if (r == 0 && trial->sign == TRIAL_GOOGLE)
		r = sign_google(request);
	return r;
}

/* Where it goes, without what is secret in it; and whether it may. */
static int check_url(struct request *request, struct attempt *attempt)
{
	const uint8_t *bytes = secret_view(request->url);
	const size_t size = secret_size(request->url);
	CURLU *url = curl_url();
	char *host = NULL;
	int r = url_check(bytes, size);

	if (r == 0)
		r = terminate(request->url);
	if (r == 0 && url &&
	    curl_url_set(url, CURLUPART_URL, (const char *)secret_view(request->url), 0) ==
		    CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		snprintf(attempt->where, sizeof attempt->where, "%s", host);
	else
		r = -EINVAL;
	curl_free(host);
	curl_url_cleanup(url);
	if (r < 0)
		attempt_end(attempt, TRIAL_UNTRIED, "its URL is none that could be asked");
	else if (url_is_unencrypted(secret_view(request->url), size))
		attempt_end(attempt, TRIAL_UNTRIED,
			    "http would show the credential on the network: use https");
	else
		return 0;
	return -EINVAL;
}

static bool set_options(struct request *request, const struct attempt_limits *limits)
{
	CURL *curl = request->curl;
	bool ok = curl_easy_setopt(curl, CURLOPT_URL, secret_view(request->url)) == CURLE_OK;

	ok &= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, limits->milliseconds) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, limits->milliseconds) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, request->headers) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_WRITEDATA, request) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, request->error) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_USERAGENT, "credfs/" CREDFS_VERSION) == CURLE_OK;
	if (limits->authority)
		ok &= curl_easy_setopt(curl, CURLOPT_CAINFO, limits->authority) == CURLE_OK;
	if (!request->trial->post)
		return ok;
	ok &= curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE,
			       request->body ? (long)secret_size(request->body) : 0L) == CURLE_OK;
	ok &= curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
			       request->body ? (const char *)secret_view(request->body) : "") ==
	      CURLE_OK;
	return ok;
}

static void judge(const struct request *request, CURLcode code, struct attempt *attempt)
{
	const enum trial_verdict verdict = trial_judge(request->trial, attempt->status);

	if (!attempt->status)
		attempt_end(attempt, TRIAL_UNREACHABLE, "%s",
			    *request->error ? request->error : curl_easy_strerror(code));
	else if (attempt->status >= 300 && attempt->status < 400 && verdict == TRIAL_UNREACHABLE)
		attempt_end(attempt, verdict,
			    "it answers %ld, a redirection, which is not followed",
			    attempt->status);
	else if (verdict == TRIAL_UNREACHABLE)
		attempt_end(attempt, verdict,
			    "it answers %ld, which says nothing of the credential",
			    attempt->status);
	else
		attempt_end(attempt, verdict, "it answers %ld", attempt->status);
}

static int run(struct request *request, const struct attempt_limits *limits,
	       struct attempt *attempt)
{
	CURLcode code;
	int r = make_parts(request);

	if (r < 0)
		return r;
	if (check_url(request, attempt) < 0)
		return 0;
	if (!set_options(request, limits))
		return -ENOMEM;
	code = curl_easy_perform(request->curl);
	(void)curl_easy_getinfo(request->curl, CURLINFO_RESPONSE_CODE, &attempt->status);
	judge(request, code, attempt);
	return 0;
}

int attempt_http(const struct trial *trial, struct subject *subject,
		 const struct attempt_limits *limits, struct attempt *ret)
{
	CLEANUP(request_done)
	struct request request = {
		.trial = trial, .subject = subject, .source = subject_source(subject)};

	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_free, wipe_realloc, strdup,
				 calloc) != CURLE_OK)
		return -ENOMEM;
	request.curl = curl_easy_init();
	return request.curl ? run(&request, limits, ret) : -ENOMEM;
}
