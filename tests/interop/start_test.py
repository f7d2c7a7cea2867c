"""Programs that start at the same time on topics that nobody has made yet."""
import asyncio
import concurrent.futures
import contextlib
import unittest

import support
from support import Echo, Topics


class Start(unittest.TestCase):
    def test_programs_that_make_the_same_topics_do_not_hinder_each_other(self):
        topics = Topics()
        self.addCleanup(lambda: asyncio.run(topics.delete()))
        programs = [Echo(topics, create_topics=True) for _ in range(3)]
        with contextlib.ExitStack() as running, concurrent.futures.ThreadPoolExecutor() as pool:
            for program in pool.map(running.enter_context, programs):
                self.assertEqual(program.call("topics", "plan"),
                                 "Every topic is as the catalogue wants it.\n")

    def test_so_do_commands(self):
        topics = Topics()
        self.addCleanup(lambda: asyncio.run(topics.delete()))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for done in [pool.submit(Echo(topics).call, "topics", "apply") for _ in range(3)]:
                done.result()


if __name__ == "__main__":
    support.main()
