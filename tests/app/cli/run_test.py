# SPDX-License-Identifier: Apache-2.0
"""Programs that run: stopping, restarting, dead letters, HTTP, and commands beside them."""
import http.client
import json
import os
import pwd
import signal
import stat
import unittest

import harness


class Run(harness.CliTest):
    def test_once_handles_everything_and_stops(self):
        for name in ("Ada", "Bob"):
            self.publish("user_greeted", {"name": name})
        answer = self.call("run", "--once")
        self.assertEqual(sorted(answer.out.splitlines()), ["hello Ada", "hello Bob"])
        self.assertEqual(self.call("run", "--once").out, "")

    def test_once_on_a_new_file(self):
        self.call("run", "--once", "--quiet")
        self.assertEqual(stat.S_IMODE((self.directory / "hello.db").stat().st_mode), 0o600)

    def test_sigterm_and_sigint_end_it_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            running = self.run_program()
            running.signal(number)
            self.assertEqual(running.wait(), 0)
            self.assertFalse((self.directory / "hello.db.sock").exists())

    def test_publish_goes_through_the_running_program(self):
        running = self.run_program()
        mode = (self.directory / "hello.db.sock").stat().st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        reply = self.publish("user_greeted", {"name": "Ada"}, "--key", "a b&c=d", "--user", "u")
        self.wait_until_handled("greeter")
        record = self.call("show", reply["event_id"], "--json").json["record"]
        self.assertEqual((record["key"], record["event"]["metadata"]["user_id"]), ("a b&c=d", "u"))
        self.assertEqual(running.stop(), 0)
        self.assertEqual("".join(running.out), "hello Ada\n")

    def test_errors_of_the_running_program_reach_the_user(self):
        self.run_program()
        self.publish("user_greeted", {"name": "Ada"}, "--event-id", "e")
        answer = self.call("publish", "user_greeted", '{"name":"Bob"}', "--event-id", "e", expect=2)
        self.assertIn("e", answer.err)

    def test_a_second_run_is_refused(self):
        running = self.run_program()
        answer = self.call("run", expect=3)
        self.assertIn(f"process {running.process.pid}", answer.err)
        self.assertEqual(running.stop(), 0)

    def test_kill_and_run_again(self):
        running = self.run_program()
        for number in range(20):
            self.publish("user_greeted", {"name": f"n{number}"})
        running.signal(signal.SIGKILL)
        self.assertEqual(running.wait(), -signal.SIGKILL)
        self.publish("user_greeted", {"name": "after"})  # past the dead program's socket
        again = self.run_program()
        self.wait_until_handled("greeter")
        self.assertEqual(self.group("greeter")["position"], 21)
        self.assertEqual(again.stop(), 0)
        self.assertIn("hello after\n", again.out)
        self.assertEqual(self.call("verify", "--json").json["problems"], [])

    def test_a_path_longer_than_a_socket_path_may_be(self):
        deep = self.directory / ("d" * 100) / ("e" * 100)
        deep.mkdir(parents=True)
        file = str(deep / "hello.db")
        self.run_program("--file", file)
        reply = self.call("publish", "user_greeted", '{"name":"A"}', "--file", file, "--json").json
        self.assertEqual(reply["position"], 1)
        self.assertIsNotNone(self.call("doctor", "--file", file, "--json").json["running"])

    def test_logs_are_json_lines_without_payloads(self):
        running = self.run_program("--log-level", "debug")
        self.publish("user_greeted", {"name": "a secret name"})
        self.wait_until_handled("greeter")
        running.stop()
        for line in running.log:
            entry = json.loads(line)
            self.assertEqual(entry["program"], "hello")
            self.assertIn(entry["level"], ("debug", "info", "warning", "error"))
            self.assertNotIn("secret", line)

    def test_quiet_and_human_logs(self):
        self.assertEqual(self.call("run", "--once", "--quiet").err, "")
        self.assertIn("hello 0.1.0 runs on hello.db", self.call("run", "--once").err)


