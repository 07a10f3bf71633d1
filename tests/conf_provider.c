#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>

#include "conf/field.h"

enum { NONE = 0, SECRET = 1, KEPT = 2 /* does not inherit */, REQUIRED = 4 /* its prefix */ };

/* The built-in catalogue, in its order. */
static const struct field_row {
	const char *provider;
	const char *field;
	enum field_type type;
	unsigned flags;
	const char *environment;
} fields[] = {
	{"openai", "api_key", FIELD_TOKEN, SECRET | REQUIRED, "OPENAI_API_KEY"},
	{"openai", "api_base", FIELD_URL, NONE, "OPENAI_BASE_URL OPENAI_API_BASE"},
	{"openai", "organization", FIELD_TOKEN, NONE, "OPENAI_ORG_ID OPENAI_ORGANIZATION"},
	{"openai", "project", FIELD_TOKEN, NONE, "OPENAI_PROJECT_ID"},
	{"openai", "admin_key", FIELD_TOKEN, SECRET | KEPT, "OPENAI_ADMIN_KEY"},
	{"openai", "webhook_secret", FIELD_TOKEN, SECRET, "OPENAI_WEBHOOK_SECRET"},
	{"openai", "custom_headers", FIELD_TEXT, SECRET, "OPENAI_CUSTOM_HEADERS"},
	{"anthropic", "api_key", FIELD_TOKEN, SECRET | REQUIRED, "ANTHROPIC_API_KEY"},
	{"anthropic", "auth_token", FIELD_TOKEN, SECRET, "ANTHROPIC_AUTH_TOKEN"},
	{"anthropic", "api_base", FIELD_URL, NONE, "ANTHROPIC_BASE_URL"},
	{"anthropic", "admin_key", FIELD_TOKEN, SECRET | KEPT, "ANTHROPIC_ADMIN_KEY"},
	{"anthropic", "webhook_signing_key", FIELD_TOKEN, SECRET, "ANTHROPIC_WEBHOOK_SIGNING_KEY"},
	{"anthropic", "custom_headers", FIELD_TEXT, SECRET, "ANTHROPIC_CUSTOM_HEADERS"},
	{"anthropic", "federation_rule_id", FIELD_TOKEN, NONE, "ANTHROPIC_FEDERATION_RULE_ID"},
	{"anthropic", "organization_id", FIELD_TOKEN, NONE, "ANTHROPIC_ORGANIZATION_ID"},
	{"anthropic", "identity_token", FIELD_TOKEN, SECRET, "ANTHROPIC_IDENTITY_TOKEN"},
	{"anthropic", "service_account_id", FIELD_TOKEN, NONE, "ANTHROPIC_SERVICE_ACCOUNT_ID"},
	{"anthropic", "workspace_id", FIELD_TOKEN, NONE, "ANTHROPIC_WORKSPACE_ID"},
	{"anthropic", "scope", FIELD_TEXT, NONE, "ANTHROPIC_SCOPE"},
	{"anthropic", "aws_api_key", FIELD_TOKEN, SECRET, "ANTHROPIC_AWS_API_KEY"},
	{"anthropic", "aws_workspace_id", FIELD_TOKEN, NONE, "ANTHROPIC_AWS_WORKSPACE_ID"},
	{"anthropic", "aws_base_url", FIELD_URL, NONE, "ANTHROPIC_AWS_BASE_URL"},
	{"anthropic", "foundry_api_key", FIELD_TOKEN, SECRET, "ANTHROPIC_FOUNDRY_API_KEY"},
	{"anthropic", "foundry_resource", FIELD_TOKEN, NONE, "ANTHROPIC_FOUNDRY_RESOURCE"},
	{"anthropic", "foundry_base_url", FIELD_URL, NONE, "ANTHROPIC_FOUNDRY_BASE_URL"},
	{"gemini", "api_key", FIELD_TOKEN, SECRET, "GEMINI_API_KEY"},
	{"gemini", "api_base", FIELD_URL, NONE, "GOOGLE_GEMINI_BASE_URL"},
	{"xai", "api_key", FIELD_TOKEN, SECRET, "XAI_API_KEY"},
	{"xai", "api_base", FIELD_URL, NONE, ""},
	{"xai", "management_key", FIELD_TOKEN, SECRET | KEPT, "XAI_MANAGEMENT_KEY"},
	{"deepseek", "api_key", FIELD_TOKEN, SECRET, "DEEPSEEK_API_KEY"},
	{"deepseek", "api_base", FIELD_URL, NONE, ""},
	{"mistral", "api_key", FIELD_TOKEN, SECRET, "MISTRAL_API_KEY"},
	{"mistral", "api_base", FIELD_URL, NONE, ""},
	{"perplexity", "api_key", FIELD_TOKEN, SECRET, "PERPLEXITY_API_KEY PERPLEXITYAI_API_KEY"},
	{"perplexity", "api_base", FIELD_URL, NONE, "PERPLEXITY_BASE_URL PERPLEXITY_API_BASE"},
	{"bedrock", "access_key_id", FIELD_TOKEN, SECRET, "AWS_ACCESS_KEY_ID"},
	{"bedrock", "secret_access_key", FIELD_TOKEN, SECRET, "AWS_SECRET_ACCESS_KEY"},
	{"bedrock", "session_token", FIELD_TOKEN, SECRET, "AWS_SESSION_TOKEN"},
	{"bedrock", "region", FIELD_REGION, NONE, "AWS_DEFAULT_REGION AWS_REGION"},
	{"bedrock", "expiration", FIELD_TOKEN, NONE, "AWS_CREDENTIAL_EXPIRATION"},
	{"bedrock", "account_id", FIELD_TOKEN, NONE, "AWS_ACCOUNT_ID"},
	{"bedrock", "bearer_token", FIELD_TOKEN, SECRET, "AWS_BEARER_TOKEN_BEDROCK"},
	{"bedrock", "api_base", FIELD_URL, NONE, "ANTHROPIC_BEDROCK_BASE_URL AWS_BEDROCK_BASE_URL"},
	{"vertex", "service_account.json", FIELD_JSON, SECRET, ""},
	{"vertex", "project", FIELD_TOKEN, NONE,
	 "GOOGLE_CLOUD_PROJECT ANTHROPIC_VERTEX_PROJECT_ID VERTEXAI_PROJECT"},
	{"vertex", "location", FIELD_REGION, NONE,
	 "GOOGLE_CLOUD_LOCATION CLOUD_ML_REGION VERTEXAI_LOCATION"},
	{"vertex", "quota_project", FIELD_TOKEN, NONE, "GOOGLE_CLOUD_QUOTA_PROJECT"},
	{"vertex", "api_base", FIELD_URL, NONE, "GOOGLE_VERTEX_BASE_URL ANTHROPIC_VERTEX_BASE_URL"},
	{"portkey", "api_key", FIELD_TOKEN, SECRET, "PORTKEY_API_KEY"},
	{"portkey", "api_base", FIELD_URL, NONE, "PORTKEY_PROXY"},
	{"portkey", "virtual_key", FIELD_TOKEN, SECRET, ""},
	{"portkey", "provider_slug", FIELD_TOKEN, NONE, ""},
	{"portkey", "config", FIELD_TOKEN, NONE, ""},
	{"litellm", "api_key", FIELD_TOKEN, SECRET, "LITELLM_PROXY_API_KEY"},
	{"litellm", "api_base", FIELD_URL, NONE, "LITELLM_PROXY_API_BASE LITELLM_PROXY_URL"},
	{"litellm", "master_key", FIELD_TOKEN, SECRET | KEPT, "LITELLM_MASTER_KEY"},
	{"litellm", "salt_key", FIELD_TOKEN, SECRET | KEPT, "LITELLM_SALT_KEY"},
	{"litellm", "database_url", FIELD_TOKEN, SECRET | KEPT, "DATABASE_URL"},
	{"azure-openai", "api_key", FIELD_TOKEN, SECRET, "AZURE_OPENAI_API_KEY"},
	{"azure-openai", "ad_token", FIELD_TOKEN, SECRET, "AZURE_OPENAI_AD_TOKEN"},
	{"azure-openai", "endpoint", FIELD_URL, NONE, "AZURE_OPENAI_ENDPOINT"},
	{"azure-openai", "api_version", FIELD_TOKEN, NONE, "OPENAI_API_VERSION"},
	{"login", "username", FIELD_LINE, NONE, ""},
	{"login", "password", FIELD_LINE, SECRET, ""},
	{"login", "label", FIELD_LINE, NONE, ""},
	{"connection", "type", FIELD_TOKEN, NONE, ""},
	{"connection", "url", FIELD_DATA_URL, NONE, ""},
	{"connection", "host", FIELD_TOKEN, NONE, ""},
	{"connection", "port", FIELD_PORT, NONE, ""},
	{"connection", "database", FIELD_LINE, NONE, ""},
	{"connection", "schema", FIELD_LINE, NONE, ""},
	{"connection", "sslmode", FIELD_TOKEN, NONE, ""},
	{"connection", "socket", FIELD_LINE, NONE, ""},
	{"connection", "description", FIELD_TEXT, NONE, ""},
	{"postgresql", "username", FIELD_LINE, NONE, "PGUSER"},
	{"postgresql", "password", FIELD_LINE, SECRET, "PGPASSWORD"},
	{"postgresql", "host", FIELD_TOKEN, NONE, "PGHOST"},
	{"postgresql", "port", FIELD_PORT, NONE, "PGPORT"},
	{"postgresql", "database", FIELD_LINE, NONE, "PGDATABASE"},
	{"postgresql", "sslmode", FIELD_TOKEN, NONE, "PGSSLMODE"},
	{"mysql", "username", FIELD_LINE, NONE, ""},
	{"mysql", "password", FIELD_LINE, SECRET, "MYSQL_PWD"},
	{"mysql", "host", FIELD_TOKEN, NONE, "MYSQL_HOST"},
	{"mysql", "port", FIELD_PORT, NONE, "MYSQL_TCP_PORT"},
	{"mysql", "database", FIELD_LINE, NONE, ""},
	{"mysql", "socket", FIELD_LINE, NONE, "MYSQL_UNIX_PORT"},
};

