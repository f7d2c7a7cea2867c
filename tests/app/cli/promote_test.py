# SPDX-License-Identifier: Apache-2.0
"""A file that is moved to another store, as its owner does it."""
import subprocess

import harness


class Promote(harness.CliTest):
    def test_copies_everything_and_the_program_continues(self):
        for name in ("Ada", "Bob"):
            self.publish("user_greeted", {"name": name})
        self.call("run", "--once")
        self.publish("user_greeted", {"name": "Cyd"})
        before = self.call("events", "--json", "--body").json_lines
        answer = self.call("promote", "hello.db", "--store", "new.db")
        self.assertIn("3 events up to position 3", answer.out)
        self.assertEqual(self.call("events", "--json", "--body", "--store", "new.db").json_lines, before)
        self.assertEqual(self.call("run", "--once", "--store", "new.db").out, "hello Cyd\n")
        self.assertEqual(self.call("verify", "--json", "--store", "new.db").json["problems"], [])
        self.assertIn("already been promoted to new.db", self.call("promote", "hello.db", "--store", "new.db").out)

    def test_unsuitable_sources_and_targets_are_rejected(self):
        self.call("promote", "hello.db", "--store", "new.db", expect=3)
        self.publish("user_greeted", {"name": "Ada"})
        self.call("promote", "hello.db", expect=2)
        self.call("promote", "hello.db", "--store", "new.db", "--published-until", "end", expect=2)
        running = self.run_program()
        self.assertIn(f"process {running.process.pid}",
                      self.call("promote", "hello.db", "--store", "new.db", expect=3).err)
        self.assertEqual(running.stop(), 0)
        self.call("publish", "user_greeted", '{"name":"B"}', "--store", "other.db")
        self.assertIn("not empty", self.call("promote", "hello.db", "--store", "other.db", expect=2).err)

    def test_continues_after_a_kill_in_the_middle(self):
        self.publish("user_greeted", {"name": "Ada"})
        self.call("run", "--once")
        process = subprocess.Popen([self.program, "promote", "hello.db", "--store", "new.db"],
                                   cwd=self.directory, stderr=subprocess.PIPE, text=True,
                                   stdout=subprocess.DEVNULL)
        process.stderr.readline()
        process.kill()
        process.stderr.close()
        process.wait()
        self.call("promote", "hello.db", "--store", "new.db")
        self.assertEqual(self.call("verify", "--json", "--store", "new.db").json["problems"], [])
        self.assertEqual(self.call("run", "--once", "--store", "new.db").out, "")


if __name__ == "__main__":
    harness.main()
