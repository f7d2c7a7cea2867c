#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles a wrong program, and the same one made right by -DRIGHT.

usage: check.py COMPILER INCLUDE_DIRECTORY FILE

The right one must compile without a word. The wrong one must not, and what the compiler says must
hold every text that the file's "// expect:" lines name, not far down: a reader looks at the first
lines. "// compiler:" names the only compiler that finds the fault; without it the test is skipped.
"""
import re
import shutil
import subprocess
import sys

LINES_READ = 40
SKIPPED = 77


def compile_it(compiler, include, path, *flags):
    return subprocess.run(
        [compiler, "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-I", include, *flags, path],
        capture_output=True, text=True)


def main():
    compiler, include, path = sys.argv[1:]
    text = open(path, encoding="utf-8").read()
    expected = re.findall(r"^// expect: (.*)$", text, re.M)
    flags = " ".join(re.findall(r"^// flags: (.*)$", text, re.M)).split()
    for only in re.findall(r"^// compiler: (.*)$", text, re.M):
        compiler = shutil.which(only)
        if compiler is None:
            print(f"{only} is not installed")
            return SKIPPED
    faults = [] if expected else ["the file expects nothing"]

    right = compile_it(compiler, include, path, "-DRIGHT", *flags)
    if right.returncode != 0 or right.stderr:
        faults.append(f"the right program does not compile cleanly:\n{right.stderr}")
    wrong = compile_it(compiler, include, path, *flags)
    if wrong.returncode == 0:
        faults.append("the wrong program compiles")
    # Compilers break no lines when their output is no terminal.
    read = "\n".join(wrong.stderr.splitlines()[:LINES_READ])
    faults += [f"the first {LINES_READ} lines of the error do not say: {part}"
               for part in expected if part not in read]
    if faults:
        print("\n".join(faults), wrong.stderr, sep="\n\n")
        return 1
    print(f"refused in {len(wrong.stderr.splitlines())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