static const struct {
	const char *id;
	const char *title;
	const char *needs;
} providers[] = {
	{"openai", "OpenAI", "api_key"},
	{"anthropic", "Anthropic",
	 "api_key | auth_token | federation_rule_id organization_id identity_token | "
	 "aws_api_key aws_workspace_id | foundry_api_key foundry_resource | "
	 "foundry_api_key foundry_base_url"},
	{"gemini", "Google Gemini", "api_key"},
	{"xai", "xAI", "api_key"},
	{"deepseek", "DeepSeek", "api_key"},
	{"mistral", "Mistral AI", "api_key"},
	{"perplexity", "Perplexity", "api_key"},
	{"bedrock", "Amazon Bedrock", "access_key_id secret_access_key region | bearer_token"},
	{"vertex", "Google Vertex AI", "service_account.json location"},
	{"portkey", "Portkey", "api_key"},
	{"litellm", "LiteLLM", "api_key api_base | master_key"},
	{"azure-openai", "Azure OpenAI",
	 "api_key endpoint api_version | ad_token endpoint api_version"},
	{"generic", "Generic", ""},
	{"login", "Login", "username password"},
	{"connection", "Data connection", "url | host"},
	{"postgresql", "PostgreSQL", "username password"},
	{"mysql", "MySQL", "username password"},
};
/* Those that come with data connections are the last four. */
enum { WITH_CONNECTIONS = 4 };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct catalogue *load(const char *directory)
{
	struct catalogue *catalogue = NULL;
	struct conf_error error;
	int r = catalogue_load(directory, &catalogue, &error);

