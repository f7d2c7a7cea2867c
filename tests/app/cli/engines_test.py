# SPDX-License-Identifier: Apache-2.0
"""Engines other than a file: what a program says and does while a server does not answer."""
import signal
import urllib.request

import harness

SECRET = "hunter2-planted"


class Unreachable(harness.CliTest):
    def test_a_database_that_does_not_answer(self):
        port = harness.free_port()
        url = f"mongodb://ada:{SECRET}@127.0.0.1:{port}/d?serverSelectionTimeoutMS=200"
        for command in (["events"], ["groups"], ["verify"], ["publish", "user_greeted", '{"name":"A"}']):
            answer = self.call(*command, "--store", url, expect=3)
            self.assertIn(f"127.0.0.1:{port}", answer.err)
            self.assertNotIn(SECRET, answer.err)
            # libmongoc's own, where a killed process had the same id; nobody can turn it off.
            lines = [line for line in answer.err.splitlines() if "malloc for counters" not in line]
            self.assertEqual(len(lines), 1, answer.err)
        self.assertIn(f"127.0.0.1:{port}", self.call("doctor", "--store", url, expect=1).out)

    def test_an_option_that_weakens_the_store_is_rejected(self):
        url = f"mongodb://127.0.0.1:{harness.free_port()}/d?w=1"
        for command in (["events"], ["run"]):
            self.assertIn("w=majority", self.call(*command, "--store", url, expect=2).err)

    def test_run_waits_for_a_database_and_says_so(self):
        url = f"mongodb://ada:{SECRET}@127.0.0.1:{harness.free_port()}/d?serverSelectionTimeoutMS=200"
        http = harness.free_port()
        running = harness.RunningProgram(self.program, self.directory, "--store", url,
                                         "--http", f"127.0.0.1:{http}")
        self.addCleanup(self._end, running)
        running.wait_for_log("trying again")
        status, body = self._ready_reply_naming(http, "127.0.0.1")
        self.assertEqual((status, body["status"]), (503, "not ready"))
        self.assertEqual(harness.get(http, "/healthz")[0], 200)
        self.assertEqual(running.stop(), 0)
        self.assertNotIn(SECRET, "".join(running.log + running.out) + str(body))

    def test_an_unreachable_log_is_reported_with_its_address(self):
        port = harness.free_port()
        answer = self.call_any("topics", "plan", "--log", f"kafka://127.0.0.1:{port}")
        self.assertIn(f"127.0.0.1:{port}", answer.err)
        self.assertIn(answer.code, (2, 3))

    @staticmethod
    def _ready_reply_naming(http, text):
        """The first reply of /readyz whose reasons have the text: it is set after the log line."""
        def reply():
            answer = harness.get(http, "/readyz")
            return answer if answer and text in "".join(answer[1].get("because", [])) else None
        return harness.eventually(reply, f"a reason that names {text}")

    def test_run_waits_for_a_log_and_takes_events_meanwhile(self):
        http = harness.free_port()
        url = f"kafka://127.0.0.1:{harness.free_port()}"
        running = harness.RunningProgram(self.program, self.directory, "--log", url,
                                         "--http", f"127.0.0.1:{http}")
        self.addCleanup(self._end, running)
        running.wait_for_log("trying again")
        status, _ = self._ready_reply_naming(http, "127.0.0.1")
        self.assertEqual(status, 503)
        with urllib.request.urlopen(f"http://127.0.0.1:{http}/metrics", timeout=harness.FOREVER) as answer:
            self.assertIn('quipu_dead_letters_open{group="quipu.relay"} 0', answer.read().decode())
        self.assertEqual(self.publish("user_greeted", {"name": "Ada"})["position"], 1)
        answer = self.call("publish", "user_greeted", '{"name":"Bob"}', "--wait", "log",
                           "--wait-timeout", "0", expect=3)
        self.assertIn("stored at position 2", answer.err)
        running.signal(signal.SIGTERM)
        self.assertEqual(running.wait(), 0)
        self.assertEqual(running.out, [])


if __name__ == "__main__":
    harness.main()
