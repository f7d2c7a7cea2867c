#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles a wrong program, and the same one made right by -DRIGHT.

usage: check.py COMPILER INCLUDE_DIRECTORY FILE

The right program must compile without a word. The wrong one must not, and what the compiler says up
to its second error must hold every text that the file's "// expect:" lines name, in at most 25
lines: a reader looks at the first ones.

A file with lines "// case NAME: TEXT | TEXT" holds several wrong programs. Each is compiled with
-DCASE=NAME, and its first error must hold these texts beside those of the "// expect:" lines.
"// compiler: NAME" names the only compiler that finds the fault; where it is missing, the test is
skipped.
"""
import re
import shutil
import subprocess
import sys

# Measured for GCC 12 and Clang 19. Later versions of GCC show more code with each error.
LINES_READ = {"g++": {12: 25, None: 45}, "clang++": {None: 25}}
SKIPPED = 77


def compile_it(compiler, include, path, *flags):
    return subprocess.run(
        [compiler, "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-I", include, *flags, path],
        capture_output=True, text=True)


def up_to_second_error(text):
    """The lines before the second error; compilers break no lines when their output is no terminal."""
    lines, errors = text.splitlines(), 0
    for number, line in enumerate(lines):
        errors += ": error: " in line
        if errors == 2:
            return lines[:number]
    return lines


def lines_read(compiler):
    said = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout
    kind = LINES_READ["clang++" if "clang" in said else "g++"]
    return kind.get(int(re.search(r"(\d+)\.\d+\.\d+", said)[1]), kind[None])


def faults_of(wrong, expected, name, most):
    if wrong.returncode == 0:
        return [f"{name} compiles"]
    first = up_to_second_error(wrong.stderr)
    faults = [f"{name}: the first error does not say: {part}"
              for part in expected if part not in "\n".join(first)]
    if len(first) > most:
        faults.append(f"{name}: the first error takes {len(first)} lines; {most} at most")
    if faults:
        faults.append(wrong.stderr)
    return faults


def main():
    compiler, include, path = sys.argv[1:]
    text = open(path, encoding="utf-8").read()
    expected = re.findall(r"^// expect: (.*)$", text, re.M)
    cases = re.findall(r"^// case (\w+): (.*)$", text, re.M)
    flags = " ".join(re.findall(r"^// flags: (.*)$", text, re.M)).split()
    for only in re.findall(r"^// compiler: (.*)$", text, re.M):
        compiler = shutil.which(only)
        if compiler is None:
            print(f"{only} is not installed")
            return SKIPPED
    most = lines_read(compiler)
    faults = [] if expected or cases else ["the file expects nothing"]

    right = compile_it(compiler, include, path, "-DRIGHT", *flags)
    if right.returncode != 0 or right.stderr:
        faults.append(f"the right program does not compile cleanly:\n{right.stderr}")
    for name, parts in cases:
        wrong = compile_it(compiler, include, path, f"-DCASE={name}", *flags)
        faults += faults_of(wrong, expected + parts.split(" | "), name, most)
    if not cases:
        faults += faults_of(compile_it(compiler, include, path, *flags), expected,
                            "the wrong program", most)
    if faults:
        print("\n".join(faults))
        return 1
    print(f"refused: {len(cases) or 1}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
