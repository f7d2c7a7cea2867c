# SPDX-License-Identifier: Apache-2.0
"""Programs that start at the same time on topics that nobody has made yet."""
import asyncio
import concurrent.futures
import contextlib
import re
import subprocess
import tempfile
import unittest

import support
from support import ECHO, PATIENCE, TYPES, Echo, Topics


class Start(unittest.TestCase):
    def test_programs_may_create_the_same_topics_concurrently(self):
        topics = Topics()
        self.addCleanup(lambda: asyncio.run(topics.delete()))
        programs = [Echo(topics, create_topics=True) for _ in range(3)]
        with contextlib.ExitStack() as running, concurrent.futures.ThreadPoolExecutor() as pool:
            for program in pool.map(running.enter_context, programs):
                self.assertEqual(program.call("topics", "plan"),
                                 "Every topic agrees with the catalogue.\n")

    def test_commands_may_create_the_same_topics_concurrently(self):
        topics = Topics()
        self.addCleanup(lambda: asyncio.run(topics.delete()))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for done in [pool.submit(Echo(topics).call, "topics", "apply") for _ in range(3)]:
                done.result()

    def test_missing_topics_are_named_with_the_remedy(self):
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run(
                [ECHO, "run", "--store", f"sqlite:{directory}/echo.db", "--log", Topics().url],
                capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 3)
        told = re.search("lacks the topics (.*); run 'echo topics apply', or start with "
                         "--create-topics", done.stderr)
        self.assertIsNotNone(told, done.stderr)
        self.assertEqual(set(told[1].split(", ")), set(TYPES))


if __name__ == "__main__":
    support.main()
