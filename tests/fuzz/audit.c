/* Frames of the audit log, from a file that anybody may have altered. */
#include "store/audit_frame.h"
#include "store/audit_key.h"
#include "tests/fuzz/fuzz.h"

static void try_frame(const struct audit_frame *frame)
{
	static uint8_t room[AUDIT_FRAME_MAX];
	CLEANUP_SECRET struct secret *key = NULL;
	CLEANUP(recipient_freep) struct recipient *signer = fuzz_recipient(1);
	struct audit_line line;

	FUZZ_CHECK(secret_zeros(fuzz_pool(), 32, &key) == 0);
	if (frame->type == AUDIT_HEAD) {
		(void)!audit_head_verify(frame, recipient_public(signer));
		return;
	}
	(void)audit_frame_is_whole(frame);
	if (audit_frame_open(frame, key, room, &line) == 0)
		FUZZ_CHECK(line.size <= AUDIT_LINE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct org_id org = {{1}};
	struct audit_header header;
	struct audit_frame frame;

	if (size >= AUDIT_HEADER_SIZE)
		(void)!audit_header_decode(bytes, &header);
	while (size > 0 && audit_frame_decode(bytes, size, org, &frame) == 0) {
		FUZZ_CHECK(frame.size > 0 && frame.size <= size);
		try_frame(&frame);
		bytes += frame.size;
		size -= frame.size;
	}
	return 0;
}