	cr_assert_eq(r, 0, "%s:%u: %s", error.file, error.line, error.text);
	return catalogue;
}

static const char *join(char *buffer, size_t size, char *const *words)
{
	buffer[0] = '\0';
	for (char *const *word = words; words && *word; word++) {
		strncat(buffer, *word, size - strlen(buffer) - 1);
		if (word[1])
			strncat(buffer, " ", size - strlen(buffer) - 1);
	}
	return buffer;
}

static const char *join_needs(char *buffer, size_t size, char ***needs)
{
	char set[256];

	buffer[0] = '\0';
	for (char ***alternative = needs; needs && *alternative; alternative++) {
		if (alternative != needs)
			strncat(buffer, " | ", size - strlen(buffer) - 1);
		strncat(buffer, join(set, sizeof(set), *alternative), size - strlen(buffer) - 1);
	}
	return buffer;
}

Test(provider, seventeen_are_built_in)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load(NULL);
	char text[512];

	cr_assert_eq(catalogue_count(catalogue), COUNT(providers));
	for (size_t i = 0; i < COUNT(providers); i++) {
		const struct provider *provider = catalogue_get(catalogue, i);

		cr_expect_str_eq(provider->id, providers[i].id);
		cr_expect_str_eq(provider->title, providers[i].title);
		cr_expect_eq(provider->connections, i >= COUNT(providers) - WITH_CONNECTIONS);
		if (strcmp(provider->id, "connection") != 0)
			cr_expect_eq(catalogue_find(catalogue, providers[i].id), provider);
		cr_expect_eq(provider->any_field, strcmp(provider->id, "generic") == 0);
		cr_expect_str_eq(join_needs(text, sizeof(text), provider->needs),
				 providers[i].needs, "%s: %s", provider->id, text);
	}
	cr_expect_null(catalogue_find(catalogue, "OpenAI"));
	cr_expect_null(catalogue_find(catalogue, ""));
}

