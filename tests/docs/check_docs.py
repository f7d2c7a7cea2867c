#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what the documentation claims about the repository.

Every `Suite.Test` named in docs/*.md and README.md must be a test of the sources, every `room.test`
a test that CMake adds; every relative link must lead to a file; the program in README.md is
examples/hello, of at most 14 lines; docs/production.md names every metric, and no other.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TEST = re.compile(r"^\s*TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.M)
NAMED = re.compile(r"`([A-Z]\w+)\.([A-Z]\w+)`")
ADDED = re.compile(r"add_test\(NAME\s+([\w.${}]+)")
NAMED_OF_CMAKE = re.compile(
    r"`((?:store|install|e2e|conformance|interop|compile_fail|faults|tidy)\.[\w-]+)`")
LINK = re.compile(r"\[[^\]]+\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)")
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


def main():
    known = set()
    for source in (ROOT / "tests").rglob("*.cpp"):
        known.update(TEST.findall(source.read_text(encoding="utf-8")))
    added = []
    for source in (ROOT / "tests").rglob("CMakeLists.txt"):
        for name in ADDED.findall(source.read_text(encoding="utf-8")):
            added.append(re.compile(re.sub(r"\\\$\\{\w+\\}", r"[\\w-]+", re.escape(name))))
    problems = list(check_hello()) + list(check_metrics())
    checked = 3
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]:
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
        for target in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.S)):
            checked += 1
            if not (page.parent / target).exists():
                problems.append(f"{page.name} links to {target}, which does not exist")
    for problem in problems:
        print(problem)
    print(f"{checked} claims checked, {len(problems)} wrong")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
