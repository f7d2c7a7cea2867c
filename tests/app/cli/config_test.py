"""Settings as users give them: switches, environment, a file; what is shown and what never is."""
import pathlib
import subprocess

import harness

ROOT = pathlib.Path(__file__).resolve().parents[3]
SECRET = "hunter2-planted"


class Config(harness.CliTest):
    def settings(self, *arguments, env=None):
        view = self.call("config", "--json", *arguments, env=env).json
        return {row["name"]: (row["value"], row["from"]) for row in view["settings"]}

    def write(self, text, name="a.conf"):
        (self.directory / name).write_text(text)
        return name

    def test_shows_values_and_where_they_come_from(self):
        file = self.write("member = of-file\ntopic-prefix = p-\n")
        shown = self.settings("--config", file, "--log-level", "debug", env={"QUIPU_MEMBER": "of-env"})
        self.assertEqual(shown["store"], ("hello.db", "default"))
        self.assertEqual(shown["member"], ("of-env", "environment QUIPU_MEMBER"))
        self.assertEqual(shown["topic-prefix"], ("p-", "file a.conf"))
        self.assertEqual(shown["log-level"], ("debug", "--log-level"))
        table = self.call("config", "--file", "other.db").out
        self.assertRegex(table, r"store +sqlite:other.db +--file")

    def test_the_reference_is_the_page_of_the_manual(self):
        page = (ROOT / "docs" / "configuration.md").read_text()
        self.assertEqual(self.call("config", "--reference").out, page,
                         "run 'hello config --reference > docs/configuration.md'")

    def test_every_place_opens_the_store(self):
        self.call("publish", "user_greeted", '{"name":"Ada"}', env={"QUIPU_STORE": "sqlite:e.db"})
        self.call("publish", "user_greeted", '{"name":"Ada"}', "--config", self.write("store = f.db\n"))
        self.call("publish", "user_greeted", '{"name":"Ada"}', "--store", "s.db")
        self.call("publish", "user_greeted", '{"name":"Ada"}', env={"HELLO_FILE": "h.db"})
        for name in "efsh":
            self.assertTrue((self.directory / f"{name}.db").exists(), name)

    def test_planted_secrets_are_never_printed(self):
        (self.directory / "secret").write_text(SECRET + "\n")
        file = self.write(f"store = mongodb://ada:{SECRET}@127.0.0.1:1/d\n"
                          f"log = kafka://127.0.0.1:1\n[kafka]\nsasl.password = {SECRET}\n")
        env = {"QUIPU_KAFKA_SSL_KEY_PASSWORD_FILE": "secret"}
        for command in (["config"], ["config", "--json"], ["doctor"], ["doctor", "--json"], ["events"],
                        ["topics", "plan"], ["publish", "user_greeted", '{"name":"Ada"}']):
            done = self.call_any(*command, "--config", file, env=env)
            self.assertNotIn(SECRET, done.out + done.err, command)
        shown = self.settings("--config", file, env=env)
        self.assertEqual(shown["store"][0], "mongodb://ada:***@127.0.0.1:1/d")
        self.assertEqual(shown["kafka.sasl.password"][0], "***")
        self.assertEqual(shown["kafka.ssl.key.password"], ("***", "environment QUIPU_KAFKA_SSL_KEY_PASSWORD_FILE"))

    def test_planted_secrets_are_never_printed_by_mistakes(self):
        for arguments in (["events", "--store", f"mongodbb://ada:{SECRET}@h/d"],
                          ["events", "--store", f"mongodb://ada:{SECRET}@h/d?replicSet=a"],
                          ["events", "--log", f"kafka://ada:{SECRET}@h:1"],
                          ["events", "--log", f"kafka://h:1?sasl.password={SECRET}"],
                          ["events", "--kafka", f"sasl.password={SECRET}"],
                          ["events", f"mongodb://ada:{SECRET}@h/d"]):
            answer = self.call(*arguments, expect=2)
            self.assertNotIn(SECRET, answer.out + answer.err, arguments)

    def test_mistakes_name_the_nearest(self):
        self.assertIn("nearest is mongodb://HOST", self.call("events", "--store", "mongo://h", expect=2).err)
        self.assertIn("nearest is replicaSet",
                      self.call("events", "--store", "mongodb://h/?replicSet=a", expect=2).err)
        self.assertIn("nearest is kafka://", self.call("run", "--log", "kafak://h", expect=2).err)
        self.assertIn("nearest is QUIPU_STORE",
                      self.call("events", env={"QUIPU_STROE": "x"}, expect=2).err)
        self.assertIn("nearest is member",
                      self.call("events", "--config", self.write("membr = x\n"), expect=2).err)
        self.call("events", "--config", "absent.conf", expect=3)
        self.call("events", "--file", "a.db", "--store", "b.db", expect=2)

    def test_topics_need_a_log(self):
        for action in ("plan", "diff", "apply"):
            self.assertIn("the store is the log", self.call("topics", action, expect=2).err)

    def test_waiting_for_the_log_is_over_at_once_where_the_store_is_the_log(self):
        self.publish("user_greeted", {"name": "Ada"}, "--wait", "log")
        self.run_program()
        self.publish("user_greeted", {"name": "Bob"}, "--wait", "log", "--wait-timeout", "0")

    def test_a_database_that_does_not_answer(self):
        port = harness.free_port()
        url = f"mongodb://ada:{SECRET}@127.0.0.1:{port}/d?serverSelectionTimeoutMS=200"
        for command in (["events"], ["groups"], ["verify"], ["publish", "user_greeted", '{"name":"A"}']):
            answer = self.call(*command, "--store", url, expect=3)
            self.assertIn(f"127.0.0.1:{port}", answer.err)
            self.assertNotIn(SECRET, answer.err)
            self.assertEqual(len(answer.err.splitlines()), 1, answer.err)
        self.assertIn(f"127.0.0.1:{port}", self.call("doctor", "--store", url, expect=1).out)

    def test_run_waits_for_a_database_and_says_so(self):
        url = f"mongodb://ada:{SECRET}@127.0.0.1:{harness.free_port()}/d?serverSelectionTimeoutMS=200"
        http = harness.free_port()
        running = harness.RunningProgram(self.program, self.directory, "--store", url,
                                         "--http", f"127.0.0.1:{http}")
        self.addCleanup(self._end, running)
        running.wait_for_log("trying again")
        status, body = harness.eventually(lambda: harness.get(http, "/readyz"))
        self.assertEqual((status, body["status"]), (503, "not ready"))
        self.assertIn("127.0.0.1", body["because"][0])
        self.assertEqual(harness.get(http, "/healthz")[0], 200)
        self.assertEqual(running.stop(), 0)
        self.assertNotIn(SECRET, "".join(running.log + running.out) + str(body))

    def test_a_log_that_does_not_answer_is_told_with_its_address(self):
        port = harness.free_port()
        answer = self.call_any("topics", "plan", "--log", f"kafka://127.0.0.1:{port}")
        self.assertIn(f"127.0.0.1:{port}", answer.err)
        self.assertIn(answer.code, (2, 3))


class Promote(harness.CliTest):
    def test_moves_everything_and_the_program_goes_on(self):
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
        self.assertIn("promoted to new.db before", self.call("promote", "hello.db", "--store", "new.db").out)

    def test_refuses_what_it_must_not_touch(self):
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

    def test_killed_in_the_middle_it_goes_on(self):
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