Test(provider, of_connections_is_one_that_no_account_has)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load(NULL);

	cr_expect_eq(catalogue_connection(catalogue),
		     catalogue_get(catalogue, COUNT(providers) - 3));
	cr_expect_null(catalogue_find(catalogue, "connection"));
}

Test(provider, some_are_offered_with_data_connections_alone)
{
	CLEANUP(catalogue_freep)
	struct catalogue *catalogue = load(TEST_DATA "/conf/providers-good");

	catalogue_drop_connections(catalogue);
	cr_expect_eq(catalogue_count(catalogue), COUNT(providers) - WITH_CONNECTIONS + 1);
	cr_expect_null(catalogue_find(catalogue, "login"));
	cr_expect_null(catalogue_connection(catalogue));
	cr_expect(catalogue_find(catalogue, "generic"));
	cr_expect_str_eq(catalogue_find(catalogue, "acme")->fields[0].name, "api_key");
}

Test(provider, their_fields_are_these)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load(NULL);
	size_t row = 0;
	char text[512];

	for (size_t i = 0; i < catalogue_count(catalogue); i++) {
		const struct provider *provider = catalogue_get(catalogue, i);

		for (size_t j = 0; j < provider->field_count; j++, row++) {
			const struct provider_field *field = &provider->fields[j];

			cr_assert_lt(row, COUNT(fields));
			cr_assert_str_eq(provider->id, fields[row].provider);
			cr_assert_str_eq(field->name, fields[row].field);
			cr_expect_eq(provider_field(provider, field->name), field);
			cr_expect_gt(strlen(field->title), 1);
			cr_expect_eq(field->type, fields[row].type, "%s", field->name);
			cr_expect_eq(field->secret, !!(fields[row].flags & SECRET), "%s %s",
				     provider->id, field->name);
			cr_expect_eq(field->inherit, !(fields[row].flags & KEPT), "%s %s",
				     provider->id, field->name);
			cr_expect_eq(field->prefix_required, !!(fields[row].flags & REQUIRED));
			cr_expect_str_eq(join(text, sizeof(text), field->environment),
					 fields[row].environment);
		}
	}
	cr_expect_eq(row, COUNT(fields));
}

Test(provider, a_field_that_is_not_known_is_none)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load(NULL);
	const struct provider *openai = catalogue_find(catalogue, "openai");

	cr_expect_null(provider_field(openai, "api-key"));
	cr_expect_null(provider_field(openai, "provider"));
	cr_expect_null(provider_field(openai, ""));
	cr_expect_null(provider_field(openai, "region"));
}

Test(provider, generic_takes_any_field_as_secret_text)
{
	static const char *const none[] = {"provider", "", ".x", "1x", "a b", "a/b"};
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load(NULL);
	const struct provider *generic = catalogue_find(catalogue, "generic");
	const struct provider_field *field = provider_field(generic, "anything.json");

	cr_assert(field);
	cr_expect_null(field->name);
	cr_expect_eq(field->type, FIELD_TEXT);
	cr_expect(field->secret);
	cr_expect(field->inherit);
	cr_expect_null(field->environment);
	cr_expect_eq(provider_field(generic, "LD_PRELOAD"), field);
	for (size_t i = 0; i < COUNT(none); i++)
		cr_expect_null(provider_field(generic, none[i]), "%s", none[i]);
}

