# SPDX-License-Identifier: Apache-2.0
"""What the interoperation tests share: the models, the events, the topics, the program."""
import asyncio
import contextlib
import datetime as dt
import json
import logging
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
import uuid

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/e2e")]
DATA = ROOT / "tests/data/conformance"

from pydantic_oracle import Models  # noqa: E402
from program import PATIENCE, SKIPPED, wait_for  # noqa: E402

ECHO = os.environ.get("INTEROP_ECHO", "")
BROKERS = os.environ.get("QUIPU_TEST_KAFKA", "")
MONGO = os.environ.get("QUIPU_TEST_MONGO", "")

MODELS = Models(json.loads((DATA / "models.json").read_text(encoding="utf-8")))
ADAPTER = MODELS.adapter  # of the union that `event_type` discriminates
TYPES = [event["event_type"] for event in MODELS.description["events"]]


def canonical_events(without=None):
    """One event of each type as the bytes that Pydantic writes, with ids of their own; none of those
    whose JSON has the text `without`."""
    found = {}
    for line in (DATA / "cases.jsonl").read_bytes().splitlines():
        case = json.loads(line)
        if case["ok"] and case["canonical"] and not case.get("generated"):
            if without and without in case["output"]:
                continue
            event = ADAPTER.validate_json(case["output"])
            found.setdefault(event.event_type.value, event)
    events = [fresh(found[name]) for name in TYPES]
    assert len({type(event) for event in events}) == len(TYPES) == 57
    return events


def fresh(event, **changes):
    now = dt.datetime.now(dt.timezone.utc)  # an old one would be the topic's to delete at once
    return event.model_copy(update={"event_id": str(uuid.uuid4()), "timestamp": now, **changes})


def key_of(event):
    """The key by which the C++ side publishes, and by which a Python service should."""
    return event.aggregate_id or event.event_id


def headers_of(record):
    """By name; a name must not come twice."""
    headers = dict(record.headers)
    assert len(headers) == len(record.headers), record.headers
    return {name: value.decode() for name, value in headers.items()}


class Topics:
    """A fresh prefix for all topics; they are deleted at the end."""

    def __init__(self):
        self.prefix = f"interop-{uuid.uuid4().hex[:12]}-"
        self.url = f"kafka://{BROKERS}/{self.prefix}"
        self.names = [self.prefix + name for name in TYPES]

    def of(self, event):
        return self.prefix + event.event_type.value

    async def delete(self):
        admin = AIOKafkaAdminClient(bootstrap_servers=BROKERS, request_timeout_ms=PATIENCE * 1000)
        await admin.start()
        try:
            await admin.delete_topics(self.names)
        finally:
            await admin.close()

    @contextlib.asynccontextmanager
    async def producer(self):
        producer = AIOKafkaProducer(bootstrap_servers=BROKERS, acks="all", enable_idempotence=True,
                                    request_timeout_ms=PATIENCE * 1000)
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    async def read(self, done, names=None):
        """All records of these topics, once `done(records)` is true."""
        consumer = AIOKafkaConsumer(*(names or self.names), bootstrap_servers=BROKERS,
                                    auto_offset_reset="earliest", group_id=None)
        await consumer.start()
        records = []
        try:
            async with asyncio.timeout(PATIENCE):
                while not done(records):
                    for batch in (await consumer.getmany(timeout_ms=200)).values():
                        records += batch
        finally:
            await consumer.stop()
        return records


class Echo:
    """The program echo (echo.cpp) on a store of its own, a context manager."""

    def __init__(self, topics, store=None, create_topics=False):
        self._directory = tempfile.TemporaryDirectory(prefix="quipu-interop-")
        self.log = pathlib.Path(self._directory.name) / "log"
        self.store = store or "sqlite:" + self._directory.name + "/echo.db"
        # In the environment, where every command takes it, also one that has no such option.
        self.environment = {**os.environ, "QUIPU_STORE": self.store}
        if topics is not None:
            self.environment["QUIPU_LOG"] = topics.url
        self.create_topics = ["--create-topics"] if create_topics else []
        self.process = None

    def __enter__(self):
        if "QUIPU_LOG" in self.environment and not self.create_topics:
            self.call("topics", "apply")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([ECHO, "run", *self.create_topics],
                                            env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for("the start of echo", self._runs)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def _runs(self):
        if self.process.poll() is not None:
            raise AssertionError("echo ended:\n" + self.log.read_text(errors="replace"))
        return b" runs on " in self.log.read_bytes()

    def __exit__(self, kind, error, trace):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            finally:
                self.process.kill()
                self.process.wait()
        if error is not None:
            print(self.log.read_text(errors="replace")[-4000:], file=sys.stderr)
        self._directory.cleanup()

    def call(self, *arguments, stdin=b""):
        done = subprocess.run([ECHO, *arguments], input=stdin, capture_output=True,
                              env=self.environment, timeout=PATIENCE, check=False)
        if done.returncode:
            raise AssertionError(f"{arguments}: {done.returncode}\n{done.stderr.decode()}")
        return done.stdout.decode()

    def json(self, *arguments):
        return json.loads(self.call(*arguments, "--json"))

    def json_lines(self, *arguments):
        lines = self.call(*arguments, "--json").split("\n")
        return [json.loads(line) for line in lines if line]

    def publish(self, event):
        return json.loads(self.call("publish", event.event_type.value, "-", "--json",
                                    stdin=event.model_dump_json().encode()))

    def group(self):
        rows = self.json("groups")["groups"]
        return next(row for row in rows if row["group"] == "echo")

    def seen(self):
        """What was handled, by event id."""
        rows = self.json_lines("seen")
        return {row["event_id"]: row["seen"] for row in rows}

    def wait_until_seen(self, events):
        ids = {event.event_id for event in events}
        wait_for("the handling of all events", lambda: ids <= self.seen().keys())
        return self.seen()


class InteropTest(unittest.IsolatedAsyncioTestCase):
    """One program and one set of topics for the tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.topics = Topics()
        cls.addClassCleanup(lambda: asyncio.run(cls.topics.delete()))
        cls.echo = cls.enterClassContext(Echo(cls.topics))


def main(needs_kafka=True, needs_mongo=False):
    for name, needed in (("QUIPU_TEST_KAFKA", needs_kafka), ("QUIPU_TEST_MONGO", needs_mongo)):
        if needed and not os.environ.get(name):
            print(f"\n*** interop: {name} names no server; tools/servers starts one\n")
            sys.exit(SKIPPED)
    # Remarks on a slow machine and on topics that are new to their broker.
    for name in ("asyncio", "aiokafka"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    unittest.main(verbosity=2)
