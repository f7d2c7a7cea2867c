# SPDX-License-Identifier: Apache-2.0
"""A file that is moved to MongoDB, and to Kafka beside it. Needs the servers that QUIPU_TEST_MONGO and
QUIPU_TEST_KAFKA name."""
import json
import os
import shutil
import signal
import subprocess
import sys
import uuid

import harness

MONGO = os.environ.get("QUIPU_TEST_MONGO", "")
KAFKA = os.environ.get("QUIPU_TEST_KAFKA", "")
ORDERS = 40


def placed(order):
    return {"order_id": order, "priority": "low", "items": []}


class PromoteToEngines(harness.CliTest):
    program_name = "orders"

    def setUp(self):
        super().setUp()
        self.target = ("--store", f"{MONGO.rstrip(chr(47))}/quipu_promote_{uuid.uuid4().hex[:12]}")

    def order(self, number, *options):
        return self.publish("order_placed", placed(f"o{number}"),
                            "--aggregate", f"a{number % 5}", *options)

    def fill(self):
        """Orders that were paid, two that were refused (one of them discarded), one that waits."""
        for number in range(ORDERS):
            self.order(number)
        self.call("run", "--once")
        (self.directory / "refuse").touch()
        for number in range(ORDERS, ORDERS + 2):
            self.order(number)
            self.call("run", "--once")
        (self.directory / "refuse").unlink()
        self.call("dead-letters", "discard", "1", "--reason", "test data")
        self.order(ORDERS + 2)

    def told(self, *options):
        """All that the commands tell of a store."""
        groups = self.call("groups", "--json", *options).json["groups"]
        letters = self.call("dead-letters", "list", "--json", "--status", "any", *options)
        return {"events": self.call("events", "--json", "--body", "--limit", "0", *options).json_lines,
                "groups": {row["group"]: (row["position"], row["lag"], row["parked"]) for row in groups},
                "letters": letters.json_lines}

    def promote(self, *options, expect=0):
        return self.call("promote", "orders.db", "--json", *self.target, *options, expect=expect)

    def kill_after(self, lines, *options):
        """SIGKILL after so many lines of progress; the next one is being copied by then."""
        process = subprocess.Popen(
            [self.program, "promote", "orders.db", *self.target, *options], cwd=self.directory,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(lines):
            process.stderr.readline()
        process.kill()
        process.stderr.close()
        return process.wait()

    def test_continues_after_a_kill_at_any_point_and_copies_everything(self):
        self.fill()
        before = self.told()
        for seconds in (0.0, 0.05, 0.1):  # it starts, and opens or makes the target
            self.kill_within(seconds)
        for lines in (1, 1, 2):
            self.assertEqual(self.kill_after(lines), -signal.SIGKILL)
        self.kill_after(3)  # it compares, or is done
        done = self.promote().json
        if not done["was_done"]:
            self.assertEqual(done["events"], len(before["events"]))
            self.assertTrue(done["resumed"])
        self.assertEqual(self.told(*self.target), before)
        self.assertEqual(self.call("verify", "--json", *self.target).json["problems"], [])
        self.assertEqual(self.call("run", "--once", *self.target).out, f"paid o{ORDERS + 2}\n")
        self.call("dead-letters", "requeue", "2", *self.target)
        self.assertEqual(self.call("run", "--once", *self.target).out, f"paid o{ORDERS + 1}\n")
        self.assertTrue(self.promote().json["was_done"])

    def kill_within(self, seconds):
        process = subprocess.Popen([self.program, "promote", "orders.db", "-q", *self.target],
                                   cwd=self.directory, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def test_reading_commands_create_no_store(self):
        for command in (["events"], ["groups"], ["verify"], ["dead-letters", "requeue", "1"]):
            answer = self.call(*command, *self.target, expect=3)
            self.assertIn("there is no store at mongodb://", answer.err, command)
        self.assertIn("there is no store at mongodb://", self.call("doctor", *self.target, expect=1).out)
        self.publish("order_placed", placed("first"), *self.target)
        self.assertEqual(len(self.call("events", "--json", *self.target).json_lines), 1)

    def test_a_database_that_is_not_empty_is_rejected(self):
        self.order(1)
        self.publish("order_placed", placed("mine"), *self.target)
        self.assertIn("not empty", self.promote(expect=2).err)

    def new_log(self):
        """The options of a log with topics of its own."""
        if not KAFKA or not shutil.which("kcat"):
            self.skipTest("QUIPU_TEST_KAFKA names no server, or kcat is missing")
        self.prefix = f"promote-{uuid.uuid4().hex[:12]}."
        log = ("--log", f"kafka://{KAFKA}/{self.prefix}")
        self.call("topics", "apply", *log)
        return log

    def logged(self, event_type):
        """The ids of all records that the log holds of a type, one list for each partition."""
        done = subprocess.run(
            ["kcat", "-C", "-b", KAFKA, "-t", self.prefix + event_type, "-e", "-q", "-f", "%p %s\\n"],
            capture_output=True, text=True, check=True, timeout=harness.FOREVER)
        partitions = {}
        for line in done.stdout.splitlines():
            partition, body = line.split(" ", 1)
            partitions.setdefault(partition, []).append(json.loads(body)["event_id"])
        return list(partitions.values())

    def wait_until_logged(self, event_type, expected):
        """Each once, and in the order of the store within a partition."""
        def all_there():
            return sum(map(len, self.logged(event_type))) >= len(expected)
        harness.eventually(all_there, f"every {event_type} in the log")
        partitions = self.logged(event_type)
        self.assertEqual(sorted(sum(partitions, [])), sorted(expected))
        for ids in partitions:
            self.assertEqual(ids, sorted(ids, key=expected.index))

    def stored(self, event_type, *options):
        found = self.call("events", "--json", "--type", event_type, "--limit", "0", *options)
        return [event["event_id"] for event in found.json_lines]

    def relay_position(self, *options):
        rows = self.call("groups", "--json", *options).json["groups"]
        return next((row["position"] for row in rows if row["group"] == "quipu.relay"), None)

    def test_the_history_goes_to_the_log_once(self):
        log = self.new_log()
        self.fill()
        self.assertIsNone(self.relay_position())
        self.kill_after(1, *log)
        self.promote(*log)
        self.assertEqual(self.logged("order_placed"), [], "promote itself publishes nothing")
        running = self.run_program(*self.target, *log)
        running.wait_for_out(f"paid o{ORDERS + 2}")
        self.publish("order_placed", placed("last"), "--wait", "log", *self.target, *log)
        running.wait_for_out("paid last")
        self.assertEqual(len(running.out), 2, "what the file's group had finished was handled again")
        for event_type in ("order_placed", "payment_requested"):
            self.wait_until_logged(event_type, self.stored(event_type, *self.target))
        self.assertEqual(running.stop(), 0)

    def test_what_the_file_had_published_is_not_published_again(self):
        log = self.new_log()
        running = self.run_program(*log)
        for number in range(5):
            self.order(number, *log, "--wait", "log")
        for number in range(5):  # of different keys, so any of them may be the last
            running.wait_for_out(f"paid o{number}")
        self.assertEqual(running.stop(), 0)
        mark = self.relay_position()
        self.assertGreater(mark, 4)
        for number in (5, 6):
            self.order(number)  # no relay works
        self.promote(*log)
        self.assertEqual(self.relay_position(*self.target), mark)
        running = self.run_program(*self.target, *log)
        for number in (5, 6):
            running.wait_for_out(f"paid o{number}")
        self.assertEqual(running.stop(), 0)
        self.assertEqual(sorted(line.strip() for line in running.out), ["paid o5", "paid o6"])
        self.wait_until_logged("order_placed", self.stored("order_placed", *self.target))

    def test_records_missing_from_the_topics_come_from_the_store(self):
        before = self.new_log()
        for number in range(5):
            self.order(number, *before, "--wait", "log")
        others = self.new_log()
        running = self.run_program(*others)
        self.order(5, *others)
        for number in range(6):
            running.wait_for_out(f"paid o{number}")
        self.assertEqual(len(running.out), 6)
        lines = [next(at for at, line in enumerate(running.out) if f"paid {order}" in line)
                 for order in ("o0", "o5")]
        self.assertEqual(lines, sorted(lines), "two orders of one key")
        self.assertEqual(running.stop(), 0)

    def test_published_until_keeps_the_history_out_of_the_log(self):
        log = self.new_log()
        for number in range(3):
            self.order(number)
        self.call("run", "--once")
        self.promote(*log, "--published-until", "end")
        running = self.run_program(*self.target, *log)
        self.publish("order_placed", placed("new"), "--wait", "log", *self.target, *log)
        running.wait_for_out("paid new")
        self.assertEqual(running.stop(), 0)
        self.wait_until_logged("order_placed", self.stored("order_placed", *self.target)[3:])


if __name__ == "__main__":
    if not MONGO:
        print("QUIPU_TEST_MONGO names no server; tools/servers starts one")
        sys.exit(77)
    harness.main()
