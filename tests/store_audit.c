#include "store/audit.h"

#include "tests/auditing.h"

/* All of the text, read in pieces of `step` bytes. */
static struct bytes read_all(struct auditing *auditing, size_t step)
{
	const size_t size = audit_size(auditing->audit);
	struct bytes bytes = {malloc(size + step), 0};
	size_t got = 0;

	do {
		cr_assert_eq(audit_read(auditing->audit, bytes.size, (char *)bytes.at + bytes.size,
					step, &got),
			     0);
		bytes.size += got;
	} while (got);
	cr_assert_eq(bytes.size, size);
	return bytes;
}

static struct bytes lines(unsigned from, unsigned count)
{
	struct bytes bytes = {malloc((size_t)count * 512 + 1), 0};

	for (unsigned i = from; i < from + count; i++)
		bytes.size += auditing_line(i, (char *)bytes.at + bytes.size);
	return bytes;
}

static void assert_reads(struct auditing *auditing, unsigned from, unsigned count, size_t step)
{
	BYTES expected = lines(from, count);
	BYTES got = read_all(auditing, step);

	cr_assert_eq(got.size, expected.size, "%zu, not %zu", got.size, expected.size);
	cr_assert_arr_eq(got.at, expected.at, got.size);
}

Test(audit, what_is_appended_is_read_byte_for_byte)
{
	AUDITING auditing = auditing_new(1 << 20);

	cr_assert_eq(audit_size(auditing.audit), 0);
	auditing_fill(&auditing, 0, 300);
	assert_reads(&auditing, 0, 300, 1 << 16);
	assert_reads(&auditing, 0, 300, 333);
	cr_assert_eq(audit_last(auditing.audit), 300);
	cr_assert_eq(audit_time(auditing.audit), 300);
}

Test(audit, any_part_of_the_text_is_found_by_its_place)
{
	AUDITING auditing = auditing_new(64 << 20);
	BYTES expected = lines(0, 3000);
	char part[64];
	size_t got = 0;

	auditing_fill(&auditing, 0, 3000);
	cr_assert_eq(audit_size(auditing.audit), expected.size);
	for (size_t at = 0; at + sizeof(part) < expected.size; at += 4099) {
		cr_assert_eq(audit_read(auditing.audit, at, part, sizeof(part), &got), 0);
		cr_assert_eq(got, sizeof(part));
		cr_assert_arr_eq(part, expected.at + at, sizeof(part));
	}
	cr_assert_eq(audit_read(auditing.audit, expected.size + 5, part, sizeof(part), &got), 0);
	cr_assert_eq(got, 0);
}

Test(audit, the_chain_goes_on_after_a_restart)
{
	AUDITING auditing = auditing_new(64 << 20);

	auditing_fill(&auditing, 0, 100);
	auditing_reopen(&auditing);
	auditing_fill(&auditing, 100, 100);
	cr_assert_eq(audit_torn(auditing.audit), 0);
	cr_assert_eq(audit_last(auditing.audit), 200);
	cr_assert_eq(auditing_segments(&auditing), 1);
	assert_reads(&auditing, 0, 200, 777);
	auditing_reopen(&auditing);
	assert_reads(&auditing, 0, 200, 777);
}

/* Who was removed may have the key of the segment that was being written. */
Test(audit, a_new_epoch_begins_a_new_segment)
{
	AUDITING auditing = auditing_new(1 << 20);
	const struct rekey rekey = org_rekey(auditing.org);

	for (unsigned round = 0; round < 3; round++) {
		auditing_fill(&auditing, 10 * round, 10);
		cr_expect_eq(auditing_segments(&auditing), round + 1);
		auditing_reopen(&auditing);
		cr_assert_eq(rekey_rotate(&rekey), 0);
	}
	auditing_fill(&auditing, 30, 1);
	cr_expect_eq(auditing_segments(&auditing), 4);
	assert_reads(&auditing, 0, 31, 1 << 16);
	auditing_reopen(&auditing);
	assert_reads(&auditing, 0, 31, 1 << 16);
	cr_expect_eq(auditing_segments(&auditing), 4, "the same epoch");
}

Test(audit, lines_go_on_through_segments)
{
	AUDITING auditing = auditing_new(1 << 20);

	auditing_fill(&auditing, 0, 800);
	cr_assert_gt(auditing_segments(&auditing), 2);
	assert_reads(&auditing, 0, 800, 5000);
	auditing_reopen(&auditing);
	auditing_fill(&auditing, 800, 200);
	assert_reads(&auditing, 0, 1000, 70000);
}

