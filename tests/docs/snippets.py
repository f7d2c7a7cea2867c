#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Extracts the C++ snippets of the documentation, so that a test compiles and runs them.

usage: snippets.py OUTPUT_DIRECTORY FRAME...

A snippet is a fenced block that begins with ```cpp name=NAME. It is written to
OUTPUT_DIRECTORY/PAGE/NAME.inc, with a #line directive that points back to the page. A FRAME is a
C++ source of the test that includes the files. Fails when a C++ block has no name, when a name
occurs twice on a page, or when no frame includes a snippet. README.md is left out: its program is
compared with examples/hello by check_docs.py.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(.*)$")
NAMED = re.compile(r"cpp name=([a-z0-9_]+)")
INCLUDED = re.compile(r'#include "([a-z0-9-]+/[a-z0-9_]+\.inc)"')


def blocks(page):
    """The fenced blocks of a page: info string, number of the first line, lines."""
    info, first, lines = None, 0, []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if fence is None:
            lines.append(line)
        elif info is None:
            info, first, lines = fence[1], number + 1, []
        else:
            yield info, first, lines
            info = None
    if info is not None:
        raise SystemExit(f"{page.name}: the block at line {first - 1} is not closed")


def write_if_changed(path, text):
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    output = pathlib.Path(sys.argv[1])
    included = set()
    for frame in sys.argv[2:]:
        included.update(INCLUDED.findall(pathlib.Path(frame).read_text(encoding="utf-8")))
    problems = []
    found = {}
    for page in sorted((ROOT / "docs").glob("*.md")):
        for info, first, lines in blocks(page):
            if not info.startswith("cpp"):
                continue
            named = NAMED.fullmatch(info)
            if named is None:
                problems.append(f"{page.name}:{first - 1}: a C++ block begins with ```cpp name=NAME")
                continue
            file = f"{page.stem}/{named[1]}.inc"
            if file in found:
                problems.append(f"{page.name}:{first - 1}: a second block has the name {named[1]}")
            found[file] = f'#line {first} "{page}"\n' + "\n".join(lines) + "\n"
    for file in sorted(found.keys() - included):
        problems.append(f"{file} is not included by any of {', '.join(sys.argv[2:])}")
    for file in sorted(included - found.keys()):
        problems.append(f"{file} is included, but no page has this snippet")
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    for file, text in found.items():
        write_if_changed(output / file, text)
    write_if_changed(output / "stamp", "".join(found[file] for file in sorted(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
