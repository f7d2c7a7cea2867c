# SPDX-License-Identifier: Apache-2.0
"""Runs the shell sessions of the documentation and compares what the programs print.

usage: transcripts_test.py PROGRAM...

A session is a fenced block that begins with ```console run: lines that begin with "$ " are commands,
the others their output. The blocks of a page share one new directory. A command that ends with "&"
runs until the end of the page. Event ids, times and process ids may differ, and a line "…" stands for
any lines. Lines of a program's log may be left out of a page; a command that only reads is repeated
until it prints what is shown, because a handler may not have finished yet.
"""
import os
import pathlib
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from ports import free_port  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SESSION = re.compile(r"^```console run\n(.*?)^```$", re.M | re.S)
READS = re.compile(r"^(curl -s http\S+|\S+ (events|show|groups|account|dead-letters list)\b.*)$")
PORT_OF_THE_PAGES = 8080
FOREVER = 60  # seconds; only a hang takes this long
DIRECTORIES = []


def commands(page):
    """Every command of a page's sessions, with the lines of its output."""
    found = []
    for session in SESSION.findall(page.read_text(encoding="utf-8")):
        for line in session.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def comparable(line):
    line = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<id>", line)
    line = re.sub(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "<time>", line)
    return re.sub(r"\bprocess \d+", "process <pid>", line).rstrip()


def difference(shown, printed):
    """What is wrong with the lines shown, or None."""
    shown = [comparable(line) for line in shown]
    printed = [comparable(line) for line in printed]
    for line in shown:
        if line != "…" and line not in printed:
            return f"not printed: {line}"
    for line in printed:
        if "…" not in shown and line not in shown and not line.startswith("<time> "):
            return f"not shown: {line}"
    return None


class Background:
    def __init__(self, command, directory, environment):
        self.process = subprocess.Popen(["bash", "-c", "exec " + command], cwd=directory,
                                        env=environment, text=True, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def await_lines(self, shown, change):
        printed = []
        while True:
            wrong = difference(shown, printed)
            if wrong is None:
                return
            line = self.lines.get(timeout=FOREVER)
            if line is None:
                raise AssertionError(f"{wrong}\nprinted:\n" + "\n".join(printed))
            printed.append(change(line))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(FOREVER)
        self.reader.join()
        self.process.stdout.close()


class Transcripts(unittest.TestCase):
    def test_every_session_prints_what_is_shown(self):
        ran = 0
        for page in PAGES:
            with self.subTest(page=page.name):
                ran += self.run_page(page)
        self.assertGreater(ran, 10)

    def run_page(self, page):
        port = str(free_port())
        environment = dict(os.environ)
        environment["PATH"] = os.pathsep.join([*DIRECTORIES, environment["PATH"]])
        background = []
        with tempfile.TemporaryDirectory(prefix="quipu-docs-") as directory:
            try:
                for command, shown in commands(page):
                    actual = command.replace(f":{PORT_OF_THE_PAGES}", f":{port}")
                    change = lambda line: line.replace(f":{port}", f":{PORT_OF_THE_PAGES}")
                    if actual.endswith(" &"):
                        serving = dict(environment, QUIPU_HTTP=f"127.0.0.1:{port}")
                        background.append(Background(actual[:-2], directory, serving))
                        background[-1].await_lines(shown, change)
                    else:
                        self.run_command(actual, shown, directory, environment)
            finally:
                for program in background:
                    program.stop()
        return len(commands(page))

    def run_command(self, command, shown, directory, environment):
        end = time.monotonic() + FOREVER
        while True:
            done = subprocess.run(["bash", "-c", command], cwd=directory, env=environment, text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=FOREVER, check=False)
            wrong = difference(shown, done.stdout.splitlines())
            if wrong is None or READS.match(command) is None or time.monotonic() > end:
                self.assertIsNone(wrong, f"$ {command}\n{done.stdout}")
                return
            time.sleep(0.05)


if __name__ == "__main__":
    DIRECTORIES = list(dict.fromkeys(str(pathlib.Path(program).resolve().parent) for program in sys.argv[1:]))
    unittest.main(argv=sys.argv[:1])
