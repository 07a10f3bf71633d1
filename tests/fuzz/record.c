/* A record's payload, as another host could have sealed it. What decodes is coded the same again.
 */
#include "store/record.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP_RECORD struct record record = {0};
	CLEANUP_RECORD struct record copy = {0};
	CLEANUP_RECORD struct record again = {0};
	CLEANUP_FREE uint8_t *coded = NULL;
	size_t coded_size = 0;

	if (record_decode(bytes, size, &record) < 0)
		return 0;
	FUZZ_CHECK(record_copy(&record, &copy) == 0);
	FUZZ_CHECK(record_encode(&copy, &coded, &coded_size) == 0);
	FUZZ_CHECK(record_decode(coded, coded_size, &again) == 0);
	FUZZ_CHECK(!record.name == !again.name);
	FUZZ_CHECK(!record.name || strcmp(record.name, again.name) == 0);
	FUZZ_CHECK(record.value_version == again.value_version && record.secret == again.secret);
	FUZZ_CHECK(record.unknown_size == again.unknown_size);
	return 0;
}