class Drain(harness.CliTest):
    program_name = "orders"

    def place_waiting(self, order_id="o-1", file="go"):
        self.publish("order_placed", {"order_id": order_id, "priority": "low", "items": [],
                                      "wait_for": file})
        harness.eventually((self.directory / f"{file}.started").exists, "the handler's start")

    def test_the_handler_in_flight_finishes_once(self):
        running = self.run_program()
        self.place_waiting()
        running.signal(signal.SIGTERM)
        running.wait_for_log("stopping")
        self.assertIsNone(running.process.poll())
        (self.directory / "go").touch()
        self.assertEqual(running.wait(), 0)
        self.assertEqual(running.out, ["paid o-1\n"])
        self.assertTrue((self.directory / "service.stopped").exists())
        self.assertEqual(self.call("run", "--once").out, "")
        paid = self.call("events", "--type", "payment_requested", "--json").json_lines
        self.assertEqual(len(paid), 1)

    def test_a_handler_that_does_not_return_is_abandoned(self):
        running = self.run_program("--drain-timeout", "0")
        self.place_waiting()
        running.signal(signal.SIGTERM)
        self.assertEqual(running.wait(), 1)
        (self.directory / "go").touch()
        self.assertEqual(self.call("run", "--once").out, "paid o-1\n")

    def test_a_second_signal_ends_at_once(self):
        running = self.run_program("--drain-timeout", "3600")
        self.place_waiting()
        running.signal(signal.SIGTERM)
        running.wait_for_log("stopping")
        running.signal(signal.SIGTERM)
        self.assertEqual(running.wait(), 128 + signal.SIGTERM)

    def test_a_signal_ends_run_once(self):
        self.call("publish", "order_placed",
                  '{"order_id":"o","priority":"low","items":[],"wait_for":"go"}')
        running = self.run_program("--once", "--drain-timeout", "0")
        harness.eventually((self.directory / "go.started").exists)
        running.signal(signal.SIGTERM)
        self.assertEqual(running.wait(), 1)


