#!/usr/bin/env python3
"""Write the given files into a C file, for conf/builtin.h: embed.py OUTPUT FILE..."""

import os
import sys


def array(number, data):
    lines = [f"static const char file_{number}[] = {{"]
    for at in range(0, len(data), 16):
        lines.append("\t" + " ".join(f"{byte:#04x}," for byte in data[at:at + 16]))
    return "\n".join(lines + ["};"])


def main():
    output, *paths = sys.argv[1:]
    files = [(os.path.basename(path), open(path, "rb").read()) for path in paths]
    parts = ['#include "conf/builtin.h"']
    for number, (name, data) in enumerate(files):
        if max(data) > 0x7f:
            sys.exit(f"{name}: not ASCII")
        parts.append(array(number, data))
    parts.append("const struct builtin_file builtin_files[] = {")
    for number, (name, _) in enumerate(files):
        parts.append(f'\t{{"{name}", file_{number}, sizeof(file_{number})}},')
    parts.append("};")
    parts.append(f"const size_t builtin_file_count = {len(files)};")
    with open(output, "w", encoding="ascii") as out:
        out.write("\n".join(parts) + "\n")


main()
