/*
 * /dev/fuse as the supervisor uses it: the first request, having requests sent again that a worker
 * took along, and whether the mount is still there. Whoever holds the device holds the mount.
 */
#pragma once

#include <stdbool.h>

#include "fs/shared.h"

/* -errno. */
int device_open(int *ret) MUST_CHECK;

/* Read the request that the kernel begins with, once it is mounted; it waits for the answer.
 * -EPROTO when it is another one. */
int device_begin(int device, struct shared_message *ret) MUST_CHECK;

/* Whether the kernel can send requests again (since 6.9), as it said when it began. */
bool device_can_resend(const struct shared_message *init);

/* Have it send again every request that was read and not answered. Nobody may be reading. */
int device_resend(int device) MUST_CHECK;

/* The mount is gone, or was aborted. */
bool device_is_gone(int device);