class DeadLetters(harness.CliTest):
    program_name = "orders"

    def setUp(self):
        super().setUp()
        (self.directory / "refuse").touch()

    def place(self, *order_ids):
        for order_id in order_ids:
            self.publish("order_placed", {"order_id": order_id, "priority": "high", "items": [1]})

    def refuse(self, *order_ids):
        self.place(*order_ids)
        self.call("run", "--once", "--quiet")

    def accept(self):
        (self.directory / "refuse").unlink()

    def letters(self, *options):
        return self.call("dead-letters", "list", "--json", *options).json_lines

    def test_list_and_show(self):
        self.assertEqual(self.call("publish", "order_shipped", '{"order_id":"s"}').code, 0)
        self.assertEqual(self.call("dead-letters").out, "No dead letters.\n")
        self.refuse("o-1")
        letter, = self.letters()
        self.assertEqual((letter["group"], letter["event_type"], letter["status"]),
                         ("payments", "order_placed", "open"))
        self.assertIn("the card was refused", letter["error"])
        lines = self.call("dead-letters").out.splitlines()
        self.assertEqual(len(lines), 2)
        number = str(letter["id"])
        shown = self.call("dead-letters", "show", number, "--json").json
        self.assertEqual(shown["record"]["event"]["order_id"], "o-1")
        self.assertIn('"order_id": "o-1"', self.call("dead-letters", "show", number).out)
        self.call("dead-letters", "show", "999", expect=1)
        self.assertEqual(self.group("payments")["dead_letters"], 1)
        self.assertIn("dead-letters list", self.call("doctor", expect=1).out)
        state = self.call("show", "2", "--json").json["groups"][0]["state"]
        self.assertEqual(state, f"dead letter {number} (open) after 1 attempt")

    def test_requeue_without_a_program(self):
        self.refuse("o-1")
        self.accept()
        self.assertEqual(self.call("dead-letters", "requeue", "1").out, "1 of 1 requeued\n")
        self.assertEqual(self.group("payments")["parked"], 1)
        self.assertEqual(self.letters("--status", "requeued")[0]["id"], 1)
        running = self.run_program()
        running.wait_for_out("paid o-1")
        self.assertEqual(self.letters(), [])

    def test_requeue_through_the_program(self):
        self.refuse("o-1")
        running = self.run_program()
        self.accept()
        self.call("dead-letters", "requeue", "1")
        running.wait_for_out("paid o-1")
        # It is requeued already.
        answer = self.call("dead-letters", "requeue", "1", expect=2)
        self.assertIn("1", answer.err)
        answer = self.call("dead-letters", "requeue", "77", "--json", expect=1)
        self.assertFalse(answer.json["ok"])

    def test_bulk(self):
        self.refuse("o-1", "o-2", "o-3")
        self.accept()
        answer = self.call("dead-letters", "requeue", "--all", "--group", "other")
        self.assertEqual(answer.out, "0 of 0 requeued\n")
        answer = self.call("dead-letters", "requeue", "--type", "order_placed", "--rate", "1000",
                           "--json")
        self.assertEqual([line["ok"] for line in answer.json_lines], [True] * 3)
        self.assertEqual(self.letters(), [])
        running = self.run_program()
        for order_id in ("o-1", "o-2", "o-3"):
            running.wait_for_out(f"paid {order_id}")

    def test_discard(self):
        self.refuse("o-1", "o-2")
        self.call("dead-letters", "discard", "1", "--reason", "a test order")
        letter, = self.letters("--status", "discarded")
        self.assertEqual((letter["id"], letter["note"]), (1, "a test order"))
        self.run_program()
        self.call("dead-letters", "discard", "--all", "--reason", "all of it")
        self.assertEqual(len(self.letters("--status", "discarded")), 2)
        self.assertEqual(self.letters("--status", "any", "--limit", "1")[0]["id"], 1)

    def test_ids_or_filters(self):
        self.refuse("o-1")
        self.call("dead-letters", "requeue", expect=2)
        self.call("dead-letters", "requeue", "1", "--all", expect=2)
        self.call("dead-letters", "list", "--status", "lost", expect=2)


    def test_what_its_key_went_on_without_is_requeued_out_of_order_only_on_request(self):
        self.place_of_key("k", "o-1")
        self.call("run", "--once", "--quiet")
        self.accept()
        self.place_of_key("other", "o-2")
        self.place_of_key("k", "o-3", "o-4")
        self.call("run", "--once", "--quiet")
        self.assertFalse(self.letters()[0]["holds_key"])
        answer = self.call("dead-letters", "requeue", "1", expect=1)
        self.assertIn("has handled 2 later events of that key already", answer.err)
        self.assertIn("--out-of-order", answer.err)
        self.assertFalse(self.call("dead-letters", "requeue", "--all", "--json", expect=1).json["ok"])
        self.assertEqual(len(self.letters()), 1)
        self.call("dead-letters", "requeue", "1", "--out-of-order")
        running = self.run_program()
        running.wait_for_out("paid o-1")

    def test_later_events_that_are_dead_letters_are_not_handled_ones(self):
        self.place_of_key("k", "o-1", "o-2")
        self.call("run", "--once", "--quiet")
        self.assertEqual(self.call("dead-letters", "requeue", "1").code, 0)

    def place_of_key(self, key, *order_ids):
        for order_id in order_ids:
            self.publish("order_placed", {"order_id": order_id, "priority": "high", "items": [1]},
                         "--key", key)


