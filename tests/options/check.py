#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether every options struct can be made by designated initialisers, some fields left out.

usage: check.py SOURCE_DIRECTORY COMPILER...

Compiles options.cpp with each compiler that is installed, and looks for structs of the public
headers named *Options that it does not use.
"""
import pathlib
import re
import shutil
import subprocess
import sys

FLAGS = ["-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Werror=missing-field-initializers"]


def main():
    root, compilers = pathlib.Path(sys.argv[1]), sys.argv[2:]
    program = root / "tests/options/options.cpp"
    used = set(re.findall(r"(\w+)\{\.", program.read_text(encoding="utf-8")))
    faults = []
    for folder in ("include/quipu", "integr8s"):
        for header in sorted((root / folder).rglob("*.hpp")):
            if "detail" in header.parts:
                continue
            text = header.read_text(encoding="utf-8")
            faults += [f"{header}: options.cpp lacks {name}"
                       for name in re.findall(r"^ *struct (\w*Options)\b[^;]*\{", text, re.M)
                       if name not in used]
    ran = 0
    for compiler in compilers:
        if shutil.which(compiler) is None:
            continue
        ran += 1
        result = subprocess.run([compiler, *FLAGS, "-I", root, "-I", root / "include", program],
                                capture_output=True, text=True)
        if result.returncode != 0 or result.stderr:
            faults.append(f"{compiler}:\n{result.stderr}")
    if ran == 0:
        faults.append("none of the compilers is installed: " + " ".join(compilers))
    print("\n".join(faults) or f"{len(used)} structs, {ran} compilers")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
