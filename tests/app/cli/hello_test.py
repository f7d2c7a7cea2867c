# SPDX-License-Identifier: Apache-2.0
"""The command line of the smallest program, command by command."""
import json
import os
import re
import sqlite3
import subprocess
import unittest

import harness


class Help(harness.CliTest):
    def test_every_command_teaches_by_example(self):
        commands = self.commands()
        self.assertEqual(commands, ["run", "publish", "tail", "show", "events", "validate",
                                    "groups", "dead-letters", "parked", "archive", "documents", "explain",
                                    "flow", "doctor", "verify", "topics", "promote", "config"])
        for command in commands:
            text = self.call(command, "--help").out
            self.assertIn("Examples:\n  hello " + command, text)

    def commands(self, *above):
        listed = self.call(*above, "--help").out.split("\nCommands:\n")
        return re.findall(r"^  (\S+) {2,}\S", listed[1].split("\n\n")[0], re.M) if listed[1:] else []

    def options(self, *command):
        """The names of all options in a command's help."""
        lines = self.call(*command, "--help").out.splitlines()
        return {name for line in lines if line.startswith("  -")
                for name in line.split()[0].split(",") if name.startswith("--")}

    def test_help_lists_only_options_that_apply_to_the_command(self):
        store = {"--help", "--json", "--store", "--file", "--mongodb-database", "--config"}
        log = {"--log", "--topic-prefix", "--kafka"}
        letters = {"--group", "--type"}
        expected = {
            ("publish",): store | log | {"--key", "--aggregate", "--event-id", "--user",
                                         "--expected-sequence", "--wait", "--wait-timeout"},
            ("tail",): store | {"--type", "--last", "--after", "--count", "--no-follow", "--body"},
            ("show",): store | {"--tree"}, ("groups",): store, ("verify",): store, ("dead-letters",): store,
            ("validate",): {"--help"}, ("flow",): {"--help", "--json"},
            ("doctor",): store | log | {"--topic-replication"},
            ("dead-letters", "list"): store | letters | {"--status", "--limit"},
            ("dead-letters", "show"): store,
            ("dead-letters", "requeue"): store | letters | {"--all", "--rate", "--reason",
                                                                  "--out-of-order"},
            ("dead-letters", "discard"): store | letters | {"--all", "--reason"},
            ("parked",): store, ("parked", "show"): store, ("parked", "retry"): store | {"--all"},
            ("parked", "list"): store | {"--group", "--key", "--limit"},
            ("groups", "list"): store,
            ("groups", "rewind"): store | {"--type", "--dry-run"},
            ("documents",): store, ("documents", "get"): store,
            ("documents", "list"): store | {"--prefix", "--limit"},
            ("explain",): {"--help", "--json"},
            ("archive",): store | {"--reason"},
            ("promote",): store | log | {"--quiet", "--published-until"},
        }
        for action in ("plan", "diff", "apply"):
            expected["topics", action] = log | {"--help", "--json", "--config", "--topic-replication"}
        for command, options in expected.items():
            self.assertEqual({name for name in self.options(*command) if name != "-q"}, options, command)

    def test_an_option_of_another_command_is_refused_and_its_commands_are_named(self):
        known = {}
        for command in self.commands():
            for name in self.commands(command) or [""]:
                path = (command, name) if name else (command,)
                known[path] = self.options(*path)
        self.assertEqual(known["flow",], {"--help", "--json"})
        for path, options in known.items():
            foreign = sorted(set().union(*known.values()) - options)
            for option in foreign[:1] + foreign[-1:]:
                answer = self.call(*path, option + "=secret", expect=2)
                self.assertIn(f"unknown option '{option}' of '{' '.join(path)}'; it belongs to '",
                              answer.err)
                self.assertNotIn("secret", answer.err)
                self.assertIn(f"Run 'hello {' '.join(path)} --help'", answer.err)
        self.assertIn("it belongs to 'run'", self.call("events", "--once", expect=2).err)

    def test_the_printed_example_of_publish_works(self):
        line = re.search(r"^  (hello publish .*})'$", self.call("publish", "--help").out, re.M)
        path = os.path.dirname(self.program) + ":" + os.environ["PATH"]
        done = subprocess.run(["sh", "-c", line.group(1) + "'"], cwd=self.directory,
                              env={**os.environ, "PATH": path}, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.call("events", "--json").json_lines[0]["event_type"], "user_greeted")

    def test_version(self):
        self.assertEqual(self.call("--version").out.strip(), "hello 0.1.0")


