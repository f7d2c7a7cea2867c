# SPDX-License-Identifier: Apache-2.0
"""The HTTP API as clients meet it: streams, errors, foreign hosts; and the commands on top."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import program


class Api(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = cls.enterClassContext(program.Program())

    def test_stream_has_all_events_of_an_execution(self):
        execution_id = self.program.submit("bash", "echo hi")
        frames = list(self.program.stream(execution_id))
        self.assertEqual(frames[0][1], "status")
        self.assertIsNone(frames[0][0])
        types = [event for _, event, _ in frames[1:]]
        for expected in ("execution_requested", "pod_running", "execution_completed"):
            self.assertIn(expected, types)
        stored = next(data for _, event, data in frames if event == "result_stored")
        self.assertEqual(stored["result"]["stdout"], "hi\n")
        positions = [int(one) for one, _, _ in frames[1:]]
        self.assertEqual(positions, sorted(set(positions)))
        self.assertEqual(types, self.program.events(execution_id)[: len(types)])

    def test_interrupted_stream_resumes_without_gap_or_repetition(self):
        execution_id = self.program.submit("bash", "sleep 0.5; echo hi")
        seen = []
        last_id = None
        for _ in range(100):
            stream = self.program.stream(execution_id, last_id)
            for taken, (one, event, _) in enumerate(stream):
                if one is None:
                    continue
                seen.append(event)
                last_id = one
                if taken == 2:
                    break
            stream.close()
            if "result_stored" in seen:
                break
        self.assertEqual(seen, self.program.events(execution_id)[: len(seen)])
        self.assertEqual(seen.count("result_stored"), 1)

    def test_errors(self):
        cases = [
            ("POST", "/api/v1/executions", "{", {}, 422),
            ("POST", "/api/v1/executions", {"script": 1}, {}, 422),
            ("POST", "/api/v1/executions", {"script": "x", "language": "cobol"}, {}, 422),
            ("POST", "/api/v1/executions", "x" * (2 << 20), {}, 413),
            ("GET", "/api/v1/executions/nope", None, {}, 404),
            ("GET", "/api/v1/events/executions/nope", None, {}, 404),
            ("POST", "/api/v1/executions/nope/cancel", None, {}, 404),
            ("GET", "/nowhere", None, {}, 404),
            ("PUT", "/api/v1/executions", None, {}, 405),
            ("GET", "/api/v1/queue", None, {"Host": "evil.example"}, 421),
            ("POST", "/api/v1/executions", {}, {"Origin": "http://evil.example"}, 403),
        ]
        for method, path, body, headers, expected in cases:
            with self.subTest(f"{method} {path} {expected}"):
                status, reply = self.program.call(method, path, body, headers)
                self.assertEqual(status, expected, reply)
                self.assertEqual(set(reply) - {"errors"}, {"detail", "type"})

    def test_every_fault_is_listed(self):
        _, reply = self.program.call("POST", "/api/v1/executions", {"timeout_seconds": "soon"})
        self.assertEqual(
            {tuple(one["loc"]) for one in reply["errors"]},
            {("body", "script"), ("body", "language"), ("body", "timeout_seconds")},
        )

    def test_metrics_and_readiness(self):
        self.assertEqual(self.program.call("GET", "/readyz")[0], 200)
        text = self.program.call("GET", "/metrics")[1].decode()
        for name in ("integr8s_executions_active", 'integr8s_pods{phase="running"}'):
            self.assertIn(name, text)
        types = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]
        self.assertEqual(len(types), len(set(types)))


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = cls.enterClassContext(program.Program())
        cls.directory = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))

    def script(self, name, text):
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def test_follow_shows_the_timeline_and_the_outcome(self):
        done = self.program.command("submit", self.script("a.py", "print('Grüße')"), "--follow")
        out = done.stdout.decode()
        self.assertEqual(done.returncode, 0, out + done.stderr.decode())
        for part in ("execution_requested", "result_stored", "stdout:\nGrüße\n", "completed: exit"):
            self.assertIn(part, out)
        self.assertLess(out.index("execution_requested"), out.index("result_stored"))

    def test_raw_output_is_the_scripts_own_bytes(self):
        script = "import sys\nsys.stdout.buffer.write(bytes(range(256)))\nsys.stderr.write('é')"
        done = self.program.command("submit", self.script("b.py", script), "--output", "raw")
        self.assertEqual(done.stdout, bytes(range(256)))
        self.assertEqual(done.stderr, "é".encode())
        self.assertEqual(done.returncode, 0)

    def test_json_is_one_object(self):
        done = self.program.command("submit", self.script("c.sh", "echo hi"), "--follow", "--json")
        self.assertEqual(json.loads(done.stdout)["stdout"], "hi\n")

    def test_exit_codes(self):
        failing = self.script("d.sh", "exit 5")
        self.assertEqual(self.program.command("submit", failing, "--follow").returncode, 1)
        self.assertEqual(self.program.command("submit", failing).returncode, 0)
        self.assertEqual(self.program.command("submit").returncode, 2)
        self.assertEqual(self.program.command("submit", "/no/such/file.py").returncode, 2)
        self.assertEqual(self.program.command("submit", self.script("e", "x")).returncode, 2)
        self.assertEqual(self.program.command("result", "nope").returncode, 1)
        late = self.script("f.sh", "sleep 100")
        self.assertEqual(
            self.program.command("submit", late, "--timeout", "1", "--follow").returncode, 1
        )

    def test_standard_input_is_a_script_too(self):
        done = self.program.command(
            "submit", "-", "--language", "bash", "--output", "raw", input=b"echo from stdin"
        )
        self.assertEqual(done.stdout, b"from stdin\n")

    def test_same_key_runs_once(self):
        path = self.script("g.sh", "echo once")
        ids = {self.program.command("submit", path, "--key", "k").stdout for _ in range(3)}
        self.assertEqual(len(ids), 1)

    def test_cancel_and_result(self):
        done = self.program.command("submit", self.script("h.sh", "sleep 100"))
        execution_id = done.stdout.decode().strip()
        self.assertEqual(self.program.command("cancel", execution_id).returncode, 0)
        self.program.result(execution_id)
        shown = self.program.command("result", execution_id)
        self.assertEqual(shown.returncode, 1)
        self.assertIn(b"cancelled", shown.stdout)

    def test_follow_outlives_the_server(self):
        path = self.script("i.sh", "sleep 2; echo survived")
        with program.Program() as other:
            follower = subprocess.Popen(
                [program.BINARY, "submit", path, "--follow", "--http", other.address],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
            for line in follower.stdout:
                if b"execution_accepted" in line:
                    break
            port = other.port
            other.kill()
            other.start(port)
            out, err = follower.communicate(timeout=program.PATIENCE)
            self.assertEqual(follower.returncode, 0, err)
            self.assertIn(b"survived", out)

    def test_no_running_program_is_reported(self):
        done = subprocess.run(
            [program.BINARY, "submit", self.script("j.sh", "echo"), "--http", "127.0.0.1:1"],
            capture_output=True, timeout=program.PATIENCE, check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"no integr8s is running at 127.0.0.1:1", done.stderr)
        self.assertIn(b"integr8s run", done.stderr)


if __name__ == "__main__":
    program.main()
