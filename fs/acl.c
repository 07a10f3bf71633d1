#include "fs/acl.h"

#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

void acl_done(struct acl *acl)
{
	free(acl->bytes);
	*acl = (struct acl){0};
}

static int compare(const void *left, const void *right)
{
	const struct acl_entry *a = left;
	const struct acl_entry *b = right;

	if (a->group != b->group)
		return a->group ? 1 : -1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* Sort, merge and drop in place; returns how many are left. */
static size_t canonical(struct acl_entry *entries, size_t count)
{
	size_t kept = 0;

	qsort(entries, count, sizeof *entries, compare);
	for (size_t i = 0; i < count; i++) {
		if (!entries[i].bits)
			continue;
		if (kept && compare(&entries[kept - 1], &entries[i]) == 0)
			entries[kept - 1].bits |= entries[i].bits;
		else
			entries[kept++] = entries[i];
	}
	return kept;
}

static struct posix_acl_xattr_entry coded(unsigned tag, unsigned bits, id_t id)
{
	return (struct posix_acl_xattr_entry){
		.e_tag = htole16((uint16_t)tag),
		.e_perm = htole16((uint16_t)bits),
		.e_id = htole32(id),
	};
}

static int encode(unsigned owner_bits, unsigned other_bits, unsigned mask,
		  const struct acl_entry *named, size_t count, struct acl *ret)
{
	static const struct posix_acl_xattr_header header = {POSIX_ACL_XATTR_VERSION};
	const size_t size = sizeof header + (count + 4) * sizeof(struct posix_acl_xattr_entry);
	uint8_t *bytes = malloc(size);
	struct posix_acl_xattr_entry *out;
	size_t i = 0;

	if (!bytes)
		return -ENOMEM;
	*(struct posix_acl_xattr_header *)(void *)bytes = header;
	out = (struct posix_acl_xattr_entry *)(void *)(bytes + sizeof header);
	*out++ = coded(ACL_USER_OBJ, owner_bits, (id_t)ACL_UNDEFINED_ID);
	for (; i < count && !named[i].group; i++)
		*out++ = coded(ACL_USER, named[i].bits, named[i].id);
	*out++ = coded(ACL_GROUP_OBJ, 0, (id_t)ACL_UNDEFINED_ID);
	for (; i < count; i++)
		*out++ = coded(ACL_GROUP, named[i].bits, named[i].id);
	*out++ = coded(ACL_MASK, mask, (id_t)ACL_UNDEFINED_ID);
	*out = coded(ACL_OTHER, other_bits, (id_t)ACL_UNDEFINED_ID);
	*ret = (struct acl){(mode_t)(owner_bits << 6 | mask << 3 | other_bits), bytes, size};
	return 0;
}

int acl_build(unsigned owner_bits, unsigned other_bits, const struct acl_entry *entries,
	      size_t count, struct acl *ret)
{
	CLEANUP_FREE struct acl_entry *named = calloc(count + 1, sizeof *named);
	unsigned mask = 0;

	if (!named)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		named[i] = entries[i];
	count = canonical(named, count);
	if (count > ACL_NAMED_MAX)
		return -E2BIG;
	if (!count) {
		*ret = (struct acl){.mode = (mode_t)(owner_bits << 6 | other_bits)};
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		mask |= named[i].bits;
	return encode(owner_bits, other_bits, mask, named, count, ret);
}
