# SPDX-License-Identifier: Apache-2.0
"""The programs of docs/interoperate.md do what it says."""
import asyncio
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import support  # first: it knows where the rest is
import program
from support import BROKERS, ROOT, Topics

PAGE = (ROOT / "docs/interoperate.md").read_text(encoding="utf-8")


class Docs(unittest.TestCase):
    def test_the_programs_request_an_execution_and_read_its_end(self):
        topics = Topics()
        self.addCleanup(lambda: asyncio.run(topics.delete()))
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="quipu-interop-")))
        reader, publisher = re.findall(r"```python\n(.*?)```", PAGE, re.S)
        for name, text in (("read.py", reader), ("publish.py", publisher)):
            text = re.sub(r'(subscriber|send_and_wait)\("', rf'\1("{topics.prefix}', text)
            text = text.replace('group_id="portal"', f'group_id="{topics.prefix}portal"')
            (directory / name).write_text(text.replace("127.0.0.1:9092", BROKERS), encoding="utf-8")
        with program.Program("--log", topics.url, "--create-topics") as integr8s:
            # Its producer gives up where a busy broker takes long to lead new partitions.
            event_id = support.wait_for("the program that publishes",
                                        lambda: self.output(sys.executable, directory / "publish.py"))
            shown = support.wait_for("the adoption", lambda: self.output(
                program.BINARY, "show", event_id, "--file", integr8s.file))
            self.assertIn("quipu-adopted: execution_requested/", shown)
            with subprocess.Popen([sys.executable, directory / "read.py"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True) as reading:
                try:
                    # Among FastStream's own.
                    line = next(line for line in reading.stdout if " 0 '" in line)
                finally:
                    reading.kill()
        self.assertRegex(line, r"^[0-9a-f-]{36} 0 'hello from Kafka\\n'$")

    @staticmethod
    def output(*command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=support.PATIENCE,
                              check=False)
        return done.stdout.strip() if done.returncode == 0 else None


if __name__ == "__main__":
    if BROKERS:
        program.skip_without_sandbox()
    support.main()