class Mistakes(harness.CliTest):
    def test_unknown_words_get_a_suggestion(self):
        self.assertIn("did you mean 'publish'?", self.call("publsh", expect=2).err)
        answer = self.call("publish", "user_greted", "{}", expect=2)
        self.assertIn("unknown event type 'user_greted'; did you mean 'user_greeted'?", answer.err)
        answer = self.call("tail", "--type", "user_greted", expect=2)
        self.assertIn("did you mean 'user_greeted'?", answer.err)
        self.assertFalse((self.directory / "hello.db").exists())

    def test_wrong_usage_is_exit_code_2(self):
        self.call(expect=2)
        self.call("--bogus", expect=2)
        self.call("publish", expect=2)
        self.call("show", expect=2)
        self.call("run", "--http", "nowhere", expect=2)
        self.call("run", "--drain-timeout", "-1", expect=2)
        self.call("events", "--from", "yesterday", expect=2)
        self.call("events", "--where", "name", expect=2)
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_an_option_before_the_command(self):
        answer = self.call("--json", "groups", expect=2)
        self.assertIn("unknown option '--json' before the command; it belongs to", answer.err)

    def test_an_option_twice(self):
        self.assertIn("--limit: given more than once",
                      self.call("events", "--limit", "1", "--limit=2", expect=2).err)
        self.call("events", "--type", "user_greeted", "--type=user_greeted", expect=3)

    def test_forms_of_a_value(self):
        text = '{"name":"Ada"}'
        self.call("publish", "--event-id=e-1", "user_greeted", text)
        self.call("publish", "--event-id", "--file", "user_greeted", text)
        self.call("publish", "--event-id", "--", "--", "user_greeted", text)
        ids = [line["event_id"] for line in self.call("events", "--json").json_lines]
        self.assertEqual(ids, ["e-1", "--file", "--"])
        self.assertIn("--event-id: a value is missing",
                      self.call("publish", "--event-id=", "user_greeted", text, expect=2).err)

    def test_bytes_that_are_not_utf8(self):
        for words in ([b"\xff\x1b[2J"], [b"events", b"--\xff\x1b"], [b"events", b"--limit", b"\xff\x1b"],
                      [b"publish", b"\xff\x1b", b"{}"], [b"publish", b"user_greeted", b"\xff\x1b"],
                      [b"events", b"--from", b"\xff\x1b"], [b"events", b"--where", b"\xff\x1b"],
                      [b"events", b"\xff\x1b"], [b"run", b"--http", b"\xff\x1b"]):
            done = subprocess.run([self.program.encode(), *words], cwd=self.directory, capture_output=True,
                                  timeout=harness.FOREVER, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, b""), words)
            done.stderr.decode()
            self.assertNotIn(b"\x1b", done.stderr)
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_store_urls(self):
        self.call("publish", "user_greeted", '{"name":"Ada"}', "--store", "sqlite:other.db")
        self.assertTrue((self.directory / "other.db").exists())
        answer = self.call("events", "--store", "sqlit:x.db", expect=2)
        self.assertIn("the nearest is sqlite:PATH", answer.err)

    def test_reading_without_a_store_fails(self):
        for command in (["events"], ["tail"], ["groups"], ["show", "1"], ["verify"],
                        ["dead-letters", "list"], ["dead-letters", "requeue", "1"]):
            answer = self.call(*command, expect=3)
            self.assertIn("there is no store at hello.db", answer.err, command)
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_a_missing_directory(self):
        self.assertIn("nowhere/x.db",
                      self.call("run", "--once", "--file", "nowhere/x.db", expect=3).err)
        self.call("publish", "user_greeted", '{"name":"Ada"}', "--file", "nowhere/x.db", expect=3)

    def test_a_file_that_is_not_a_store(self):
        (self.directory / "hello.db").write_text("These are not the bytes of a store. " * 100)
        for command in (["events"], ["run", "--once"]):
            self.assertIn("not a database", self.call(*command, expect=3).err)
        self.assertIn("PROBLEM", self.call("doctor", expect=1).out)


