# SPDX-License-Identifier: Apache-2.0
"""A real integr8s in a process of its own, as the end-to-end tests use it."""
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PATIENCE = 120  # seconds; far beyond what anything takes unless it hangs
BINARY = os.environ.get("INTEGR8S", "integr8s")
SKIPPED = 77


def wait_for(what, holds, patience=PATIENCE):
    """Asks again and again until `holds()` gives something true, and returns that."""
    until = time.monotonic() + patience
    while True:
        answer = holds()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {patience} s")
        time.sleep(0.02)


class Program:
    """integr8s on a file of its own and a free port. A context manager; may be started again."""

    def __init__(self, *arguments):
        self.arguments = arguments  # of `run`, beside the file and the address
        self._directory = tempfile.TemporaryDirectory(prefix="integr8s-e2e-")
        self.file = Path(self._directory.name) / "integr8s.db"
        self.log = Path(self._directory.name) / "log"
        self.process = None
        self.port = 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, error, trace):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if error is not None and not isinstance(error, unittest.SkipTest):
            print(self.log.read_text(errors="replace")[-4000:], file=sys.stderr)
        self._directory.cleanup()

    def start(self, port=0):
        with self.log.open("ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen(
                [BINARY, "run", "--file", str(self.file), "--http", f"127.0.0.1:{port}",
                 *self.arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )

        def real_port():
            if self.process.poll() is not None:
                raise AssertionError("integr8s ended:\n" + self.log.read_text(errors="replace"))
            text = self.log.read_bytes()[begin:].decode(errors="replace")
            found = re.search(r"serves http://127\.0\.0\.1:(\d+)", text)
            return int(found[1]) if found else None

        self.port = wait_for("the start of integr8s", real_port)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def call(self, method, path, body=None, headers=None):
        """Returns status and body; JSON bodies are decoded."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
            connection.request(method, path, body=body, headers=headers or {})
            reply = connection.getresponse()
            data = reply.read()
        finally:
            connection.close()
        if "json" in (reply.getheader("Content-Type") or ""):
            data = json.loads(data)
        return reply.status, data

    def submit(self, language, script, **more):
        status, reply = self.call(
            "POST", "/api/v1/executions", {"language": language, "script": script, **more}
        )
        if status not in (200, 201):
            raise AssertionError(f"submit: {status} {reply}")
        return reply["execution_id"]

    def state(self, execution_id):
        return self.call("GET", f"/api/v1/executions/{execution_id}")[1]["status"]

    def result(self, execution_id):
        """Waits for the end."""

        def ended():
            status, reply = self.call("GET", f"/api/v1/executions/{execution_id}/result")
            return reply if status == 200 else None

        return wait_for(f"the end of {execution_id}", ended)

    def output(self, execution_id, stream="stdout"):
        return self.call("GET", f"/api/v1/executions/{execution_id}/{stream}")[1]

    def events(self, execution_id):
        """Types in log order."""
        status, reply = self.call("GET", f"/api/v1/executions/{execution_id}/events?limit=200")
        if status != 200:
            raise AssertionError(f"events: {status} {reply}")
        return [one["event"]["event_type"] for one in reply["events"]]

    def languages(self):
        return {one["name"] for one in self.call("GET", "/api/v1/languages")[1]["languages"]}

    def idle(self):
        """True when no slot is taken and nothing waits."""
        queue = self.call("GET", "/api/v1/queue")[1]
        return queue["active"] == 0 and queue["waiting"] == 0

    def stream(self, execution_id, last_id=None):
        """The frames of the event stream as (id, event, data) until it ends."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Last-Event-ID": last_id} if last_id else {}
        connection.request("GET", f"/api/v1/events/executions/{execution_id}", headers=headers)
        reply = connection.getresponse()
        try:
            if reply.status != 200:
                return
            frame = {"id": None, "event": None, "data": []}
            for line in iter(reply.readline, b""):
                line = line.decode().rstrip("\n")
                if line.startswith(":"):
                    continue
                if not line:
                    if frame["data"]:
                        yield frame["id"], frame["event"], json.loads("\n".join(frame["data"]))
                    frame = {"id": None, "event": None, "data": []}
                    continue
                name, _, value = line.partition(": ")
                if name == "data":
                    frame["data"].append(value)
                else:
                    frame[name] = value
        finally:
            connection.close()

    def command(self, *arguments, **options):
        """Runs a command of integr8s against this program."""
        return subprocess.run(
            [BINARY, *arguments, "--http", self.address], capture_output=True, timeout=PATIENCE,
            check=False, **options,
        )


TERMINAL = {
    "execution_completed", "execution_failed", "execution_timeout", "execution_cancelled",
}


def skip_without_sandbox():
    """Ends this process when scripts cannot be run here; in CI that is a failure."""
    with Program() as program:
        status, reply = program.call("GET", "/readyz")
        if status != 200 and any("scripts cannot be run" in why for why in reply["because"]):
            print("\n".join(reply["because"]))
            sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


def main():
    """Runs the tests of the calling module; without a sandbox they are skipped, but not in CI."""
    skip_without_sandbox()
    unittest.main(verbosity=2)
