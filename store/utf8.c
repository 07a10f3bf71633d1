#include "store/utf8.h"

#include <unictype.h>
#include <unistr.h>

int utf8_next(const uint8_t *bytes, size_t size, uint32_t *ret)
{
	ucs4_t code_point;
	int length;

	if (bytes[0] < 0x80) {
		*ret = bytes[0];
		return 1;
	}
	/* libunistring takes these for the beginning of something. */
	if (bytes[0] > 0xf4)
		return -EILSEQ;
	length = u8_mbtoucr(&code_point, bytes, size);
	if (length == -2)
		return 0;
	if (length < 0)
		return -EILSEQ;
	*ret = code_point;
	return length;
}

bool utf8_is_control(uint32_t code_point)
{
	return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
}

bool utf8_is_blank(uint32_t code_point)
{
	return !utf8_is_control(code_point) && uc_is_property_white_space(code_point);
}
