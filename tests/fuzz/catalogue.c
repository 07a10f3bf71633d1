/* A file of the catalogue, and with it INI: an operator's, who may err but not crash us. */
#include "conf/catalogue_file.h"
#include "conf/provider_keys.h"
#include "tests/fuzz/fuzz.h"

static void catalogue_done(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->count; i++)
		provider_done(&catalogue->list[i]);
	free(catalogue->list);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(catalogue_done) struct catalogue catalogue = {0};
	struct conf_error error = {0};
	int r = catalogue_read_text(&catalogue, "fuzz", (const char *)bytes, size, &error);

	FUZZ_CHECK(r == 0 || r == -ENOMEM || (r == -EINVAL && *error.text));
	for (size_t i = 0; r == 0 && i < catalogue.count; i++) {
		CLEANUP_FREE char *text = NULL;

		FUZZ_CHECK(provider_describe(&catalogue.list[i], &text) == 0);
	}
	return 0;
}