class Parked(harness.CliTest):
    """Events of orders whose handler fails: o-1 and o-2 of key k at positions 1 and 2, o-3 at 3."""
    program_name = "orders"

    def setUp(self):
        super().setUp()
        (self.directory / "fail").touch()
        for order_id, key in (("o-1", "k"), ("o-2", "k"), ("o-3", "other")):
            self.publish("order_placed", {"order_id": order_id, "priority": "high", "items": [1]},
                         "--key", key)

    def parked(self, *options):
        return self.call("parked", "list", "--json", *options).json_lines

    def letter(self):
        return self.call("dead-letters", "show", "1", "--json").json

    def exhaust(self, running):
        """Retries position 1 until it is a dead letter; waits for no delay."""
        def given_up():
            self.call_any("parked", "retry", "payments", "1")
            return self.call("dead-letters", "list", "--json").json_lines
        harness.eventually(given_up, "a dead letter")
        harness.eventually(lambda: self.parked()[0]["state"] == "held", "the key is held")
        return running

    def test_list_and_show(self):
        self.assertEqual(self.call("parked").out, "Nothing is parked.\n")
        self.call("run", "--once", "--quiet")
        first, second, third = self.parked()
        self.assertEqual([(p["group"], p["position"], p["key"], p["state"], len(p["attempts"]))
                          for p in (first, second, third)],
                         [("payments", 1, "k", "retry", 1), ("payments", 2, "k", "behind", 0),
                          ("payments", 3, "other", "retry", 1)])
        self.assertIn("the bank does not answer", first["attempts"][0]["error"])
        self.assertGreater(first["due_at"], first["attempts"][0]["at"])
        self.assertIsNone(second["due_at"])
        self.assertEqual(self.parked("--key", "other", "--group", "payments"), [third])
        self.assertEqual(self.parked("--limit", "2"), [first, second])
        self.assertEqual(self.parked("--group", "nobody"), [])
        self.assertEqual(len(self.call("parked").out.splitlines()), 4)
        self.assertIn("--limit 0", self.call("parked", "list", "--limit", "1").err)
        shown = self.call("parked", "show", "payments", "1").out
        self.assertIn("next attempt at " + first["due_at"][:19], shown)
        self.assertIn("attempt failed: the bank does not answer", shown)
        self.assertIn("waits behind position 1, whose next attempt is at",
                      self.call("parked", "show", "payments", "2").out)
        self.assertEqual(self.call("parked", "show", "payments", "2", "--json").json["behind"], 1)
        self.call("parked", "show", "payments", "4", expect=1)

    def test_groups_and_show_tell_of_it(self):
        self.assertIsNone(self.group("payments")["waiting_since"])
        self.call("run", "--once", "--quiet")
        # Two keys have failed, on different threads: either may have been the first.
        failed_at = [attempt["at"] for entry in self.parked() for attempt in entry["attempts"]]
        row = self.group("payments")
        self.assertEqual((row["parked"], row["held_keys"], row["dead_letters"]), (3, 0, 0))
        self.assertEqual(row["waiting_since"], min(failed_at))
        self.assertIn("the bank does not answer", row["last_error"])
        self.assertIn("last error: the bank", self.call("groups").out)
        group, = self.call("show", "1", "--json").json["groups"]
        self.assertTrue(group["state"].startswith("parked after 1 attempt, next at "))
        self.assertEqual(group["attempts"], 1)
        self.assertIn("parked behind an earlier event of its key", self.call("show", "2").out)

    def test_retry(self):
        self.call("run", "--once", "--quiet")
        self.assertIn("waits behind position 1",
                      self.call("parked", "retry", "payments", "2", expect=2).err)
        self.assertIn("nothing parked at position 9",
                      self.call("parked", "retry", "payments", "9", expect=1).err)
        self.call("parked", "retry", "payments", expect=2)
        self.call("parked", "retry", "payments", "1", "--all", expect=2)
        before = self.parked()
        self.assertEqual(self.call("parked", "retry", "payments", "1").out, "1 of 1 made due now\n")
        self.assertLess(self.parked()[0]["due_at"], before[0]["due_at"])
        self.assertEqual(self.parked()[0]["attempts"], before[0]["attempts"])
        self.assertEqual([line["ok"] for line in self.call("parked", "retry", "payments", "--all",
                                                           "--json").json_lines], [True, True])
        (self.directory / "fail").unlink()
        running = self.run_program()
        running.wait_for_out("paid o-2")
        running.wait_for_out("paid o-3")
        harness.eventually(lambda: not self.parked(), "nothing is parked")

    def test_a_dead_letter_holds_its_key_until_it_is_handled(self):
        running = self.exhaust(self.run_program())
        letter = self.letter()
        self.assertTrue(letter["holds_key"])
        self.assertEqual(len(letter["attempts"]), 6)
        self.assertEqual(self.group("payments")["held_keys"], 1)
        self.assertEqual(self.call("parked", "show", "payments", "2", "--json").json["behind"], 1)
        self.assertIn("held by dead letter 1", self.call("parked", "show", "payments", "1").out)
        self.assertIn("dead-letters requeue 1",
                      self.call("parked", "retry", "payments", "1", expect=2).err)
        self.assertIn("payments: held by dead letter 1 after 6 attempts", self.call("show", "1").out)
        self.assertIn("holds its key", self.call("dead-letters", "show", "1").out)
        (self.directory / "fail").unlink()
        self.call("dead-letters", "requeue", "1", "--reason", "the bank is back")
        running.wait_for_out("paid o-2")
        paid = [line for line in "".join(running.out).splitlines() if line != "paid o-3"]
        self.assertEqual(paid, ["paid o-1", "paid o-2"])
        harness.eventually(lambda: self.letter()["status"] == "resolved", "it is resolved")
        letter = self.letter()
        self.assertEqual([step["what"] for step in letter["history"]], ["requeued", "resolved"])
        self.assertEqual((letter["history"][0]["by"], letter["history"][0]["reason"]),
                         (pwd.getpwuid(os.geteuid()).pw_name, "the bank is back"))
        story = self.call("dead-letters", "show", "1").out
        self.assertLess(story.index("attempt failed: the bank"), story.index("requeued by"))
        self.assertLess(story.index("the bank is back"), story.rindex("  resolved"))
        self.assertEqual(self.call("dead-letters", "list", "--json", "--status",
                                   "resolved").json["id"], 1)
        self.assertIn("finished after 6 attempts that failed (dead letter 1, resolved)",
                      self.call("show", "1").out)

    def test_discard_lets_the_key_go_on(self):
        running = self.exhaust(self.run_program())
        (self.directory / "fail").unlink()
        self.call("dead-letters", "discard", "1", "--reason", "paid in cash")
        running.wait_for_out("paid o-2")
        self.assertNotIn("paid o-1\n", running.out)
        step, = self.letter()["history"]
        self.assertEqual((step["what"], step["by"], step["reason"]),
                         ("discarded", pwd.getpwuid(os.geteuid()).pw_name, "paid in cash"))

    def test_groups_rewind(self):
        running = self.exhaust(self.run_program())
        (self.directory / "fail").unlink()
        self.call("dead-letters", "requeue", "1")
        running.wait_for_out("paid o-2")
        running.wait_for_out("paid o-3")
        harness.eventually(lambda: not self.parked(), "nothing is parked")
        rewind = ["groups", "rewind", "payments", "--type", "order_placed"]
        answer = self.call(*rewind, "--dry-run", "--json").json
        self.assertEqual((answer["events"], answer["dry_run"]), (3, True))
        self.assertEqual(self.call(*rewind, "--dry-run").out,
                         "3 events of order_placed would be handed to payments\n")
        before = "".join(running.out).count("paid ")
        self.assertEqual(self.call(*rewind).out, "3 events of order_placed handed to payments\n")
        harness.eventually(lambda: "".join(running.out).count("paid ") == before + 3, "all again")
        running.stop()
        self.assertEqual(self.call(*rewind).out, "3 events of order_placed handed to payments\n")
        self.assertEqual(self.group("payments")["parked"], 3)
        self.assertEqual(self.call(*rewind).out, "0 events of order_placed handed to payments\n")
        self.call("groups", "rewind", "payments", expect=2)
        self.assertIn("does not handle", self.call("groups", "rewind", "payments", "--type",
                                                   "order_shipped", expect=2).err)
        self.assertIn("not known", self.call("groups", "rewind", "nobody", "--type",
                                             "order_placed", expect=1).err)

    def event_id(self, position):
        return self.call("show", str(position), "--json").json["record"]["event"]["event_id"]

    def test_archived_event_lets_its_key_go_on(self):
        running = self.exhaust(self.run_program())
        (self.directory / "fail").unlink()
        archived = self.event_id(1)
        self.assertEqual(self.call("archive", archived, "--reason", "a test order").out,
                         "1 of 1 archived\n")
        running.wait_for_out("paid o-2")
        self.assertNotIn("paid o-1\n", running.out)
        shown = self.call("show", archived).out
        self.assertIn("a test order", shown)
        self.assertIn(pwd.getpwuid(os.geteuid()).pw_name, shown)
        # What its dead letter says stays; the event itself cannot be handled again.
        self.assertEqual((self.letter()["status"], self.letter()["holds_key"]), ("open", False))
        self.assertIn("out of the log", self.call("dead-letters", "requeue", "1", "--out-of-order",
                                           expect=2).err)

    def test_archive_without_a_program(self):
        self.exhaust(self.run_program()).stop()
        (self.directory / "fail").unlink()
        self.call("archive", self.event_id(1), expect=2)  # without a reason
        answer = self.call("archive", self.event_id(1), "no-such-id", "--reason", "a test order",
                           "--json", expect=1)
        self.assertEqual([line["ok"] for line in answer.json_lines], [True, False])
        running = self.run_program()
        running.wait_for_out("paid o-2")
        self.assertNotIn("paid o-1\n", running.out)
        self.assertEqual(self.call("verify").code, 0)


