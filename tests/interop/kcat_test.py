# SPDX-License-Identifier: Apache-2.0
"""kcat looks at what the C++ side publishes, and publishes without knowing of headers."""
import json
import shutil
import subprocess
import sys

import support
from support import ADAPTER, BROKERS, InteropTest, canonical_events, fresh, key_of


def kcat(*arguments, stdin=b""):
    done = subprocess.run(["kcat", "-q", "-b", BROKERS, *arguments], input=stdin, capture_output=True,
                          timeout=support.PATIENCE, check=True)
    return done.stdout


class Kcat(InteropTest):
    def test_shows_key_headers_and_bytes(self):
        event = fresh(canonical_events()[0], aggregate_id="order-17")
        self.echo.call("publish", event.event_type.value, "-", "--wait", "log",
                       stdin=event.model_dump_json().encode())
        line = kcat("-C", "-t", self.topics.of(event), "-o", "beginning", "-e",
                    "-f", r"%k\t%h\t%S\t%s\n").decode()
        key, headers, size, value = line.rstrip("\n").split("\t")
        headers = dict(header.split("=", 1) for header in headers.split(","))
        self.assertEqual(key, "order-17")
        self.assertEqual(value, event.model_dump_json())
        self.assertEqual(int(size), len(value.encode()))
        self.assertEqual(headers.pop("quipu-origin").count("/"), 2)
        self.assertEqual(headers, {
            "content-type": "application/json", "event_id": event.event_id,
            "event_type": "execution_requested", "aggregate_id": "order-17",
            "aggregate_sequence": "1"})

    def test_its_events_are_ingested(self):
        plain, keyed = (fresh(event) for event in canonical_events()[1:3])
        kcat("-P", "-t", self.topics.of(plain), stdin=plain.model_dump_json().encode())
        kcat("-P", "-t", self.topics.of(keyed), "-k", "k-1", stdin=keyed.model_dump_json().encode())
        seen = self.echo.wait_until_seen([plain, keyed])
        for event, key in ((plain, key_of(plain)), (keyed, "k-1")):
            text = event.model_dump_json()
            self.assertEqual(seen[event.event_id]["received"], text)
            self.assertEqual(seen[event.event_id]["times"], 1)
            row = self.echo.json("show", event.event_id)["record"]
            self.assertEqual(row["key"], key)
            self.assertEqual([header["name"] for header in row["headers"]], ["quipu-adopted"])
            self.assertEqual(ADAPTER.validate_json(json.dumps(row["event"])), event)


if __name__ == "__main__":
    if shutil.which("kcat") is None:
        print("\n*** interop: kcat is not installed\n")
        sys.exit(support.SKIPPED)
    support.main()
