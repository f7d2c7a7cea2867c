# SPDX-License-Identifier: Apache-2.0
"""A Python service asks for a script to be run; integr8s runs it; Python reads what came of it."""
import asyncio
import unittest
import uuid

import support  # first: it knows where the rest is
import program
from support import ADAPTER, BROKERS, Topics, headers_of

END = {"execution_completed", "execution_failed", "execution_timeout", "result_stored",
       "result_failed"}


def request(language, script, **more):
    """As a service writes it that knows the events and nothing of integr8s."""
    execution_id = str(uuid.uuid4())
    runtimes = {"python": ("3.11", "python:3.11-slim", ["python3", "-u", "script.py"], "script.py"),
                "bash": ("5.2", "bash:5.2", ["bash", "script.sh"], "script.sh")}
    version, image, command, filename = runtimes[language]
    return ADAPTER.validate_python({
        "event_type": "execution_requested", "aggregate_id": execution_id,
        "execution_id": execution_id, "script": script, "language": language,
        "language_version": version, "runtime_image": image, "runtime_command": command,
        "runtime_filename": filename, "timeout_seconds": 60, "cpu_limit": "1000m",
        "memory_limit": "128Mi", "cpu_request": "100m", "memory_request": "64Mi",
        "metadata": {"service_name": "portal", "service_version": "7", "user_id": "ada"}, **more})


class Execution(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.topics = Topics()
        cls.addClassCleanup(lambda: asyncio.run(cls.topics.delete()))
        cls.program = cls.enterClassContext(
            program.Program("--log", cls.topics.url, "--create-topics"))

    async def outcome(self, requested):
        """The events that end it, by type, as Pydantic models, and their headers."""
        async with self.topics.producer() as producer:
            await producer.send_and_wait(
                self.topics.of(requested), requested.model_dump_json().encode(),
                key=requested.execution_id.encode(), headers=[("content-type", b"application/json")])
        found = {}

        def done(records):
            for record in records:
                event = ADAPTER.validate_json(record.value)
                if event.execution_id == requested.execution_id:
                    found[event.event_type.value] = (event, headers_of(record), record)
            return "result_stored" in found and len(found) > 1

        await self.topics.read(done, [self.topics.prefix + name for name in sorted(END)])
        return found

    async def test_script_of_python_runs(self):
        requested = request("python", "import sys\nprint('hallo', 6 * 7)\nprint('é', file=sys.stderr)\n")
        found = await self.outcome(requested)
        self.assertEqual(set(found), {"execution_completed", "result_stored"})
        completed, headers, record = found["execution_completed"]
        self.assertEqual((completed.exit_code, completed.stdout, completed.stderr),
                         (0, "hallo 42\n", "é\n"))
        self.assertEqual(completed.metadata.user_id, "ada")
        self.assertEqual(record.key.decode(), requested.execution_id)
        self.assertEqual(headers["aggregate_id"], requested.execution_id)
        self.assertEqual(headers["event_type"], "execution_completed")
        self.assertEqual(record.value, completed.model_dump_json().encode())
        reply = self.program.result(requested.execution_id)
        self.assertEqual(reply["stdout"], "hallo 42\n")

    async def test_failing_script_is_reported(self):
        found = await self.outcome(request("bash", "echo bad; exit 3"))
        self.assertEqual(set(found), {"execution_failed", "result_stored"})
        failed = found["execution_failed"][0]
        self.assertEqual((failed.exit_code, failed.stdout, failed.error_type.value),
                         (3, "bad\n", "script_error"))

    async def test_the_same_request_twice_runs_once(self):
        requested = request("bash", "echo once")
        async with self.topics.producer() as producer:
            await producer.send_and_wait(
                self.topics.of(requested), requested.model_dump_json().encode(),
                key=requested.execution_id.encode())
        await self.outcome(requested)
        types = self.program.events(requested.execution_id)
        for event_type in ("execution_requested", "create_pod_command", "execution_completed"):
            self.assertEqual(types.count(event_type), 1, event_type)


if __name__ == "__main__":
    if BROKERS:
        program.skip_without_sandbox()
    support.main()