class Publish(harness.CliTest):
    def test_prints_id_and_position(self):
        answer = self.call("publish", "user_greeted", '{"name":"Ada"}')
        self.assertRegex(answer.out, r"^[0-9a-f-]{36} at position 1\n$")
        reply = self.publish("user_greeted", {"name": "Bob"})
        self.assertEqual((reply["position"], reply["duplicate"]), (2, False))

    def test_faults_are_listed_and_nothing_is_stored(self):
        text = '{"name":17,"timestamp":"soon","metadata":{"service_version":[]}}'
        answer = self.call("publish", "user_greeted", text, expect=2)
        lines = answer.err.splitlines()
        self.assertEqual(lines[0], "hello: this is not a valid user_greeted:")
        locations = {line.strip().split(": ")[0] for line in lines[1:]}
        self.assertEqual(locations, {"name", "timestamp", "metadata.service_name",
                                     "metadata.service_version"})
        self.assertFalse((self.directory / "hello.db").exists())

    def test_bytes_that_are_not_json(self):
        for text in ("", "{", "[]", "nonsense", '{"name":"Ada"} x'):
            self.assertIn("this is not a valid user_greeted",
                          self.call("publish", "user_greeted", text, expect=2).err)

    def test_without_json_the_faults_name_the_required_fields(self):
        self.assertIn("name: field required", self.call("publish", "user_greeted", expect=2).err)

    def test_reads_standard_input(self):
        self.call("publish", "user_greeted", "-", stdin='{"name":"Grüße ☃"}')
        event = self.call("show", "1", "--json").json["record"]["event"]
        self.assertEqual(event["name"], "Grüße ☃")

    def test_options_and_unknown_fields_are_kept(self):
        self.publish("user_greeted", {"name": "Ada", "extra": {"a": [1, 2]}}, "--key", "k",
                     "--aggregate", "a-1", "--user", "u-1", "--event-id", "e-1")
        record = self.call("show", "e-1", "--json").json["record"]
        self.assertEqual((record["key"], record["aggregate_id"], record["sequence"]),
                         ("k", "a-1", 1))
        self.assertEqual(record["event"]["metadata"]["user_id"], "u-1")
        self.assertEqual(record["event"]["extra"], {"a": [1, 2]})

    def test_an_id_is_stored_once(self):
        text = '{"name":"Ada","timestamp":"2026-01-02T03:04:05Z"}'
        first = self.call("publish", "user_greeted", text, "--event-id", "e", "--json").json
        again = self.call("publish", "user_greeted", text, "--event-id", "e", "--json").json
        self.assertEqual((again["duplicate"], again["position"]), (True, first["position"]))
        self.call("publish", "user_greeted", '{"name":"Bob"}', "--event-id", "e", expect=2)

    def test_expected_sequence(self):
        self.publish("user_greeted", {"name": "A"}, "--aggregate", "a", "--expected-sequence", "0")
        self.call("publish", "user_greeted", '{"name":"B"}', "--aggregate", "a",
                  "--expected-sequence", "0", expect=2)

    def test_the_file_from_the_environment(self):
        self.call("publish", "user_greeted", '{"name":"A"}', env={"HELLO_FILE": "env.db"})
        self.call("publish", "user_greeted", '{"name":"A"}', "--file", "flag.db",
                  env={"HELLO_FILE": "env.db"})
        made = {path.name for path in self.directory.glob("*.db")}
        self.assertEqual(made, {"env.db", "flag.db"})


