#include "fs/assertion.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>
#include <time.h>

enum { VALID_S = 300, SIGNATURE_MAX = 2048 };

static const char scope[] = "https://www.googleapis.com/auth/cloud-platform";
static const char grant[] = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
			    "&assertion=";

static json_t *decref(json_t *json)
{
	json_decref(json);
	return NULL;
}
DEFINE_CLEANUP(json_t, decref);
#define CLEANUP_JSON CLEANUP(decrefp)

static EVP_PKEY *key_free(EVP_PKEY *key)
{
	EVP_PKEY_free(key);
	return NULL;
}
DEFINE_CLEANUP(EVP_PKEY, key_free);

static EVP_MD_CTX *context_free(EVP_MD_CTX *context)
{
	EVP_MD_CTX_free(context);
	return NULL;
}
DEFINE_CLEANUP(EVP_MD_CTX, context_free);

static json_t *parse(const struct secret *document)
{
	return json_loadb((const char *)secret_view(document), secret_size(document),
			  JSON_REJECT_DUPLICATES, NULL);
}

static const char *text_of(json_t *document, const char *name)
{
	return json_string_value(json_object_get(document, name));
}

int assertion_url(const struct secret *document, struct secret **ret)
{
	CLEANUP_JSON json_t *parsed = parse(document);
	const char *url = text_of(parsed, "token_uri");

	if (!parsed)
		return -EBADMSG;
	return url ? secret_copy(secret_pool_of(document), url, strlen(url), ret) : -ENOENT;
}

static int append(struct secret *text, const void *bytes, size_t size)
{
	const size_t before = secret_size(text);
	int r = secret_resize(text, before + size);

	if (r == 0)
		memcpy(secret_bytes(text) + before, bytes, size);
	return r;
}

/* As base64url without padding. */
static int append_encoded(struct secret *text, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-_";
	int r = 0;

	for (size_t i = 0; i < size && r == 0; i += 3) {
		const size_t left = size - i < 3 ? size - i : 3;
		const uint32_t group = (uint32_t)bytes[i] << 16 |
				       (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
				       (left > 2 ? bytes[i + 2] : 0);
		const char encoded[] = {digits[group >> 18], digits[group >> 12 & 63],
					digits[group >> 6 & 63], digits[group & 63]};

		r = append(text, encoded, left + 1);
	}
	return r;
}

static int append_json(struct secret *text, json_t *object)
{
	CLEANUP_JSON json_t *own = object;
	CLEANUP_FREE char *dumped = own ? json_dumps(own, JSON_COMPACT) : NULL;

	return dumped ? append_encoded(text, (const uint8_t *)dumped, strlen(dumped)) : -ENOMEM;
}

/* A key that is locked with a phrase is of no use: nobody is asked for it. */
static int no_phrase(char *buffer, int size, int writes, void *context)
{
	(void)buffer, (void)size, (void)writes, (void)context;
	return -1;
}

static EVP_PKEY *key_of(json_t *document)
{
	const char *pem = text_of(document, "private_key");
	BIO *bio = pem ? BIO_new_mem_buf(pem, (int)strlen(pem)) : NULL;
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_phrase, NULL) : NULL;

	BIO_free(bio);
	return key;
}

/* RS256 over what stands in `text` from `from` on. */
static int append_signature(struct secret *text, size_t from, json_t *document)
{
	CLEANUP(key_freep) EVP_PKEY *key = key_of(document);
	CLEANUP(context_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t signature[SIGNATURE_MAX];
	size_t size = sizeof signature;
	int r;

	if (!key || EVP_PKEY_base_id(key) != EVP_PKEY_RSA)
		return -EBADMSG;
	if (!context)
		return -ENOMEM;
	if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(context, signature, &size, secret_view(text) + from,
			   secret_size(text) - from) != 1)
		return -EBADMSG;
	r = append(text, ".", 1);
	return r < 0 ? r : append_encoded(text, signature, size);
}

static json_t *header_of(json_t *document)
{
	json_t *header = json_pack("{s:s, s:s}", "alg", "RS256", "typ", "JWT");
	const char *id = text_of(document, "private_key_id");

	if (header && id)
		(void)json_object_set_new(header, "kid", json_string(id));
	return header;
}

int assertion_make(const struct secret *document, const struct secret *url, struct secret **ret)
{
	CLEANUP_JSON json_t *parsed = parse(document);
	CLEANUP_SECRET struct secret *text = NULL;
	const char *issuer = text_of(parsed, "client_email");
	const time_t now = time(NULL);
	const size_t from = strlen(grant);
	int r = issuer ? secret_new(secret_pool_of(document), 4096, &text) : -EBADMSG;

	if (r == 0)
		r = append(text, grant, from);
	if (r == 0)
		r = append_json(text, header_of(parsed));
	if (r == 0)
		r = append(text, ".", 1);
	if (r == 0)
		r = append_json(text,
				json_pack("{s:s, s:s, s:s%, s:I, s:I}", "iss", issuer, "scope",
					  scope, "aud", secret_view(url), secret_size(url), "iat",
					  (json_int_t)now, "exp", (json_int_t)(now + VALID_S)));
	if (r == 0)
		r = append_signature(text, from, parsed);
	if (r == 0)
		*ret = TAKE_PTR(text);
	return r;
}
