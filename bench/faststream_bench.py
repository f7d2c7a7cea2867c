#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""FastStream with Pydantic, and aiokafka alone, producing and consuming execution_completed.

usage: faststream_bench.py --brokers HOST:PORT [--events N] > FIGURES

Prints what `kafka_program --beside` reads: "produce NAME PER_SECOND", "consume NAME PER_SECOND".
The median of several rounds counts. A number behind a name is how many events are in flight: one,
as in FastStream's own benchmark, or as many as pay off. The producers have the settings of the
library's: idempotent, acks=all, 1 ms of linger. It makes a topic of its own and deletes it at the
end.
"""
import argparse
import asyncio
import datetime as dt
import logging
import statistics
import time
import uuid
from typing import Literal, Optional

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from faststream.kafka import KafkaBroker
from pydantic import BaseModel

IN_FLIGHT = 256
ROUNDS = 3
PRODUCER = {"acks": "all", "enable_idempotence": True, "linger_ms": 1}


class Metadata(BaseModel):
    service_name: str
    service_version: str
    user_id: Optional[str] = None
    environment: Literal["development", "staging", "production", "test"] = "production"


class ResourceUsage(BaseModel):
    execution_time_wall_seconds: float = 0.0
    cpu_time_jiffies: int = 0
    clk_tck_hertz: int = 0
    peak_memory_kb: int = 0


class ExecutionCompleted(BaseModel):
    event_id: str
    event_type: Literal["execution_completed"] = "execution_completed"
    event_version: str = "1.0"
    timestamp: dt.datetime
    aggregate_id: Optional[str] = None
    metadata: Metadata
    execution_id: str
    exit_code: int
    resource_usage: Optional[ResourceUsage] = None
    stdout: str = ""
    stderr: str = ""


def sample(number):
    execution = f"5f2b7c1e-9d4a-4b8f-8a6e-2c1d0e9f{1000 + number % 1024}"
    event = ExecutionCompleted(
        event_id=str(uuid.uuid4()),
        timestamp=dt.datetime(2026, 1, 2, 3, 4, 5, 123456, dt.timezone.utc),
        aggregate_id=f"exec-{execution}",
        metadata=Metadata(service_name="k8s-worker", service_version="1.4.2", user_id="user-7f3e2d1c"),
        execution_id=execution,
        exit_code=0,
        resource_usage=ResourceUsage(execution_time_wall_seconds=1.2345, cpu_time_jiffies=123,
                                     clk_tck_hertz=100, peak_memory_kb=20480),
        stdout="".join(f"step {line} took 12 ms\n" for line in range(8)))
    event.stdout += "." * (707 - len(event.model_dump_json()))
    return event


class Counter:
    """How many events a second there are after the first."""

    def __init__(self, wanted):
        self.wanted, self.seen, self.began, self.done = wanted, 0, 0.0, asyncio.Event()
        self.took = 0.0

    def add(self, count=1):
        if not self.began:
            # What came first only starts the clock: it may be a whole batch.
            self.began = time.perf_counter()
            return
        self.seen += count
        if self.seen >= self.wanted and not self.done.is_set():
            self.took = time.perf_counter() - self.began
            self.done.set()

    def per_second(self):
        return self.seen / self.took


async def faststream_produce(brokers, topic, events, count, in_flight):
    """So many at a time, each acknowledged. One alone would only wait for the linger's end."""
    linger = {"linger_ms": 0} if in_flight == 1 else {}
    async with KafkaBroker(brokers, logger=None, **{**PRODUCER, **linger}) as broker:
        async def one(event):
            await broker.publish(event, topic, key=event.aggregate_id.encode())

        await one(events[0])
        began = time.perf_counter()
        for start in range(0, count, in_flight):
            await asyncio.gather(*(one(events[number % len(events)])
                                   for number in range(start, min(start + in_flight, count))))
        return count / (time.perf_counter() - began)


async def faststream_consume(brokers, topic, count):
    broker = KafkaBroker(brokers, logger=None)
    counter = Counter(count)

    @broker.subscriber(topic, group_id=f"bench-{uuid.uuid4()}", auto_offset_reset="earliest")
    async def on(event: ExecutionCompleted):
        counter.add()

    async with broker:
        await broker.start()
        await asyncio.wait_for(counter.done.wait(), 120)
    return counter.per_second()


async def aiokafka_produce(brokers, topic, events, count):
    """Bytes that stand ready, in batches."""
    producer = AIOKafkaProducer(bootstrap_servers=brokers, **PRODUCER)
    await producer.start()
    try:
        values = [(event.aggregate_id.encode(), event.model_dump_json().encode()) for event in events]
        await producer.send_and_wait(topic, values[0][1], key=values[0][0])
        began = time.perf_counter()
        for number in range(count):
            key, value = values[number % len(values)]
            last = await producer.send(topic, value, key=key)
        await producer.flush()
        await last
        return count / (time.perf_counter() - began)
    finally:
        await producer.stop()


async def aiokafka_consume(brokers, topic, count):
    """Bytes, not decoded."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=brokers, group_id=f"bench-{uuid.uuid4()}",
                                auto_offset_reset="earliest")
    await consumer.start()
    try:
        counter = Counter(count)
        while not counter.done.is_set():
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                counter.add(len(records))
        return counter.per_second()
    finally:
        await consumer.stop()


async def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--brokers", required=True)
    arguments.add_argument("--events", type=int, default=2000, help="a round; default 2000")
    options = arguments.parse_args()
    logging.disable(logging.WARNING)
    brokers, count = options.brokers, options.events
    topic = f"bench-{uuid.uuid4()}.execution_completed"
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=3, replication_factor=1)])
        events = [sample(number) for number in range(1024)]
        figures = {}

        async def measure(part, name, work):
            figures.setdefault((part, name), []).append(await work)

        for _ in range(ROUNDS):
            for in_flight, name in ((1, "FastStream,1"), (IN_FLIGHT, f"FastStream,{IN_FLIGHT}")):
                await measure("produce", name,
                              faststream_produce(brokers, topic, events, count, in_flight))
            await measure("produce", "aiokafka", aiokafka_produce(brokers, topic, events, 4 * count))
        for _ in range(ROUNDS):
            await measure("consume", "FastStream", faststream_consume(brokers, topic, count))
            await measure("consume", "aiokafka", aiokafka_consume(brokers, topic, 4 * count))
        for (part, name), rounds in figures.items():
            print(part, name, round(statistics.median(rounds)))
    finally:
        await admin.delete_topics([topic])
        await admin.close()


asyncio.run(main())
