# SPDX-License-Identifier: Apache-2.0
"""What a killed or stopped program leaves is taken up again by the next one."""
import subprocess
import unittest

import program


class Restart(unittest.TestCase):
    def setUp(self):
        self.program = self.enterContext(program.Program())

    def check_all_ended(self, ids):
        for i, execution_id in enumerate(ids):
            result = self.program.result(execution_id)
            self.assertEqual(result["status"], "completed", result)
            self.assertEqual(result["stdout"], f"{i}\n")
            events = self.program.events(execution_id)
            self.assertEqual(sum(one in program.TERMINAL for one in events), 1, events)
            self.assertEqual(events.count("result_stored"), 1, events)
        program.wait_for("all slots to be free", self.program.idle)

    def check_store(self):
        self.assertEqual(self.program.stop(), 0)
        verified = subprocess.run(
            [program.BINARY, "verify", "--file", str(self.program.file)], capture_output=True,
            text=True, timeout=program.PATIENCE, check=False,
        )
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def submit_sleepers(self, count):
        return [self.program.submit("bash", f"sleep 1; echo {i}") for i in range(count)]

    def wait_until_some_run(self, ids):
        program.wait_for(
            "a script to run", lambda: any(self.program.state(one) == "running" for one in ids)
        )

    def test_killed_in_the_middle_twice(self):
        ids = self.submit_sleepers(14)
        for _ in range(2):
            self.wait_until_some_run(ids)
            self.program.kill()
            self.program.start()
        self.check_all_ended(ids)
        self.check_store()

    def test_killed_right_after_submit(self):
        for i in range(3):
            execution_id = self.program.submit("bash", f"echo {i}")
            self.program.kill()
            self.program.start()
            self.assertEqual(self.program.result(execution_id)["stdout"], f"{i}\n")
        self.check_store()

    def test_sigterm_while_scripts_run(self):
        ids = self.submit_sleepers(4)
        self.wait_until_some_run(ids)
        self.assertEqual(self.program.stop(), 0)
        self.program.start()
        self.check_all_ended(ids)

    def test_second_program_on_the_file_is_refused(self):
        second = subprocess.run(
            [program.BINARY, "run", "--file", str(self.program.file), "--http", "127.0.0.1:0"],
            capture_output=True, text=True, timeout=program.PATIENCE, check=False,
        )
        self.assertEqual(second.returncode, 3, second.stderr)
        self.assertIn(str(self.program.process.pid), second.stderr)

    def test_idempotency_key_survives(self):
        key = {"Idempotency-Key": "once"}
        body = {"language": "bash", "script": "echo 1"}
        first = self.program.call("POST", "/api/v1/executions", body, key)
        self.program.kill()
        self.program.start()
        again = self.program.call("POST", "/api/v1/executions", body, key)
        self.assertEqual((first[0], again[0]), (201, 200))
        self.assertEqual(first[1]["execution_id"], again[1]["execution_id"])


if __name__ == "__main__":
    program.main()