class Read(harness.CliTest):
    def setUp(self):
        super().setUp()
        for number in range(1, 6):
            self.publish("user_greeted",
                         {"name": f"n{number}", "timestamp": f"2026-01-0{number}T00:00:00Z"},
                         "--aggregate", "odd" if number % 2 else "even", "--user", f"u{number}")

    def names(self, *options, expect=0):
        answer = self.call("events", "--json", *options, expect=expect)
        return [line["event"]["name"] for line in answer.json_lines]

    def test_events_filters(self):
        self.assertEqual(self.names(), ["n1", "n2", "n3", "n4", "n5"])
        self.assertEqual(self.names("--newest", "--limit", "2"), ["n5", "n4"])
        self.assertEqual(self.names("--aggregate", "even"), ["n2", "n4"])
        self.assertEqual(self.names("--user", "u3"), ["n3"])
        self.assertEqual(self.names("--where", "name=n4"), ["n4"])
        self.assertEqual(self.names("--where", '"name"="n4"'), ["n4"])
        scanned = self.call("events", "--where", "name=n4").err
        self.assertIn("reading every event, because name is not indexed", scanned)
        for indexed in (["--user", "u3"], ["--where", "metadata.user_id=u3"]):
            self.assertEqual(self.call("events", *indexed).err, "")
        self.assertIn("no event matches", self.call("events", "--correlation", "c", expect=1).err)
        self.call("events", "--execution", "x", expect=2)
        self.assertEqual(self.names("--from", "2026-01-02", "--until", "2026-01-04"), ["n2", "n3"])
        self.assertEqual(self.names("--type", "user_greeted", "--limit", "0"),
                         ["n1", "n2", "n3", "n4", "n5"])
        self.assertEqual(self.names("--aggregate", "none", expect=1), [])

    def test_events_pages(self):
        answer = self.call("events", "--json", "--limit", "2")
        cursor = re.search(r"--cursor (\S+)", answer.err).group(1)
        self.assertEqual(self.names("--limit", "2", "--cursor", cursor), ["n3", "n4"])
        self.call("events", "--cursor", "nonsense", expect=2)

    def test_lines_have_no_payload_unless_asked(self):
        for command in (["events"], ["tail", "--no-follow"]):
            lines = self.call(*command).out.splitlines()
            self.assertEqual(len(lines), 5)
            self.assertNotIn("n1", lines[0])
            self.assertRegex(lines[0], r"^2026-01-01T00:00:00Z +1  user_greeted  [0-9a-f-]{36}  odd$")
            self.assertIn('"name":"n1"', self.call(*command, "--body").out)

    def test_tail_starts_after_the_given_position(self):
        def positions(*options):
            lines = self.call("tail", "--no-follow", "--json", *options).json_lines
            return [line["position"] for line in lines]
        self.assertEqual(positions(), [1, 2, 3, 4, 5])
        self.assertEqual(positions("--last", "2"), [4, 5])
        self.assertEqual(positions("--last", "0"), [])
        self.assertEqual(positions("--after", "3"), [4, 5])
        self.assertEqual(positions("--after", "0", "--count", "2"), [1, 2])
        self.assertEqual(positions("--last", "3", "--count", "2"), [3, 4])

    def test_tail_follows_another_process(self):
        tail = subprocess.Popen([self.program, "tail", "--last", "1", "--count", "3", "--json"],
                                cwd=self.directory, stdout=subprocess.PIPE, text=True)
        self.addCleanup(tail.stdout.close)
        self.assertEqual(json.loads(tail.stdout.readline())["position"], 5)
        self.publish("user_greeted", {"name": "n6"})
        self.assertEqual(json.loads(tail.stdout.readline())["event"]["name"], "n6")
        self.publish("user_greeted", {"name": "n7"})
        self.assertEqual(json.loads(tail.stdout.readline())["event"]["name"], "n7")
        self.assertEqual(tail.wait(harness.FOREVER), 0)

    def test_show(self):
        by_position = self.call("show", "2", "--json").json
        by_id = self.call("show", by_position["record"]["event_id"], "--json").json
        self.assertEqual(by_position, by_id)
        self.assertEqual(by_id["record"]["event"]["name"], "n2")
        text = self.call("show", "2").out
        self.assertIn('  "name": "n2"', text)
        self.assertIn("aggregate_id  even", text)
        self.assertIn("no event has the id or position 'x'", self.call("show", "x", expect=1).err)
        self.call("show", "6", expect=1)

    def test_show_reports_the_state_in_each_group(self):
        self.call("run", "--once", "--quiet")
        self.publish("user_greeted", {"name": "later"})
        states = [self.call("show", position, "--json").json["groups"][0]["state"]
                  for position in ("1", "6")]
        self.assertEqual(states, ["finished", "waiting"])

    def test_verify(self):
        self.assertEqual(self.call("verify", "--json").json, {"sound": True, "problems": []})
        self.assertIn("is sound", self.call("verify").out)

    def test_verify_finds_damage(self):
        with sqlite3.connect(self.directory / "hello.db") as connection:
            changed = connection.execute(
                "UPDATE events SET body = CAST(replace(CAST(body AS TEXT), 'n2', 'n9') AS BLOB)"
                " WHERE position = 2")
            self.assertEqual(changed.rowcount, 1)
        connection.close()
        answer = self.call("verify", "--json", expect=1)
        self.assertFalse(answer.json["sound"])
        self.assertTrue(any("2" in problem for problem in answer.json["problems"]))
        self.assertIn("position 2 is damaged", self.call("events", expect=1).err)


