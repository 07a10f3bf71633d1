/* A log entry from an untrusted engine, by itself. What was decoded, signed again, decodes. */
#include "store/entry.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(recipient_freep) struct recipient *signer = NULL;
	CLEANUP_ENTRY struct entry entry = {0};
	CLEANUP_ENTRY struct entry again = {0};
	CLEANUP_FREE uint8_t *coded = NULL;
	size_t coded_size = 0;

	if (entry_decode(bytes, size, &entry) < 0)
		return 0;
	signer = fuzz_recipient(1);
	FUZZ_CHECK(entry_sign(&entry, signer, &coded, &coded_size) == 0);
	FUZZ_CHECK(coded_size == size);
	FUZZ_CHECK(entry_verify(coded, coded_size, recipient_public(signer)) == 0);
	FUZZ_CHECK(entry_decode(coded, coded_size, &again) == 0);
	FUZZ_CHECK(again.row_count == entry.row_count && again.member_count == entry.member_count);
	return 0;
}
