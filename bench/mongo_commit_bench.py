#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two ways to commit on MongoDB, by several processes at once: quipu's chain of commit documents, and
multi-document transactions. Run it with the test server of tools/servers:

    eval "$(tools/servers env)"
    tests/interop/run bench/mongo_commit_bench.py [SECONDS]

A publish appends one event; a handle finishes one event of a group, writes one document and appends
one event. Both are done in a closed loop by 1, 2 and 4 processes. The columns: commits per second of all
processes together; round trips per commit; conflicts per commit, which are attempts that another process
made fail. Speeds are the test server's and not MongoDB's: compare round trips and conflicts.
"""
import multiprocessing
import os
import sys
import time
import uuid

import pymongo
import pymongo.errors
import pymongo.monitoring
from pymongo import ReplaceOne
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

URL = os.environ["QUIPU_TEST_MONGO"]
BODY = b"x" * 400
MAJORITY = WriteConcern("majority", j=True)
TAKEOVER_DELAY = 0.3


class RoundTrips(pymongo.monitoring.CommandListener):
    count = 0

    def started(self, event):
        self.count += 1

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass


class Protocol:
    def __init__(self, name):
        self.trips = RoundTrips()
        self.client = pymongo.MongoClient(URL, event_listeners=[self.trips])
        options = {"read_concern": ReadConcern("majority"), "write_concern": MAJORITY}
        self.database = self.client.get_database(name, **options)
        self.conflicts = 0

    def event(self, position):
        return {"_id": position, "event_id": str(uuid.uuid4()), "event_type": "made", "body": BODY}


class Chain(Protocol):
    """One document a commit, under the next number; then its parts go into the collections."""

    seen = 0
    position = 0

    def newest(self):
        applied = self.database.meta.find_one({"_id": "applied"})
        return applied["commit"] if applied else 0

    def wait_until_applied(self, number):
        end = time.monotonic() + TAKEOVER_DELAY
        pause = 0.002
        while self.newest() < number and time.monotonic() < end:
            time.sleep(pause)
            pause = min(2 * pause, 0.032)
        return self.newest() >= number if time.monotonic() >= end else True

    def catch_up(self):
        while commit := self.database.commits.find_one({"_id": self.seen + 1}):
            if not self.wait_until_applied(commit["_id"]):
                self.apply(commit)
            self.seen = commit["_id"]
            self.position = commit["position"]

    def replace(self, collection, number, documents):
        replacements = [ReplaceOne({"_id": each["_id"], "commit": {"$lt": number}}, each | {"commit": number},
                                   upsert=True) for each in documents]
        try:
            self.database[collection].bulk_write(replacements, ordered=False)
        except pymongo.errors.BulkWriteError:
            pass  # a later commit has written it

    def apply(self, commit):
        number = commit["_id"]
        try:
            self.database.events.insert_many(commit["events"], ordered=False)
        except pymongo.errors.BulkWriteError:
            pass
        if "group" in commit:
            self.replace("documents", number, [commit["document"]])
            self.replace("groups", number, [commit["group"]])
        self.replace("meta", number, [{"_id": "applied", "position": commit["position"]}])

    def commit(self, handle, worker):
        while True:
            commit = {"_id": self.seen + 1, "position": self.position + 1,
                      "events": [self.event(self.position + 1)]}
            if handle:
                commit["group"] = {"_id": f"/group-{worker}", "position": self.position}
                commit["document"] = {"_id": f"c/{worker}", "body": BODY}
            try:
                self.database.commits.insert_one(commit)
                break
            except pymongo.errors.DuplicateKeyError:
                self.conflicts += 1
                self.catch_up()
        self.apply(commit)
        self.seen = commit["_id"]
        self.position = commit["position"]


class Transactions(Protocol):
    """All collections in one transaction, which the counter of positions puts in order."""

    def commit(self, handle, worker):
        with self.client.start_session() as session:
            while True:
                try:
                    with session.start_transaction(ReadConcern("snapshot"), MAJORITY):
                        head = self.database.meta.find_one_and_update(
                            {"_id": "head"}, {"$inc": {"position": 1}}, session=session, return_document=True)
                        self.database.events.insert_one(self.event(head["position"]), session=session)
                        if handle:
                            self.database.documents.replace_one(
                                {"_id": f"c/{worker}"}, {"body": BODY}, upsert=True, session=session)
                            self.database.groups.replace_one(
                                {"_id": f"/group-{worker}"}, {"position": head["position"]}, upsert=True,
                                session=session)
                    return
                except pymongo.errors.PyMongoError as error:
                    if not error.has_error_label("TransientTransactionError"):
                        raise
                    self.conflicts += 1


def work(protocol, name, handle, worker, start, seconds, results):
    client = protocol(name)
    if isinstance(client, Chain):
        client.catch_up()
    start.wait()
    client.trips.count = client.conflicts = commits = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        client.commit(handle, worker)
        commits += 1
    results.put((commits, client.trips.count, client.conflicts))


def measure(protocol, handle, processes, seconds):
    name = "bench_" + uuid.uuid4().hex[:12]
    client = pymongo.MongoClient(URL)
    database = client[name]
    for collection in ("commits", "events", "documents", "groups"):
        database.create_collection(collection)
    database.events.create_index("event_id", unique=True,
                                 partialFilterExpression={"event_id": {"$exists": True}})
    database.meta.insert_one({"_id": "head", "position": 0})
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(processes), context.Queue()
    workers = [context.Process(target=work, args=(protocol, name, handle, worker, start, seconds, results))
               for worker in range(processes)]
    for each in workers:
        each.start()
    commits, trips, conflicts = (sum(column) for column in zip(*(results.get() for _ in workers)))
    for each in workers:
        each.join()
    stored = database.events.count_documents({})
    last = database.events.find_one(sort=[("_id", -1)])["_id"]
    client.drop_database(name)
    if stored != commits or last != commits:
        sys.exit(f"{commits} commits, but {stored} events up to position {last}")
    return commits / seconds, trips / commits, conflicts / commits


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    print("| work | processes | protocol | commits/s | round trips | conflicts |")
    print("|---|---|---|---|---|---|")
    for handle in (False, True):
        for processes in (1, 2, 4):
            for protocol in (Chain, Transactions):
                rate, trips, conflicts = measure(protocol, handle, processes, seconds)
                print(f"| {'handle' if handle else 'publish'} | {processes} | {protocol.__name__.lower()} | "
                      f"{rate:.0f} | {trips:.1f} | {conflicts:.2f} |", flush=True)


if __name__ == "__main__":
    main()
