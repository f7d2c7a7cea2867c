# SPDX-License-Identifier: Apache-2.0
"""Runs a program built with quipu as its users do: by its command line, in a fresh directory."""
import http.client
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from ports import free_port  # noqa: E402,F401

# Far beyond what anything here takes: only a hang reaches it.
FOREVER = 60

PROGRAMS = {}


def eventually(condition, what="the condition"):
    """Waits until condition() gives something true; returns that."""
    end = time.monotonic() + FOREVER
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {FOREVER} s")
        pause.wait(0.02)


def get(port, path):
    """The status and the JSON of an answer; None while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=FOREVER)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except ConnectionRefusedError:
        return None
    finally:
        connection.close()


class Answer:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def json_lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


class RunningProgram:
    """`PROGRAM run` beside the test; its log is JSON lines on standard error."""

    def __init__(self, program, directory, *arguments):
        self.process = subprocess.Popen(
            [program, "run", "--json", *arguments], cwd=directory, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.log = []
        self.out = []
        self._lines = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stderr, self.log, True)),
            threading.Thread(target=self._read, args=(self.process.stdout, self.out, False)),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, lines, watched):
        for line in stream:
            lines.append(line)
            if watched:
                self._lines.put(line)
        if watched:
            self._lines.put(None)

    def wait_for_log(self, text):
        while True:
            line = self._lines.get(timeout=FOREVER)
            if line is None:
                raise AssertionError(f"the program ended without logging {text!r}: {self.log}")
            if text in line:
                return json.loads(line)

    def wait_for_out(self, text):
        return eventually(lambda: any(text in line for line in self.out), f"output {text!r}")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        code = self.process.wait(timeout=FOREVER)
        for reader in self._readers:
            reader.join(FOREVER)
        return code

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.wait()


class CliTest(unittest.TestCase):
    program_name = "hello"

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="quipu-cli-")
        self.addCleanup(holder.cleanup)
        self.directory = pathlib.Path(holder.name)
        self.program = PROGRAMS[self.program_name]

    def call_any(self, *arguments, stdin="", env=None):
        """Whatever comes of it."""
        done = subprocess.run(
            [self.program, *arguments], cwd=self.directory, input=stdin, text=True,
            capture_output=True, timeout=FOREVER, env={**os.environ, **(env or {})})
        return Answer(done)

    def call(self, *arguments, stdin="", expect=0, env=None):
        answer = self.call_any(*arguments, stdin=stdin, env=env)
        self.assertEqual(answer.code, expect, f"{arguments}\n{answer.out}\n{answer.err}")
        return answer

    def run_program(self, *arguments):
        running = RunningProgram(self.program, self.directory, *arguments)
        self.addCleanup(self._end, running)
        running.wait_for_log(" runs on ")
        return running

    @staticmethod
    def _end(running):
        if running.process.poll() is None:
            running.process.kill()
        running.wait()
        running.process.stdout.close()
        running.process.stderr.close()

    def publish(self, event_type, fields, *options):
        answer = self.call("publish", event_type, json.dumps(fields), "--json", *options)
        return answer.json

    def group(self, name):
        rows = self.call("groups", "--json").json["groups"]
        return next(row for row in rows if row["group"] == name)

    def wait_until_handled(self, group):
        def done():
            row = self.group(group)
            return row["lag"] == 0 and not row["in_flight"]
        eventually(done, f"group {group} handling everything")


def main():
    """usage: NAME_test.py HELLO ORDERS [unittest options]"""
    PROGRAMS["hello"], PROGRAMS["orders"] = (os.path.abspath(path) for path in sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
