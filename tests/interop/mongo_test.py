# SPDX-License-Identifier: Apache-2.0
"""pymongo reads what the C++ side stores: the same values as the JSON, typed."""
import asyncio
import datetime as dt
import re
import uuid

import bson
import pymongo
import support
from bson.codec_options import CodecOptions
from support import BROKERS, MONGO, TYPES, Echo, InteropTest, Topics, canonical_events, fresh, key_of

UTC = dt.timezone.utc
PRESENT = {"event_id", "event_type", "event_version", "timestamp", "aggregate_id", "metadata"}


class Mongo(InteropTest):
    @classmethod
    def setUpClass(cls):
        name = "interop_" + uuid.uuid4().hex[:12]
        client = cls.enterClassContext(pymongo.MongoClient(MONGO))
        cls.addClassCleanup(client.drop_database, name)
        cls.database = client.get_database(name, CodecOptions(tz_aware=True))
        cls.topics = None
        if BROKERS:
            cls.topics = Topics()
            cls.addClassCleanup(lambda: asyncio.run(cls.topics.delete()))
        address, _, options = MONGO.partition("?")
        url = address.rstrip("/") + "/" + name + ("?" + options if options else "")
        cls.echo = cls.enterClassContext(Echo(cls.topics, url))
        # A zero byte in a header's text makes it binary; in the payload it is a text.
        cls.events = canonical_events(without=r"\u0000")
        cls.zero = fresh(cls.events[0], script="a\0b", aggregate_id="zero")
        for event in [*cls.events, cls.zero]:
            cls.echo.publish(event)

    def stored(self, event):
        document = self.database.events.find_one({"event_id": event.event_id})
        self.assertIsNotNone(document, event.event_type)
        return document

    def test_header_fields_are_at_the_top_level(self):
        for event in self.events:
            with self.subTest(event.event_type.value):
                document = self.stored(event)
                self.assertIsInstance(document["_id"], int)
                self.assertEqual(document["event_type"], event.event_type.value)
                self.assertEqual(document["event_version"], event.event_version)
                self.assertEqual(document.get("aggregate_id"), event.aggregate_id or None)
                self.assertEqual(document["key"], key_of(event))
                self.check(document["metadata"], event.model_dump()["metadata"])
                self.check_time(document["timestamp"], event.timestamp)
                micros = (event.timestamp - dt.datetime(1970, 1, 1, tzinfo=UTC)) / dt.timedelta(microseconds=1)
                self.assertEqual(document["timestamp_us"], micros)

    def test_body_has_the_exact_bytes_even_if_the_server_rejects_the_payload(self):
        for event in [*self.events, self.zero]:
            body = self.stored(event)["body"]
            self.assertEqual(bytes(body), event.model_dump_json().encode())

    def test_payload_has_each_field_in_its_type(self):
        for event in self.events:
            with self.subTest(event.event_type.value):
                payload = self.stored(event)["payload"]
                expected = {name: value for name, value in event.model_dump().items() if name not in PRESENT}
                self.assertEqual(set(payload), set(expected))
                self.check(payload, expected)

    def check(self, stored, expected):
        """Recursive: dates as datetime, integers as int64, the rest the same."""
        if isinstance(expected, dict):
            self.assertEqual(set(stored), set(expected))
            for name, value in expected.items():
                self.check(stored[name], value)
        elif isinstance(expected, list):
            self.assertEqual(len(stored), len(expected))
            for one, other in zip(stored, expected):
                self.check(one, other)
        elif isinstance(expected, dt.datetime):
            self.check_time(stored, expected)
        else:
            self.assertEqual(stored, expected)
            if isinstance(expected, int) and not isinstance(expected, bool):
                self.assertIsInstance(stored, bson.Int64)
            elif isinstance(expected, float):
                self.assertIsInstance(stored, float)

    def check_time(self, stored, expected):
        self.assertIsInstance(stored, dt.datetime)
        cut = expected.microsecond // 1000 * 1000
        self.assertEqual(stored, expected.replace(microsecond=cut))

    def test_queries_of_python_find_them(self):
        events = self.database.events
        self.assertEqual(sorted(events.distinct("event_type")), sorted(TYPES))
        one = next(event for event in self.events if event.aggregate_id)
        self.assertEqual(
            [each["event_id"] for each in events.find({"aggregate_id": one.aggregate_id,
                                                       "event_type": one.event_type.value})],
            [one.event_id])

    async def test_ingested_events_are_stored_the_same_way(self):
        if self.topics is None:
            self.skipTest("QUIPU_TEST_KAFKA names no server")
        event = fresh(self.events[4])
        async with self.topics.producer() as producer:
            await producer.send_and_wait(self.topics.of(event), event.model_dump_json().encode(),
                                         key=key_of(event).encode(), headers=[("correlation_id", b"c")])
        support.wait_for("the adopted event",
                         lambda: self.database.events.find_one({"event_id": event.event_id}))
        document = self.stored(event)
        self.assertEqual(bytes(document["body"]), event.model_dump_json().encode())
        headers = {header["name"]: header["value"] for header in document["headers"]}
        self.assertEqual(headers["correlation_id"], "c")
        self.assertTrue(re.fullmatch(r"execution_running/\d/\d+", headers["quipu-adopted"]))
        self.assertEqual(set(document["payload"]), set(event.model_dump()) - PRESENT)


if __name__ == "__main__":
    support.main(needs_kafka=False, needs_mongo=True)