class Tree(harness.CliTest):
    program_name = "orders"

    def test_story_of_an_event_from_its_beginning(self):
        first = self.publish("order_placed", {"order_id": "o-1", "priority": "high", "items": [1]})
        self.publish("order_shipped", {"order_id": "another story"})
        self.call("run", "--once", "--quiet")
        story = self.call("events", "--correlation", first["event_id"], "--json").json_lines
        self.assertEqual([event["event_type"] for event in story], ["payment_requested"])
        for asked in (first["event_id"], story[0]["event_id"]):
            tree = self.call("show", asked, "--tree", "--json").json
            self.assertEqual([(event["depth"], event["event_type"], event["asked"])
                              for event in tree["events"]],
                             [(0, "order_placed", asked == first["event_id"]),
                              (1, "payment_requested", asked != first["event_id"])])
            self.assertTrue(tree["complete"])
        lines = self.call("show", "1", "--tree").out.splitlines()
        self.assertRegex(lines[0], r"Z  order_placed .* at position 1  <--$")
        self.assertRegex(lines[1], r"Z    payment_requested .* at position 3$")
        self.call("archive", first["event_id"], "--reason", "test data")
        tree = self.call("show", story[0]["event_id"], "--tree", "--json").json["events"]
        self.assertEqual([(event["depth"], event["cause_is_missing"]) for event in tree],
                         [(0, True)])