Test(audit, an_unfinished_record_is_cut_off)
{
	/* How many bytes of the last record a crash left. */
	static const size_t left[] = {1, 4, 5, 60, 150};

	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		AUDITING auditing = auditing_new(1 << 20);
		char path[256];

		auditing_fill(&auditing, 0, 10);
		auditing.audit = audit_close(auditing.audit);
		auditing_path(&auditing, 0, path);
		{
			BYTES file = file_read(path, "");
			const size_t last = auditing_frame(&file, 9);

			cr_assert_lt(last + left[i], file.size);
			file_write(path, file.at, last + left[i]);
		}
		auditing_reopen(&auditing);
		cr_assert_eq(audit_torn(auditing.audit), left[i]);
		cr_assert_eq(audit_last(auditing.audit), 9);
		auditing_fill(&auditing, 9, 5);
		assert_reads(&auditing, 0, 14, 1000);
	}
}

Test(audit, zeros_that_a_power_cut_left_are_cut_off)
{
	AUDITING auditing = auditing_new(1 << 20);
	char path[256];

	auditing_fill(&auditing, 0, 10);
	auditing.audit = audit_close(auditing.audit);
	auditing_path(&auditing, 0, path);
	{
		BYTES file = file_read(path, "");
		const size_t last = auditing_frame(&file, 9);

		memset(file.at + last, 0, file.size - last);
		file_write(path, file.at, file.size);
	}
	auditing_reopen(&auditing);
	cr_assert_gt(audit_torn(auditing.audit), 0);
	auditing_fill(&auditing, 9, 5);
	assert_reads(&auditing, 0, 14, 1000);
}

Test(audit, more_than_one_record_of_garbage_stays_as_it_is)
{
	AUDITING auditing = auditing_new(64 << 20);
	char path[256];

	auditing_fill(&auditing, 0, 200);
	auditing.audit = audit_close(auditing.audit);
	auditing_path(&auditing, 0, path);
	{
		BYTES file = file_read(path, "");
		const size_t from = auditing_frame(&file, 100);

		cr_assert_gt(file.size - from, (size_t)AUDIT_FRAME_MAX);
		memset(file.at + from, 0x55, file.size - from);
		file_write(path, file.at, file.size);
		auditing_reopen(&auditing);
		auditing_fill(&auditing, 100, 5);
	}
	{
		BYTES file = file_read(path, "");

		cr_assert_eq(file.at[file.size - 1], 0x55, "the evidence is still there");
	}
	cr_assert_eq(auditing_segments(&auditing), 2);
	assert_reads(&auditing, 0, 105, 1000);
}

Test(audit, a_damaged_record_is_a_blank_line_and_the_others_stay_where_they_are)
{
	AUDITING auditing = auditing_new(1 << 20);
	BYTES expected = lines(0, 200);
	char path[256], line[512];
	size_t before = 0;

	auditing_fill(&auditing, 0, 200);
	auditing_path(&auditing, 0, path);
	{
		BYTES file = file_read(path, "");

		file.at[auditing_frame(&file, 77) + 120] ^= 1;
		file_write(path, file.at, file.size);
	}
	for (unsigned i = 0; i < 77; i++)
		before += auditing_line(i, line);
	memset(expected.at + before, ' ', auditing_line(77, line) - 1);
	auditing_reopen(&auditing);
	for (size_t step = 100; step < 10000; step *= 10) {
		BYTES got = read_all(&auditing, step);

		cr_assert_eq(got.size, expected.size);
		cr_assert_arr_eq(got.at, expected.at, got.size);
	}
}