Test(provider, temporary_keys_require_their_session_token)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load(NULL);
	const struct provider *bedrock = catalogue_find(catalogue, "bedrock");
	const struct provider_field *field = provider_field(bedrock, "access_key_id");

	cr_expect_str_eq(field->requires_prefix, "ASIA");
	cr_expect_str_eq(field->requires_field, "session_token");
}

Test(provider, a_file_may_be_named_by_a_variable)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load(NULL);
	const struct provider *vertex = catalogue_find(catalogue, "vertex");
	char text[64];

	cr_expect_str_eq(join(text, sizeof(text),
			      provider_field(vertex, "service_account.json")->environment_paths),
			 "GOOGLE_APPLICATION_CREDENTIALS");
}

Test(provider, a_variable_that_would_count_instead_is_named)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load(NULL);
	const struct provider *gemini = catalogue_find(catalogue, "gemini");
	char text[64];

	cr_expect_str_eq(
		join(text, sizeof(text), provider_field(gemini, "api_key")->environment_clear),
		"GOOGLE_API_KEY");
}

/* Values of the shapes that the vendors document draw no warning. */
Test(provider, documented_shapes_are_accepted_without_a_warning)
{
#define A20 "abcdefghij0123456789"
#define A40 A20 A20
#define A80 A40 A40
	static const struct {
		const char *provider, *field, *value;
	} rows[] = {
		{"openai", "api_key", "sk-proj-" A40 "_-" A20 "T3BlbkFJ" A40 "-_" A20},
		{"openai", "api_key", "sk-" A20 "T3BlbkFJ" A20},
		{"openai", "admin_key", "sk-admin-" A40 "T3BlbkFJ" A40},
		{"openai", "organization", "org-" A20},
		{"anthropic", "api_key", "sk-ant-api03-" A80 "-_bcdefghij12AA"},
		{"anthropic", "admin_key", "sk-ant-admin01-" A80 "-_bcdefghij12AA"},
		{"gemini", "api_key", "AIzaSy" A20 "-_bcdefghijkl"},
		{"xai", "api_key", "xai-" A80},
		{"deepseek", "api_key", "sk-" A20 "abcdefghij01"},
		{"mistral", "api_key", A20 "ABCDEFGHIJ01"},
		{"perplexity", "api_key", "pplx-" A40 "abcdefgh"},
		{"bedrock", "access_key_id", "AKIAIOSFODNN7EXAMPLE"},
		{"bedrock", "access_key_id", "ASIAIOSFODNN7EXAMPLE"},
		{"bedrock", "secret_access_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
		{"bedrock", "session_token", A80 "+/" A80 "=="},
		{"bedrock", "region", "eu-central-1"},
		{"bedrock", "region", "us-gov-west-1"},
		{"bedrock", "expiration", "2026-12-01T00:00:00Z"},
		{"bedrock", "account_id", "123456789012"},
		{"bedrock", "bearer_token", "ABSK" A80 A40 "=="},
		{"bedrock", "bearer_token", "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t" A40},
		{"vertex", "location", "global"},
		{"vertex", "location", "europe-west4"},
		{"vertex", "location", "us-central1"},
		{"vertex", "location", "eu"},
		{"litellm", "api_key", "sk-1234"},
		{"litellm", "database_url", "postgresql://u:p@host/litellm"},
		{"azure-openai", "api_key", "0123456789abcdef0123456789abcdef"},
		{"azure-openai", "api_key", A80 "ABCD"},
		{"azure-openai", "api_version", "2024-10-21"},
		{"azure-openai", "api_version", "2025-04-01-preview"},
	};
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load(NULL);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct provider *provider = catalogue_find(catalogue, rows[i].provider);
		const struct provider_field *field = provider_field(provider, rows[i].field);
		const uint8_t *bytes = (const uint8_t *)rows[i].value;
		size_t size = strlen(rows[i].value);
		const struct field_judgement judgement = {field, bytes, size, true, false};
		const char *warning = field_warning(field, bytes, size);

		cr_expect_eq(field_judge(&judgement), FIELD_OK, "%s", rows[i].value);
		cr_expect_null(warning, "%s %s", rows[i].value, warning);
	}
}

