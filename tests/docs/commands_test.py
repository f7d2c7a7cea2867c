# SPDX-License-Identifier: Apache-2.0
"""The commands and options that the documentation names exist.

usage: commands_test.py PROGRAM

docs/operate.md lists all commands of a program, and no others. Every option that a page names belongs
to one of these commands, or to one of the other programs below. A program accepts every configuration
file that a page shows.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SETTINGS = re.compile(r"^```ini\n(.*?)^```$", re.M | re.S)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
OTHERS = {
    "cmake": "--build --install --prefix --preset --target",
    "pkg-config": "--cflags --libs --static",
    "./run and ./test": "--all --list --once --only --quick",
    "kafka-acls.sh": "--add --allow-principal --bootstrap-server --command-config --group --operation "
                     "--resource-pattern-type --topic",
    "mongodump": "--oplog",
    "integr8s": "--follow",
    "tests/docs/engine_differences.py": "--write",
}
PROGRAM = ""


def called(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=True).stdout


def commands_of(text):
    """The names under the heading Commands of a help text."""
    part = re.search(r"^(?:Sub)?[Cc]ommands:\n((?:[ ]+.*\n)+)", text, re.M)
    return re.findall(r"^ {2}([a-z][a-z-]*)\b", part[1], re.M) if part else []


def shown_commands():
    """Of the table in docs/operate.md."""
    page = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
    table = page[page.index("| command |"):page.index("Exit codes:")]
    for row in table.strip().splitlines()[2:]:
        for text in re.findall(r"`([^`]+)`", row.split("|")[1]):
            yield tuple(word for word in text.split() if word.islower())


class Commands(unittest.TestCase):
    def test_the_table_of_commands_is_complete(self):
        actual = set()
        for command in commands_of(called("--help")):
            below = commands_of(called(command, "--help"))
            actual.update((command, name) for name in below)
            if not below:
                actual.add((command,))
        self.assertEqual(set(shown_commands()), actual)

    def test_every_option_exists(self):
        known = set(OPTION.findall(called("--help")))
        for command in set(shown_commands()):
            known.update(OPTION.findall(called(*command, "--help")))
        for options in OTHERS.values():
            known.update(options.split())
        for page in PAGES:
            for option in sorted(set(OPTION.findall(page.read_text(encoding="utf-8")))):
                with self.subTest(page=page.name, option=option):
                    self.assertIn(option, known)

    def test_every_configuration_file_is_accepted(self):
        shown = [(page, text) for page in PAGES
                 for text in SETTINGS.findall(page.read_text(encoding="utf-8"))]
        self.assertGreater(len(shown), 2)
        for page, text in shown:
            with self.subTest(page=page.name), tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
                file.write(text)
                file.flush()
                done = subprocess.run([PROGRAM, "config", "--config", file.name], capture_output=True,
                                      text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    unittest.main(argv=sys.argv[:1])