class Terminal(harness.CliTest):
    def test_control_characters_are_not_printed(self):
        nasty = "a\x1b[31m\u009b2J\nb"
        self.publish("user_greeted", {"name": nasty}, "--key", nasty, "--event-id", nasty)
        for command in (["events"], ["events", "--body"], ["tail", "--no-follow"], ["show", "1"]):
            text = self.call(*command).out
            self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f\u0080-\u009f]")
        shown = self.call("events", "--json").json_lines[0]
        self.assertEqual((shown["key"], shown["event"]["name"]), (nasty, nasty))


class Groups(harness.CliTest):
    def test_position_and_lag(self):
        for name in ("Ada", "Bob"):
            self.publish("user_greeted", {"name": name})
        row = self.group("greeter")
        self.assertEqual((row["position"], row["lag"], row["in_store"]), (0, 2, False))
        self.call("run", "--once", "--quiet")
        row = self.group("greeter")
        self.assertEqual((row["position"], row["lag"], row["parked"], row["dead_letters"]),
                         (2, 0, 0, 0))
        heading, line = self.call("groups").out.splitlines()
        self.assertEqual(heading.split()[:3], ["GROUP", "POSITION", "LAG"])
        self.assertEqual(line.split()[:3], ["greeter", "2", "0"])


class Flow(harness.CliTest):
    def test_graph(self):
        flow = self.call("flow", "--json").json
        self.assertEqual(flow["groups"], [
            {"group": "greeter", "tick_publishes": [],
             "handles": [{"event_type": "user_greeted", "publishes": []}]}])
        text = self.call("flow").out
        self.assertTrue(text.startswith("flowchart LR\n"))
        self.assertIn('e0(["user_greeted"])\n', text)
        self.assertIn("e0 --> g0\n", text)


class Doctor(harness.CliTest):
    def test_without_a_file(self):
        view = self.call("doctor", "--json").json
        self.assertIsNone(view["store"])
        self.assertIsNone(view["running"])
        versions = {fact["name"]: fact["value"] for fact in view["versions"]}
        self.assertEqual(versions["sqlite"].split(".")[0], "3")
        self.assertIn("compiler", versions)
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_with_a_file(self):
        self.publish("user_greeted", {"name": "Ada"})
        view = self.call("doctor", "--json").json
        self.assertEqual((view["store"]["events"], view["store"]["mode"]), (1, "0600"))
        self.assertEqual(view["problems"], [])
        self.assertIn("No problems found.", self.call("doctor").out)

    def test_a_running_program(self):
        running = self.run_program()
        view = self.call("doctor", "--json").json
        self.assertEqual(view["running"]["pid"], running.process.pid)
        self.assertEqual(view["store"]["durability"], "full")
        self.assertTrue(view["running"]["ready"])

    def test_problems_are_exit_code_1(self):
        self.publish("user_greeted", {"name": "Ada"})
        os.chmod(self.directory / "hello.db", 0o644)
        self.assertIn("chmod 600", self.call("doctor", expect=1).out)


class Validate(harness.CliTest):
    CASES = [
        {"id": "good", "input": json.dumps({
            "event_id": "e", "event_type": "user_greeted", "timestamp": "2026-01-02T03:04:05Z",
            "metadata": {"service_name": "s", "service_version": "1"}, "name": "Ada"})},
        {"id": "bad", "input": '{"event_type":"user_greeted","name":5}'},
        {"id": 7, "input_b64": "/w=="},
    ]

    def test_verdicts_in_order(self):
        stdin = "".join(json.dumps(case) + "\n" for case in self.CASES)
        verdicts = self.call("validate", stdin=stdin).json_lines
        self.assertEqual([verdict["id"] for verdict in verdicts], ["good", "bad", 7])
        self.assertEqual([verdict["ok"] for verdict in verdicts], [True, False, False])
        self.assertEqual(json.loads(verdicts[0]["output"])["name"], "Ada")
        errors = {(error["type"], tuple(error["loc"])) for error in verdicts[1]["errors"]}
        self.assertIn(("string_type", ("user_greeted", "name")), errors)
        self.assertIn(("missing", ("user_greeted", "metadata")), errors)
        self.assertTrue(all(error["msg"] for error in verdicts[1]["errors"]))

    def test_a_malformed_case(self):
        stdin = "nonsense\n\n" + json.dumps(self.CASES[0]) + "\n"
        answer = self.call("validate", stdin=stdin, expect=2)
        self.assertIn("line 1 is not a case", answer.err)
        self.assertEqual([verdict["ok"] for verdict in answer.json_lines], [False, True])


if __name__ == "__main__":
    harness.main()