Test(provider, each_describes_itself_and_its_fields)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load(NULL);

	for (size_t i = 0; i < catalogue_count(catalogue); i++) {
		const struct provider *provider = catalogue_get(catalogue, i);
		CLEANUP_FREE char *text = NULL;
		char line[128];

		cr_assert_eq(provider_describe(provider, &text), 0);
		snprintf(line, sizeof(line), "provider: %s\ntitle: %s\n", provider->id,
			 provider->title);
		cr_expect_eq(strncmp(text, line, strlen(line)), 0, "%s", text);
		cr_expect_eq(text[strlen(text) - 1], '\n');
		for (size_t j = 0; j < provider->field_count; j++) {
			snprintf(line, sizeof(line), "\n\nfield: %s\ntitle: %s\n",
				 provider->fields[j].name, provider->fields[j].title);
			cr_expect(strstr(text, line), "%s: %s", provider->id, line);
		}
	}
}

Test(provider, a_description_is_one_key_a_line)
{
	CLEANUP(catalogue_freep)
	struct catalogue *catalogue = load(TEST_DATA "/conf/providers-good");
	CLEANUP_FREE char *text = NULL;

	cr_assert_eq(provider_describe(catalogue_find(catalogue, "acme"), &text), 0);
	cr_expect_str_eq(text, "provider: acme\n"
			       "title: Acme AI\n"
			       "needs: api_key | user token\n"
			       "any_field: no\n"
			       "\n"
			       "field: api_key\n"
			       "title: api_key\n"
			       "type: token\n"
			       "secret: yes\n"
			       "inherit: yes\n"
			       "prefix: ak- key-\n"
			       "prefix_required: yes\n"
			       "environment: ACME_KEY ACME_API_KEY\n"
			       "\n"
			       "field: user\n"
			       "title: Later\n"
			       "type: token\n"
			       "secret: yes\n"
			       "inherit: yes\n"
			       "\n"
			       "field: token\n"
			       "title: token\n"
			       "type: token\n"
			       "secret: yes\n"
			       "inherit: yes\n"
			       "environment_path: ACME_TOKEN_FILE\n"
			       "environment_clear: ACME_OLD\n"
			       "requires_prefix: tmp-\n"
			       "requires_field: user\n"
			       "\n"
			       "file: acme.ini\n"
			       "format: aws\n"
			       "group: main\n"
			       "needs: api_key | user\n"
			       "put: key = api_key\n"
			       "put: host = user \"*\"\n"
			       "put: kind = \"k\"\n"
			       "put: version = 1\n"
			       "\n"
			       "file: dir/sub/copy\n"
			       "format: copy\n"
			       "put: all = token\n");
}

Test(provider, a_section_in_the_directory_replaces_one_as_a_whole)
{
	CLEANUP(catalogue_freep)
	struct catalogue *catalogue = load(TEST_DATA "/conf/providers-good");
	const struct provider *openai = catalogue_find(catalogue, "openai");
	const struct provider *xai = catalogue_find(catalogue, "xai");
	const struct provider_field *key = provider_field(openai, "api_key");

	cr_expect_eq(catalogue_count(catalogue), COUNT(providers) + 1);
	cr_expect_eq(catalogue_get(catalogue, COUNT(providers)), catalogue_find(catalogue, "acme"));
	/* The field alone, in its place. */
	cr_expect_eq(key, &openai->fields[0]);
	cr_expect_str_eq(key->title, "Our key");
	cr_expect_null(key->prefixes);
	cr_expect_null(key->foreign);
	cr_expect_null(key->pattern_text);
	cr_expect_not(key->prefix_required);
	cr_expect_str_eq(openai->title, "OpenAI");
	cr_expect_str_eq(openai->fields[openai->field_count - 1].name, "team");
	cr_expect(provider_field(openai, "admin_key"));
	/* The provider with all its fields, in its place. */
	cr_expect_eq(xai, catalogue_get(catalogue, 3));
	cr_expect_str_eq(xai->title, "Our xAI");
	cr_expect_eq(xai->field_count, 1);
	cr_expect_null(xai->needs);
	cr_expect_null(provider_field(xai, "api_key"));
}

