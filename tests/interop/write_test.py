# SPDX-License-Identifier: Apache-2.0
"""What Python publishes, handled by C++: adopted, once, with its bytes and headers."""
import base64
import json
import uuid

import support
from faststream.kafka import KafkaBroker
from support import BROKERS, InteropTest, canonical_events, fresh, key_of, wait_for

HEADERS = [("content-type", b"application/json"), ("correlation_id", b"c-1"), ("app", "é".encode())]


class PythonToCpp(InteropTest):
    async def send(self, *events, headers=None):
        """As a service does that uses aiokafka."""
        async with self.topics.producer() as producer:
            for event in events:
                await producer.send_and_wait(
                    self.topics.of(event), event.model_dump_json().encode(),
                    key=key_of(event).encode(), headers=HEADERS if headers is None else headers)

    def wait_until_nothing_lags(self):
        def quiet():
            row = self.echo.group()
            return row["lag"] == 0 and not row["in_flight"]
        wait_for("the group without lag", quiet)

    def check(self, events):
        """Each is handled once, stored once, with its bytes; returns the stored ones by id."""
        seen = self.echo.wait_until_seen(events)
        stored = {}
        for row in self.echo.json_lines("events", "--limit", "0", "--body"):
            self.assertNotIn(row["event_id"], stored)
            stored[row["event_id"]] = row
        for event in events:
            text = event.model_dump_json()
            with self.subTest(event.event_type.value):
                self.assertEqual(seen[event.event_id],
                                 {"event_type": event.event_type.value, "times": 1,
                                  "received": text, "written": text})
                row = stored[event.event_id]
                self.assertEqual(row["event_type"], event.event_type.value)
                self.assertEqual(row["key"], key_of(event))
                self.assertEqual(row["event"], event.model_dump(mode="json"))
        return stored

    def headers(self, row):
        headers = {header["name"]: header["value"] for header in row["headers"]}
        self.assertEqual(len(headers), len(row["headers"]))
        return headers

    async def test_each_type_by_aiokafka(self):
        events = canonical_events()
        await self.send(*events)
        stored = self.check(events)
        for event in events:
            headers = self.headers(stored[event.event_id])
            self.assertRegex(headers.pop("quipu-adopted"), f"^{event.event_type.value}/[0-9]+/[0-9]+$")
            self.assertEqual(headers, {"content-type": "application/json", "correlation_id": "c-1",
                                       "app": "é"})
        shown = self.echo.json("show", events[0].event_id)
        self.assertEqual(shown["groups"], [{"group": "echo", "state": "finished", "attempts": None}])
        self.wait_until_nothing_lags()

    async def test_each_type_by_faststream(self):
        events = canonical_events()
        async with KafkaBroker(BROKERS, logger=None) as broker:
            for event in events:
                await broker.publish(event, self.topics.of(event), key=key_of(event).encode(),
                                     correlation_id="c-" + event.event_id)
        stored = self.check(events)
        for event in events:
            headers = self.headers(stored[event.event_id])
            self.assertEqual(headers["content-type"], "application/json")
            self.assertEqual(headers["correlation_id"], "c-" + event.event_id)

    async def test_ingested_events_are_not_published_again(self):
        events = [fresh(event) for event in canonical_events()[:3]]
        await self.send(*events)
        self.check(events)
        # Published behind them, so the relay has passed them.
        last = fresh(events[0])
        self.echo.call("publish", last.event_type.value, "-", "--wait", "log",
                       stdin=last.model_dump_json().encode())
        names = [self.topics.of(event) for event in events]
        records = await self.topics.read(
            lambda records: any(last.event_id.encode() in (record.value or b"") for record in records),
            names)
        for event in events:
            copies = [record for record in records if event.event_id.encode() in (record.value or b"")]
            self.assertEqual(len(copies), 1, event.event_type)

    async def test_the_same_event_twice_is_handled_once(self):
        event, other = (fresh(each) for each in canonical_events()[:2])
        last = fresh(event)
        await self.send(event, event, other, event, last)
        # Another key leads to another partition, where nobody knows of the first.
        async with self.topics.producer() as producer:
            for _ in range(8):
                await producer.send_and_wait(self.topics.of(event), event.model_dump_json().encode(),
                                             key=uuid.uuid4().bytes)
        self.check([event, other, last])
        self.wait_until_nothing_lags()
        self.check([event, other, last])

    async def test_an_event_without_headers_and_key(self):
        event = fresh(canonical_events()[5], aggregate_id=None)
        async with self.topics.producer() as producer:
            await producer.send_and_wait(self.topics.of(event), event.model_dump_json().encode())
        self.check([event])

    async def test_a_malformed_record_becomes_a_dead_letter_with_its_bytes(self):
        good = [fresh(event) for event in canonical_events()]
        first = good[0]
        foreign = good[1].model_dump_json().encode()
        bad = [b"no JSON \xff\x00", b"", b"{}", b"[1]", foreign,
               first.model_dump_json(exclude={"script"}).encode(),
               first.model_dump_json().replace('"', "'").encode()]
        topic = self.topics.of(first)
        async with self.topics.producer() as producer:
            for value in bad:
                await producer.send_and_wait(topic, value, key=key_of(first).encode(), headers=HEADERS)
            # A tombstone is passed over.
            await producer.send_and_wait(topic, None, key=key_of(first).encode())
        await self.send(*good)  # the first has the key of the bad ones, and comes behind them
        self.check(good)
        rows = wait_for("the dead letters", lambda: self.letters(len(bad)))
        shown = sorted(self.body_of(row["id"]) for row in rows)
        self.assertEqual(shown, sorted(bad))
        self.assertEqual({row["group"] for row in rows}, {"echo"})

    def letters(self, count):
        rows = self.echo.json_lines("dead-letters", "list")
        return rows if len(rows) >= count else None

    def body_of(self, number):
        text = self.echo.call("dead-letters", "show", str(number), "--json")
        record = json.loads(text)["record"]
        if "body_base64" in record:
            return base64.b64decode(record["body_base64"])
        # Not parsed: the very text.
        return text.split('"event":', 1)[1].rstrip("\n").removesuffix("}}").encode()


if __name__ == "__main__":
    support.main()
