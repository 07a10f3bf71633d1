/*
 * What something new may be called, and what not: an organisation, an account, a project, a link.
 */
#pragma once

#include <errno.h>

#define NAMES_255                                                                          \
	"123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 " \
	"123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 " \
	"123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 " \
	"123456789 12345"

static const struct {
	const char *name;
	int expected;
} names[] = {
	{"a", 0},
	{"Production OpenAI", 0},
	{"\xc3\xa4pfel \xe2\x82\xac \xf0\x9f\x94\x91", 0},
	{"provider", 0},
	{"a.b", 0},
	{"-r", 0},
	{NAMES_255, 0},
	{NAMES_255 "6", -ENAMETOOLONG},
	{"", -EINVAL},
	{"a/b", -EINVAL},
	{"/", -EINVAL},
	{"a\nb", -EINVAL},
	{"a\tb", -EINVAL},
	{"a\x01", -EINVAL},
	{"a\x7f", -EINVAL},
	{"a\xc2\x85", -EINVAL}, /* a control character beyond ASCII */
	{"a\xff", -EINVAL},
	{"\xc3", -EINVAL},
	{"\xc0\xaf", -EINVAL},	   /* an overlong '/' */
	{"\xed\xa0\x80", -EINVAL}, /* a surrogate */
	{".", -EINVAL},
	{"..", -EINVAL},
	{".hidden", -EINVAL},
	{".status", -EINVAL},
	{"openai~", -EINVAL}, /* what editors leave beside a file */
	{"#openai#", -EINVAL},
	{"4913", -EINVAL},
	{"sedAb12Cd", -EINVAL},
	{"openai.tmp", -EINVAL},
	{"tmpAb12Cd3E", -EINVAL},
	{"openai.bak", -EINVAL},
	{"openai.new", -EINVAL},
	{"openai.lock", -EINVAL},
	{"openai.o1234567", -EINVAL},
	{"openai___jb_tmp___", -EINVAL},
	{"XXAb12Cd", -EINVAL},
};
enum { NAMES = sizeof names / sizeof names[0] };
