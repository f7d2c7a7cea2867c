# SPDX-License-Identifier: Apache-2.0
"""What the C++ side publishes, read by Python: aiokafka, FastStream and Pydantic."""
import asyncio
import re
from typing import Annotated, Union

import support
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from pydantic import Field
from support import ADAPTER, BROKERS, InteropTest, canonical_events, headers_of, key_of

ORIGIN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/\d+/\d+")


class CppToPython(InteropTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.events = {event.event_id: event for event in canonical_events()}
        cls.published = {}
        for event in cls.events.values():
            reply = cls.echo.publish(event)
            assert reply["event_id"] == event.event_id
            cls.published[event.event_id] = reply

    def everything(self, records):
        return len(records) >= len(self.events)

    async def test_aiokafka_reads_each_type_as_its_model(self):
        records = await self.topics.read(self.everything)
        self.assertEqual(len(records), 57)
        self.assertEqual({record.topic for record in records}, set(self.topics.names))
        for record in records:
            event = ADAPTER.validate_json(record.value)
            with self.subTest(event.event_type.value):
                self.assertEqual(record.topic, self.topics.of(event))
                self.assertEqual(event, self.events[event.event_id])
                self.assertEqual(event.model_dump_json().encode(), record.value)
                self.assertEqual(record.key.decode(), key_of(event))
                # The log's own time is the event's, in milliseconds.
                self.assertEqual(record.timestamp, int(event.timestamp.timestamp() * 1000))
                self.check_headers(record, event)

    def check_headers(self, record, event):
        headers = headers_of(record)
        self.assertRegex(headers.pop("quipu-origin"), ORIGIN)
        expected = {"content-type": "application/json", "event_id": event.event_id,
                    "event_type": event.event_type.value}
        if event.aggregate_id:
            expected["aggregate_id"] = event.aggregate_id
            expected["aggregate_sequence"] = str(self.published[event.event_id]["sequence"])
        self.assertEqual(headers, expected)

    async def test_faststream_gives_handlers_their_models(self):
        broker = KafkaBroker(BROKERS, logger=None)
        given = asyncio.Queue()
        union = Annotated[Union[tuple(type(event) for event in self.events.values())],
                          Field(discriminator="event_type")]

        @broker.subscriber(*self.topics.names, auto_offset_reset="earliest",
                           group_id=self.topics.prefix + "faststream")
        async def handle(event: union, message: KafkaMessage):
            given.put_nowait((event, message))

        got = {}
        async with broker, asyncio.timeout(support.PATIENCE):
            await broker.start()
            while len(got) < len(self.events):
                event, message = await given.get()
                self.assertNotIn(event.event_id, got)
                self.assertEqual(message.content_type, "application/json")
                self.assertEqual(message.headers["event_id"], event.event_id)
                got[event.event_id] = event
        self.assertEqual(got, self.events)

    async def test_published_events_reach_the_own_group_once(self):
        seen = self.echo.wait_until_seen(self.events.values())
        self.assertEqual(len(seen), 57)
        for event_id, row in seen.items():
            text = self.events[event_id].model_dump_json()
            self.assertEqual(row, {"event_type": self.events[event_id].event_type.value,
                                   "times": 1, "received": text, "written": text})
        self.assertEqual(len(self.echo.json_lines("events", "--limit", "0")), 57)


if __name__ == "__main__":
    support.main()
