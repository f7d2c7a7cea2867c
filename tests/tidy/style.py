#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the repository's text that no compiler and no formatter checks."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINES_MAX = 700
COLUMNS_MAX = 100
COLUMNS_MAX_SCRIPT = 120
CODE = {".cpp", ".hpp"}
SCRIPTS = {".py", ".sh", ".cmake"}
FREE_WIDTH = {".md", ".json", ".jsonl", ".svg", ".html"}  # tables and data
MARKDOWN_BREAKS = {".md"}
GENERATED = ("fuzz/corpus/", "tests/data/", "tests/codec/data/", "tests/conformance/check.py")

# Put together here so that this file passes its own check.
MACHINE_PATH = re.compile(r"(^|[^\w./-])/(wor" r"k|roo" r"t|hom" r"e/[a-z]|Use" r"rs)/")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
# Each with what to use in its place.
BANNED_CODE = [
    (re.compile(r"\bco_(await|yield|return)\b"), "coroutines: GCC 12 corrupts aggregates in them"),
    (re.compile(r"\bstd::(cout|cerr)\b"), "output belongs to the command line"),
    (re.compile(r"\bstd::endl\b"), "'\\n'"),
    (re.compile(r"\busing namespace std;"), "names with std::"),
    (re.compile(r"\b(strcat|sprintf|gets|atoi|atol|atof)\s*\("), "a checked function"),
    (re.compile(r"\bassert\s*\(\s*false\s*\)"), "an Error of kind internal"),
]
LICENSE = "SPDX-License-Identifier: Apache-2.0"
LICENSED = re.compile(r"\.(cpp|hpp|py|sh|cmake|java)$|(^|/)CMakeLists\.txt$")
# Shown to readers whole, or made by others.
WITHOUT_LICENSE = ("examples/", "samples/", "tests/install/codec_project/", "tests/install/whole_project/",
                   "tests/conformance/check.py")
# What a public header may not bring into a user's program.
HEAVY_INCLUDE = re.compile(r"#include\s*[<\"](boost|fmt|spdlog|sqlite3|simdjson|uv|nlohmann)")


def files():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    )
    for name in sorted(listed.stdout.decode().split("\0")):
        if name and (ROOT / name).is_file():
            yield name


def code_faults(name, lines):
    if name.endswith(".hpp"):
        first = next((line for line in lines if line.strip() and not line.startswith("//")), "")
        if first != "#pragma once":
            yield 1, "a header begins with #pragma once"
    public = name.startswith("include/")
    quiet = name.startswith(("src/", "include/", "integr8s/")) and not name.startswith(
        ("src/quipu/app/", "integr8s/cli/", "integr8s/main")
    )
    test = name.startswith("tests/")
    for number, line in enumerate(lines, 1):
        code = re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]
        for pattern, instead in BANNED_CODE:
            if instead.startswith("output") and not quiet or instead.startswith("a checked") and test:
                continue
            if pattern.search(code):
                yield number, f"'{pattern.search(code)[0]}' is not used here; {instead}"
        if public and HEAVY_INCLUDE.search(line):
            yield number, "a public header includes only the standard library and quipu"
        if name.startswith("integr8s/") and re.search(r'#include "(src/|quipu/.*/detail/)', line):
            yield number, "integr8s uses the public headers of quipu only"


def text_faults(name, text):
    suffix = Path(name).suffix
    lines = text.split("\n")
    if text and not text.endswith("\n"):
        yield len(lines), "no line break at the end of the file"
    if text.endswith("\n\n"):
        yield len(lines) - 1, "an empty line at the end of the file"
    if suffix in CODE | SCRIPTS and len(lines) - 1 > LINES_MAX:
        yield LINES_MAX, f"{len(lines) - 1} lines; {LINES_MAX} at most"
    if (LICENSED.search(name) and not name.startswith(WITHOUT_LICENSE)
            and LICENSE not in "".join(lines[:2])):
        yield 1, f"the first line, or the one after #!, says {LICENSE}"
    formatted = True
    columns = COLUMNS_MAX if suffix in CODE else COLUMNS_MAX_SCRIPT
    for number, line in enumerate(lines, 1):
        formatted = "clang-format on" in line or (formatted and "clang-format off" not in line)
        if "\t" in line:
            yield number, "a tab"
        if "\r" in line:
            yield number, "a carriage return"
        if line != line.rstrip() and suffix not in MARKDOWN_BREAKS:
            yield number, "white space at the end of the line"
        if len(line) > columns and formatted and suffix not in FREE_WIDTH:
            yield number, f"{len(line)} columns; {columns} at most"
        if MACHINE_PATH.search(line):
            yield number, "a path of one machine"
        if UNFINISHED.search(line):
            yield number, "a note of something unfinished"
    if suffix in CODE:
        yield from code_faults(name, lines)


def main():
    count = 0
    faults = 0
    for name in files():
        if name.startswith(GENERATED):
            continue
        data = (ROOT / name).read_bytes()
        if b"\0" in data:
            continue
        count += 1
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            print(f"{name}: not UTF-8")
            faults += 1
            continue
        for number, fault in text_faults(name, text):
            print(f"{name}:{number}: {fault}")
            faults += 1
    if count < 50:
        print(f"only {count} files were found: the list is wrong")
        return 1
    print(f"style: {count} files, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