Test(provider, a_missing_directory_is_an_empty_one)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = load(TEST_DATA "/conf/none");

	cr_expect_eq(catalogue_count(catalogue), COUNT(providers));
}

/* A file that holds a directory's; the caller closes it. */
static int copy_of(const char *directory, size_t before)
{
	int copy = memfd_create("copy", MFD_CLOEXEC);

	cr_assert_geq(copy, 0);
	cr_assert_eq(lseek(copy, (off_t)before, SEEK_SET), (off_t)before);
	cr_expect_eq(catalogue_copy(directory, copy), before ? -EFBIG : 0, "%s", directory);
	return copy;
}

Test(provider, a_copy_is_read_as_the_directory_is)
{
	static const char *const directories[] = {"/conf/none", "/conf/providers-good"};

	for (size_t i = 0; i < COUNT(directories); i++) {
		char path[512];
		CLEANUP(catalogue_freep) struct catalogue *catalogue = NULL, *again = NULL;
		struct conf_error error;
		CLEANUP_CLOSE int copy = -1;

		snprintf(path, sizeof path, TEST_DATA "%s", directories[i]);
		catalogue = load(path);
		copy = copy_of(path, 0);
		cr_assert_eq(catalogue_load_copy(copy, &again, &error), 0, "%s", error.text);
		cr_assert_eq(catalogue_count(again), catalogue_count(catalogue));
		for (size_t j = 0; j < catalogue_count(again); j++) {
			const struct provider *one = catalogue_get(catalogue, j);
			const struct provider *other = catalogue_get(again, j);

			cr_expect_str_eq(other->id, one->id);
			cr_expect_str_eq(other->title, one->title);
			cr_expect_eq(other->field_count, one->field_count, "%s", one->id);
			cr_expect_eq(other->rendering_count, one->rendering_count, "%s", one->id);
		}
	}
}

/* What is wrong on its own is not right behind another. */
Test(provider, the_files_of_a_copy_are_read_one_by_one)
{
	static const char files[] = "[acme]\n\0title = Acme";
	CLEANUP(catalogue_freep) struct catalogue *catalogue = NULL;
	CLEANUP_CLOSE int copy = memfd_create("copy", MFD_CLOEXEC);
	struct conf_error error;

	cr_assert_eq(write(copy, files, sizeof files), sizeof files);
	cr_assert_eq(catalogue_load_copy(copy, &catalogue, &error), -EINVAL);
	cr_expect_str_eq(error.text, "the line stands before any [section]");
	cr_expect_null(catalogue);
}

Test(provider, a_copy_has_a_bound)
{
	/* what does not fit is told, and the file is the caller's all the same */
	cr_expect_eq(close(copy_of(TEST_DATA "/conf/providers-good", 1 << 20)), 0);
}

Test(provider, a_directory_that_cannot_be_read_is_an_error)
{
	struct catalogue *catalogue = NULL;
	struct conf_error error = {.line = 99};

	cr_expect_eq(catalogue_load(TEST_DATA "/conf/ini-good.conf", &catalogue, &error), -ENOTDIR);
	cr_expect_eq(error.line, 0);
	cr_expect_str_eq(error.text, "cannot be read: Not a directory");
	cr_expect_null(catalogue);
}