class Documents(harness.CliTest):
    program_name = "orders"

    def test_list_and_get(self):
        self.publish("order_shipped", {"order_id": "s"})
        self.assertEqual(self.call("documents").out, "No documents.\n")
        self.call("run", "--once", "--quiet")
        collections = self.call("documents", "list").out.splitlines()
        self.assertIn("quipu.subscriptions", collections)
        self.assertEqual([row["collection"] for row in self.call("documents", "--json").json_lines],
                         collections)
        row, = self.call("documents", "list", "quipu.subscriptions", "--json").json_lines
        self.assertEqual((row["key"], row["body"]), ("payments", {"types": ["order_placed"]}))
        self.assertIn("payments", self.call("documents", "list", "quipu.subscriptions").out)
        self.assertEqual(self.call("documents", "list", "quipu.subscriptions", "--prefix", "x").out,
                         "No documents.\n")
        self.assertEqual(json.loads(self.call("documents", "get", "quipu.subscriptions",
                                              "payments").out), row["body"])
        self.assertIn("there is no document",
                      self.call("documents", "get", "quipu.subscriptions", "nobody", expect=1).err)

    def test_explain_tells_when_a_failing_handler_is_called(self):
        text = self.call("explain", "order_placed").out
        self.assertIn("group payments: on dead letter hold_key, on rejection release_key", text)
        plan = self.call("explain", "order_placed", "--json").json["attempts"]
        self.assertEqual([step["attempt"] for step in plan], [1, 2, 3, 4, 5, 6])
        self.assertEqual(plan[0]["after_seconds"], 0)
        times = [step["after_seconds"] for step in plan]
        self.assertEqual(times, sorted(times))
        self.assertIn("no group of this program", self.call("explain", "order_shipped").out)
        self.assertIn("did you mean", self.call("explain", "order_plaxed", expect=2).err)


