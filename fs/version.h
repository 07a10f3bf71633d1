/* The version of this program; meson.build says it first and passes it on. */
#pragma once

#ifndef CREDFS_VERSION
#error "the build passes CREDFS_VERSION"
#endif