Test(provider, every_fault_has_file_and_line)
{
	static const struct {
		const char *directory;
		unsigned line;
		const char *text;
	} rows[] = {
		{"unknown-key", 3, "no such key: url"},
		{"unknown-field-key", 4, "no such key: secrte"},
		{"key-twice", 3, "key title is given twice"},
		{"bad-id", 1, "not the name of a provider: Acme"},
		{"bad-field", 2, "not the name of a field: api key"},
		{"field-provider", 2, "not the name of a field: provider"},
		{"no-provider", 1, "no section acme stands before its fields"},
		{"behind-fields", 3, "section openai stands behind its fields"},
		{"bad-type", 3, "no such type: password"},
		{"bad-feature", 3, "no such feature: warehouses"},
		{"bad-flag", 3, "neither yes nor no: true"},
		{"empty-value", 3, "prefix has no value"},
		{"bad-pattern", 3,
		 "not a regular expression: missing terminating ] for character class"},
		{"bad-pattern-halves", 3,
		 "not a regular expression: unmatched closing parenthesis"},
		{"bad-variable", 3, "not the name of a variable: ACME-KEY"},
		{"bad-variable-path", 3, "not the name of a variable: 1ACME"},
		{"needs-nothing", 3, "an alternative without a field: |"},
		{"needs-half", 2, "an alternative without a field: key |"},
		{"needs-unknown", 3, "acme has no field pasword"},
		{"needs-replaced", 2, "openai has no field api_key"},
		{"requires-unknown", 2, "acme has no field token"},
		{"requires-half", 2, "key: requires_prefix and requires_field go together"},
		{"requires-name", 3, "not the name of a field: a b"},
		{"prefix-required", 2, "key: prefix_required without a prefix"},
		{"prefix-foreign", 2, "key: both its own prefix and foreign: sk-"},
		{"unclosed", 2, "the section has no closing bracket"},
		{"trial-key", 5, "no such key: ulr"},
		{"trial-name", 2, "not the name of a trial: a b"},
		{"trial-needs", 2, "x: without the fields that it needs"},
		{"trial-no-url", 2, "x: without a URL"},
		{"trial-unknown", 2, "openai has no field api_kye"},
		{"trial-part", 2, "openai has no field api_kye"},
		{"trial-quote", 4, "a quote is open: \"https://x"},
		{"trial-alternative", 4, "an alternative without anything"},
		{"trial-method", 5, "neither GET nor POST: DELETE"},
		{"trial-body", 2, "x: a body without method = POST"},
		{"trial-status", 5, "not a status: 2xx"},
		{"trial-header", 5, "not the name of a header: X_Y"},
		{"trial-sign", 2, "x: sign = aws and service go together"},
		{"trial-document", 2, "x: sign = google and document go together"},
		{"trial-provider", 2, "no section acme stands before its fields"},
		{"file-key", 3, "no such key: fromat"},
		{"file-format", 3, "no such format: yaml"},
		{"file-no-format", 2, "x: without a format"},
		{"file-no-group", 2, "x: without a group"},
		{"file-group", 2, "x: group, which its format has not"},
		{"file-group-name", 4, "not the name of a group: a]"},
		{"file-empty", 2, "x: without a value"},
		{"file-five", 2, "x: its format has five values"},
		{"file-one", 2, "x: its format has one value"},
		{"file-unknown", 2, "openai has no field pasword"},
		{"file-needs", 2, "openai has no field pasword"},
		{"file-name", 2, "not the name of a file to be made: a b"},
		{"file-parent", 2, "not the name of a file to be made: a/../b"},
		{"file-deep", 2, "not the name of a file to be made: a/b/c/d"},
		{"file-env", 2, "not the name of a file to be made: env.json"},
		{"file-provider", 2, "not the name of a file to be made: provider/x"},
		{"file-field", 2, "openai has another field or file in the place of api_key"},
		{"file-within", 5, "openai has another field or file in the place of x/y"},
		{"field-file", 5, "openai has another field or file in the place of x"},
		{"file-constant", 4, "neither the name of a field, \"text\" nor a number: \"a"},
		{"file-constant-quote", 4,
		 "neither the name of a field, \"text\" nor a number: \"a\"b\""},
		{"file-else", 4, "neither the name of a field, \"text\" nor a number: or"},
		{"file-value-name", 4, "not the name of a value: a b"},
		{"file-variable", 2, "x: not the name of a variable"},
		{"file-twice", 2, "x: a value is named twice"},
		{"file-no-provider", 1, "no section acme stands before its fields"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct catalogue *catalogue = NULL;
		struct conf_error error = {.line = 99};
		char directory[512], file[1024];
		int r;

		snprintf(directory, sizeof(directory), TEST_DATA "/conf/providers/%s",
			 rows[i].directory);
		snprintf(file, sizeof(file), "%s/site.conf", directory);
		r = catalogue_load(directory, &catalogue, &error);
		cr_expect_eq(r, -EINVAL, "%s: %d", rows[i].directory, r);
		cr_expect_null(catalogue);
		cr_expect_eq(error.line, rows[i].line, "%s: %u", rows[i].directory, error.line);
		cr_expect_str_eq(error.text, rows[i].text, "%s: %s", rows[i].directory, error.text);
		cr_expect_eq(strncmp(error.file, file, sizeof(error.file) - 1), 0);
	}
}