class Http(harness.CliTest):
    program_name = "orders"

    def start(self, *options):
        running = self.run_program("--http", "127.0.0.1:0", *options)
        view = self.call("doctor", "--json").json["running"]
        self.address = view["http"]
        return running

    def get(self, path, method="GET"):
        connection = http.client.HTTPConnection(self.address, timeout=harness.FOREVER)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def test_alive_and_ready(self):
        self.start()
        self.assertEqual(self.get("/healthz"), (200, '{"status":"alive"}'))
        self.assertEqual(self.get("/readyz"), (200, '{"status":"ready","because":[],"details":[]}'))
        self.assertEqual(self.get("/orders"), (200, '{"orders":0}'))

    def test_a_service_with_a_problem_is_not_ready(self):
        self.start()
        (self.directory / "problem").touch()
        code, body = self.get("/readyz")
        self.assertEqual((code, json.loads(body)["because"]), (503, ["the counter has lost count"]))
        self.assertEqual(self.get("/healthz")[0], 200)
        self.assertIn("lost count", self.call("doctor", expect=1).out)
        (self.directory / "problem").unlink()
        self.assertEqual(self.get("/readyz")[0], 200)

    def test_a_group_without_progress_is_not_ready(self):
        self.start("--stuck-after", "1")
        self.publish("order_placed", {"order_id": "o", "priority": "low", "items": [],
                                      "wait_for": "go"})
        harness.eventually(lambda: self.get("/readyz")[0] == 503, "readiness lost")
        self.assertIn("group payments is stuck", self.get("/readyz")[1])
        (self.directory / "go").touch()
        harness.eventually(lambda: self.get("/readyz")[0] == 200, "readiness found again")

    def test_metrics(self):
        self.start()
        (self.directory / "refuse").touch()
        self.publish("order_placed", {"order_id": "o-1", "priority": "low", "items": []})
        self.wait_until_handled("payments")
        (self.directory / "refuse").unlink()
        self.publish("order_placed", {"order_id": "o-2", "priority": "low", "items": []})
        self.wait_until_handled("payments")
        code, text = self.get("/metrics")
        self.assertEqual(code, 200)
        series = dict(line.rsplit(" ", 1) for line in text.splitlines()
                      if line and not line.startswith("#"))
        expected = {
            'quipu_program_info{program="orders",version="2.3.4"}': 1,
            "quipu_ready": 1,
            "quipu_store_writable": 1,
            "quipu_store_last_position": 3,
            'quipu_events_appended_total{event_type="order_placed"}': 2,
            'quipu_events_appended_total{event_type="payment_requested"}': 1,
            'quipu_events_appended_total{event_type="order_shipped"}': 0,
            'quipu_group_handled_total{group="payments"}': 1,
            'quipu_group_dead_lettered_total{group="payments"}': 1,
            'quipu_group_lag{group="payments"}': 0,
            'quipu_dead_letters_open{group="payments"}': 1,
            "orders_counted": 7,
        }
        found = {name: float(series[name]) for name in expected}
        self.assertEqual(found, expected)
        self.assertIn("# TYPE quipu_group_lag gauge", text)

    def test_control_is_not_on_tcp(self):
        self.start()
        for path in ("/control/status", "/control/events/order_shipped"):
            self.assertEqual(self.get(path)[0], 404)
        self.assertEqual(self.get("/control/events/order_shipped", "POST")[0], 404)

    def test_addresses(self):
        refused = self.call("run", "--http", "0.0.0.0:0", expect=2).err
        self.assertIn("--http 0.0.0.0:0: ", refused)
        self.assertIn("can be reached from other machines", refused)
        self.start()
        other = self.call("run", "--file", "other.db", "--http", self.address, expect=3)
        self.assertIn(self.address.split(":")[1], other.err)

    def test_no_http(self):
        self.run_program("--no-http")
        self.assertEqual(self.call("doctor", "--json").json["running"]["http"], "")


