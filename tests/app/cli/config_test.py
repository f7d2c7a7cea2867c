# SPDX-License-Identifier: Apache-2.0
"""Settings as users give them: switches, environment, a file; what is shown and what never is."""
import pathlib

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

    def test_the_reference_equals_the_page_in_docs(self):
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
        env = {"QUIPU_KAFKA_SSL_KEY_PASSWORD_FILE": "secret",
               "QUIPU_KAFKA_SASL_JAAS_CONFIG": f'org.example.Login required password="{SECRET}";',
               "QUIPU_KAFKA_SASL_OAUTHBEARER_EXTENSIONS": f"ticket={SECRET}"}
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
                          ["doctor", "--log", f"kafka://ada:{SECRET}@h:1"],
                          ["doctor", "--log", f"kafka://h:1?sasl.password={SECRET}"],
                          ["events", "--log", f"kafka://h:1?sasl.password={SECRET}"],
                          ["doctor", "--kafka", f"sasl.password={SECRET}"],
                          ["events", f"mongodb://ada:{SECRET}@h/d"]):
            answer = self.call(*arguments, expect=2)
            self.assertNotIn(SECRET, answer.out + answer.err, arguments)

    def test_mistakes_get_a_suggestion(self):
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

    def test_an_unknown_variable_is_reported(self):
        env = {"QUIPU_TOPIC_REPLICAS": SECRET}
        shown = self.settings(env=env)
        self.assertEqual(shown["QUIPU_TOPIC_REPLICAS"],
                         ("", "environment, ignored: not a setting; the nearest is QUIPU_TOPIC_REPLICATION"))
        ran = self.call("run", "--once", env=env)
        self.assertIn("QUIPU_TOPIC_REPLICAS is not a setting and is ignored", ran.err)
        self.assertNotIn(SECRET, ran.err)

    def test_topics_need_a_log(self):
        for action in ("plan", "diff", "apply"):
            self.assertIn("the store is the log", self.call("topics", action, expect=2).err)

    def test_wait_for_the_log_returns_at_once_if_the_store_is_the_log(self):
        self.publish("user_greeted", {"name": "Ada"}, "--wait", "log")
        self.run_program()
        self.publish("user_greeted", {"name": "Bob"}, "--wait", "log", "--wait-timeout", "0")


if __name__ == "__main__":
    harness.main()
