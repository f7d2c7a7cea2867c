# SPDX-License-Identifier: Apache-2.0
"""Scripts of every language, their exact outputs, and every way in which they end."""
import unittest
from pathlib import Path

import program

UNICODE = "Grüße, мир, 世界, 🌍"


class Scripts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = cls.enterClassContext(program.Program())

    def run_script(self, language, script, **more):
        if language not in self.program.languages():
            self.fail(f"{language} is not installed")
        execution_id = self.program.submit(language, script, **more)
        return execution_id, self.program.result(execution_id)

    def test_each_language_prints_unicode(self):
        scripts = {
            "python": f"print({UNICODE!r})",
            "bash": f"echo '{UNICODE}'",
            "node": f"console.log('{UNICODE}')",
            "cpp": f'#include <cstdio>\nint main() {{ std::puts("{UNICODE}"); }}',
        }
        for language, script in scripts.items():
            with self.subTest(language):
                execution_id, result = self.run_script(language, script)
                self.assertEqual(result["status"], "completed", result)
                self.assertEqual(result["exit_code"], 0)
                self.assertEqual(result["stdout"], UNICODE + "\n")
                self.assertEqual(self.program.output(execution_id), (UNICODE + "\n").encode())
                self.assertEqual(result["stderr"], "")
                self.assertGreater(result["resource_usage"]["execution_time_wall_seconds"], 0)

    def test_binary_output_is_returned_exactly(self):
        script = "import sys; sys.stdout.buffer.write(bytes(range(256)) * 4)"
        execution_id, result = self.run_script("python", script)
        self.assertEqual(result["status"], "completed")
        self.assertEqual(self.program.output(execution_id), bytes(range(256)) * 4)

    def test_large_output_is_truncated_and_marked(self):
        script = "import sys\nfor i in range(3 << 10): sys.stdout.write('x' * 1023 + '\\n')"
        execution_id, result = self.run_script("python", script)
        self.assertEqual(result["status"], "completed", result["reason"])
        self.assertTrue(result["stdout_truncated"])
        self.assertEqual(self.program.output(execution_id), (b"x" * 1023 + b"\n") * 1024)

    def test_exit_codes(self):
        for code in (1, 2, 77, 255):
            with self.subTest(code):
                _, result = self.run_script("bash", f"echo out; echo err >&2; exit {code}")
                self.assertEqual(result["status"], "failed")
                self.assertEqual(result["exit_code"], code)
                self.assertEqual(result["error_type"], "script_error")
                self.assertEqual((result["stdout"], result["stderr"]), ("out\n", "err\n"))

    def test_compiler_errors_are_the_scripts_own(self):
        _, result = self.run_script("cpp", "int main() { return undeclared; }")
        self.assertEqual(result["status"], "failed")
        self.assertIn("undeclared", result["stderr"])

    def test_time_limit(self):
        execution_id, result = self.run_script(
            "bash", "echo before; while :; do :; done", timeout_seconds=1
        )
        self.assertEqual(result["status"], "timeout")
        self.assertEqual(result["stdout"], "before\n")
        self.assertIn("execution_timeout", self.program.events(execution_id))

    def test_memory_limit(self):
        _, result = self.run_script("python", "x = bytearray(1 << 30)\nprint(len(x))")
        self.assertEqual(result["status"], "failed", result)
        self.assertEqual(result["stdout"], "")

    def test_crash_is_reported_with_its_signal(self):
        _, result = self.run_script("bash", "kill -SEGV $$")
        self.assertEqual(result["status"], "failed")
        self.assertEqual(result["signal"], 11, result)

    def test_cancel_kills_the_running_script(self):
        mark = "1234.5678"
        execution_id = self.program.submit("bash", f"sleep {mark} & wait")

        def sleeps():
            return any(self.commands_with(mark))

        program.wait_for("the script", sleeps)
        status, reply = self.program.call("POST", f"/api/v1/executions/{execution_id}/cancel")
        self.assertEqual((status, reply["status"]), (200, "cancelled"))
        self.assertEqual(self.program.result(execution_id)["status"], "cancelled")
        program.wait_for("the end of its processes", lambda: not sleeps())
        status, _ = self.program.call("POST", f"/api/v1/executions/{execution_id}/cancel")
        self.assertEqual(status, 409)

    def test_a_hundred_executions(self):
        ids = [self.program.submit("bash", f"echo {i}; exit {i % 3}") for i in range(100)]
        for i, execution_id in enumerate(ids):
            result = self.program.result(execution_id)
            self.assertEqual(result["stdout"], f"{i}\n")
            self.assertEqual(result["exit_code"], i % 3)
            ends = [one for one in self.program.events(execution_id) if one in program.TERMINAL]
            self.assertEqual(len(ends), 1, ends)
        program.wait_for("all slots to be free", self.program.idle)

    @staticmethod
    def commands_with(word):
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if word in path.read_bytes().decode(errors="replace").split("\0"):
                    yield path
            except OSError:
                continue


if __name__ == "__main__":
    program.main()