class Own(harness.CliTest):
    program_name = "orders"

    def test_command(self):
        answer = self.call("echo", "a", "--own", "b c", "-", "run", expect=5)
        self.assertEqual(answer.out.splitlines(),
                         ["file orders.db", "http ", "json 0", "[a]", "[--own]", "[b c]", "[-]",
                          "[run]"])
        answer = self.call("echo", "--json", "--file", "x.db", "--http", "127.0.0.1:1", expect=0)
        self.assertEqual(answer.out.splitlines(), ["file x.db", "http 127.0.0.1:1", "json 1"])

    def test_help(self):
        self.assertIn("Show what a command gets", self.call("--help").out)
        self.assertIn("  orders echo a b", self.call("echo", "--help").out)
        self.assertIn("did you mean 'echo'?", self.call("ecko", expect=2).err)
        self.assertIn("--loud", self.call("run", "--help").out)

    def test_run_flag(self):
        self.assertIn("the counter is loud", self.call("run", "--once", "--loud").err)
        self.assertNotIn("the counter is loud", self.call("run", "--once").err)

    def test_a_service_that_cannot_start(self):
        (self.directory / "broken").touch()
        self.assertIn("the counter is broken", self.call("run", expect=3).err)

    def test_doctor_shows_facts_of_services(self):
        view = self.call("doctor", "--json").json
        self.assertEqual(view["services"], [{"name": "counter", "value": "counts orders"}])
        self.assertEqual(view["version"], "2.3.4")

    def test_flow(self):
        flow = self.call("flow", "--json").json
        kinds = {event["event_type"]: (event["terminal"], event["external"])
                 for event in flow["events"]}
        self.assertEqual(kinds, {"order_placed": (False, False), "payment_requested": (True, False),
                                 "order_shipped": (False, True)})
        self.assertEqual(flow["groups"][0]["handles"],
                         [{"event_type": "order_placed", "publishes": ["payment_requested"]}])
        text = self.call("flow").out
        self.assertIn("e0 --> g0\n    g0 --> e1\n", text)
        self.assertIn('e1(["payment_requested"]):::terminal', text)

    def test_examples_hold_every_required_field(self):
        self.assertIn("order_shipped '{\"order_id\":\"abc\"}'", self.call("--help").out
                      .replace("payment_requested", "order_shipped"))
        faults = self.call("publish", "order_placed", '{"priority":"urgent"}', expect=2).err
        self.assertIn("order_id: field required", faults)
        self.assertIn("priority: ", faults)


if __name__ == "__main__":
    harness.main()