Test(audit, the_limit_refuses_and_moving_segments_away_makes_room)
{
	AUDITING auditing = auditing_new(512 * 1024);
	unsigned count = 0;
	char path[256];
	size_t before;
	int r;

	while ((r = auditing_append(&auditing, count)) == 0)
		count++;
	cr_assert_eq(r, -EDQUOT);
	cr_assert_eq(audit_reserve(auditing.audit, auditing.org, 1), -EDQUOT);
	cr_assert_leq(audit_bytes(auditing.audit), auditing.limit);
	cr_assert_gt(audit_bytes(auditing.audit), auditing.limit - 2 * AUDIT_FRAME_MAX);
	assert_reads(&auditing, 0, count, 60000);
	before = audit_size(auditing.audit);

	auditing_path(&auditing, 0, path);
	cr_assert_eq(unlink(path), 0);
	cr_assert_lt(audit_size(auditing.audit), before);
	cr_assert_eq(auditing_append(&auditing, count), 0);
	cr_assert_eq(audit_last(auditing.audit), count + 1);
	{
		BYTES got = read_all(&auditing, 60000);

		cr_assert_eq(memcmp(got.at, "{\"line\":", 8), 0, "it begins with a line");
	}
	auditing_reopen(&auditing);
	cr_assert_eq(audit_last(auditing.audit), count + 1);
}

Test(audit, a_line_that_is_too_long_is_refused)
{
	AUDITING auditing = auditing_new(1 << 20);
	char line[AUDIT_LINE_MAX + 1];
	struct audit_entry entry = {line, sizeof(line), 1, false};

	memset(line, 'x', sizeof(line));
	cr_assert_eq(audit_append(auditing.audit, auditing.org, &entry), -EFBIG);
	entry.size--;
	cr_assert_eq(audit_append(auditing.audit, auditing.org, &entry), 0);
	cr_assert_eq(audit_size(auditing.audit), AUDIT_LINE_MAX);
}

Test(audit, nothing_of_a_line_is_in_the_files)
{
	AUDITING auditing = auditing_new(1 << 20);
	static const char canary[] = "orgs/acme/openai/api_key\n";
	const struct audit_entry entry = {canary, sizeof(canary) - 1, 1, true};
	char path[256];

	cr_assert_eq(audit_append(auditing.audit, auditing.org, &entry), 0);
	auditing_sign(&auditing);
	auditing_path(&auditing, 0, path);
	{
		BYTES file = file_read(path, "");

		cr_assert_not(memmem(file.at, file.size, "acme", 4));
		cr_assert_not(memmem(file.at, file.size, "api_key", 7));
	}
}

Test(audit, the_files_are_closed_to_others)
{
	AUDITING auditing = auditing_new(1 << 20);
	char path[256];
	struct stat st;

	auditing_fill(&auditing, 0, 1);
	cr_assert_eq(stat(auditing.directory, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0700);
	auditing_path(&auditing, 0, path);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	*strrchr(path, '/') = '\0';
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0700);
}

Test(audit, only_what_is_not_signed_yet_is_to_be_signed)
{
	AUDITING auditing = auditing_new(1 << 20);
	const struct recipient *signer = NULL;
	struct audit_record record;

	cr_assert_not(audit_unsigned(auditing.audit, &record, &signer));
	auditing_fill(&auditing, 0, 3);
	auditing_sign(&auditing);
	cr_assert_not(audit_unsigned(auditing.audit, &record, &signer));
	auditing_fill(&auditing, 3, 1);
	cr_assert(audit_unsigned(auditing.audit, &record, &signer));
	cr_assert_eq(record.seq, 4);
	auditing_reopen(&auditing);
	cr_assert(audit_unsigned(auditing.audit, &record, &signer));
	auditing_sign(&auditing);
	auditing_reopen(&auditing);
	cr_assert_not(audit_unsigned(auditing.audit, &record, &signer));
	assert_reads(&auditing, 0, 4, 100);
}

Test(audit, a_newest_segment_without_a_header_cannot_be_gone_on_with)
{
	AUDITING auditing = auditing_new(1 << 20);
	char path[256];

	auditing_fill(&auditing, 0, 10);
	auditing.audit = audit_close(auditing.audit);
	auditing_path(&auditing, 0, path);
	{
		BYTES file = file_read(path, "");

		file.at[40] ^= 1;
		file_write(path, file.at, file.size);
	}
	cr_assert_eq(audit_open(auditing.directory, auditing.limit, auditing.org, &auditing.audit),
		     -EBADMSG);
}

Test(audit, a_segment_that_a_crash_left_without_its_header_is_begun_anew)
{
	AUDITING auditing = auditing_new(1 << 20);
	char path[256];

	auditing_fill(&auditing, 0, 1);
	auditing.audit = audit_close(auditing.audit);
	auditing_path(&auditing, 0, path);
	file_write(path, "cred", 4);
	auditing_reopen(&auditing);
	auditing_fill(&auditing, 0, 3);
	assert_reads(&auditing, 0, 3, 100);
}
