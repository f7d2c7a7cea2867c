#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what the documentation says about the repository.

- Every `Suite.Test` named on a page is a test in the sources, every `room.test` one that CMake adds.
- Every relative link leads to a file, and its anchor to a heading of that file.
- Every folder and file named in backticks below one of the repository's folders exists.
- Every page of docs/ is linked from README.md.
- The program in README.md is examples/hello, of at most 14 lines.
- docs/production.md names every metric and no others.
- docs/architecture.md names every room of src/quipu/rooms.cmake.

What programs print, and the code of the pages, is checked by transcripts_test.py, commands_test.py
and snippets.py.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TEST = re.compile(r"^\s*TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.M)
NAMED = re.compile(r"`([A-Z]\w+)\.([A-Z]\w+)`")
ADDED = re.compile(r"add_test\(NAME\s+([\w.${}]+)")
NAMED_OF_CMAKE = re.compile(
    r"`((?:store|install|e2e|conformance|interop|compile_fail|faults|tidy|docs|cli)\.[\w-]+)`")
LINK = re.compile(r"\[[^\]]+\]\((?!https?://)([^)#]*)(?:#([^)]*))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.M)
PATH = re.compile(r"`((?:docs|src|include|tests|integr8s|examples|samples|fuzz|bench|tools|cmake)/[\w./-]*)`")
ROOM = re.compile(r"^\s*quipu_room\((\w+)", re.M)
METRICS = pathlib.Path("src/quipu/app/runtime/metrics.cpp")
WATCHED = pathlib.Path("docs/production.md")
HELLO = pathlib.Path("examples/hello/hello.cpp")


def check_hello():
    source = (ROOT / HELLO).read_text(encoding="utf-8")
    lines = [line for line in source.splitlines() if line and not line.strip().startswith("//")]
    if len(lines) > 14:
        yield f"{HELLO} has {len(lines)} lines"
    if f"```cpp\n{source}```" not in (ROOT / "README.md").read_text(encoding="utf-8"):
        yield f"README.md does not show {HELLO} as it is"


def check_metrics():
    made = set(re.findall(r'"(quipu_\w+)"', (ROOT / METRICS).read_text(encoding="utf-8")))
    told = set(re.findall(r"\bquipu_\w+", (ROOT / WATCHED).read_text(encoding="utf-8")))
    for name in sorted(made - told):
        yield f"{WATCHED} does not name the metric {name}"
    for name in sorted(told - made):
        yield f"{WATCHED} names the metric {name}, which {METRICS} does not make"


def check_rooms():
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    for room in ROOM.findall((ROOT / "src/quipu/rooms.cmake").read_text(encoding="utf-8")):
        if f"`{room}`" not in page:
            yield f"docs/architecture.md does not name the room {room}"


def check_index():
    index = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in sorted((ROOT / "docs").glob("*.md")):
        if f"(docs/{page.name})" not in index:
            yield f"README.md does not link to docs/{page.name}"


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def check_link(page, target, anchor):
    file = page.parent / target if target else page
    if not file.exists():
        return f"{page.name} links to {target}, which does not exist"
    if anchor and anchor not in anchors(file):
        return f"{page.name} links to {target}#{anchor}, which is no heading there"
    return None


def main():
    known = set()
    for source in (ROOT / "tests").rglob("*.cpp"):
        known.update(TEST.findall(source.read_text(encoding="utf-8")))
    added = []
    for source in (ROOT / "tests").rglob("CMakeLists.txt"):
        for name in ADDED.findall(source.read_text(encoding="utf-8")):
            added.append(re.compile(re.sub(r"\\\$\\{\w+\\}", r"[\\w-]+", re.escape(name))))
    problems = [*check_hello(), *check_metrics(), *check_rooms(), *check_index()]
    checked = 5
    outside = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    for page in [*outside, *sorted((ROOT / "docs").glob("*.md"))]:
        if not page.exists():
            problems.append(f"{page.name} is missing")
            continue
        text = page.read_text(encoding="utf-8")
        for suite, name in NAMED.findall(text):
            checked += 1
            if (suite, name) not in known:
                problems.append(f"{page.name} names the test {suite}.{name}, which does not exist")
        for name in NAMED_OF_CMAKE.findall(text):
            checked += 1
            if not any(pattern.fullmatch(name) for pattern in added):
                problems.append(f"{page.name} names the test {name}, which CMake does not add")
        for target, anchor in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.S)):
            checked += 1
            wrong = check_link(page, target, anchor)
            if wrong:
                problems.append(wrong)
        for path in PATH.findall(text):
            checked += 1
            if not (ROOT / path).exists():
                problems.append(f"{page.name} names {path}, which does not exist")
    for problem in problems:
        print(problem)
    print(f"{checked} claims checked, {len(problems)} wrong")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
