#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the inputs a fuzzer begins with: seeds.py FUZZER DIRECTORY

From the wrong and right events that the conformance tests compare with Pydantic, and from requests
and responses as they are on the wire.
"""
import base64
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
REQUESTS = [
    "GET / HTTP/1.1\r\nHost: b\r\n\r\n",
    "GET /a?x=1&y=%C3%A4+b HTTP/1.1\r\nHost: b:80\r\nAccept: */*\r\n\r\nGET /a/7 HTTP/1.1\r\nHost: b\r\n\r\n",
    "POST /a/b HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: b\r\n\r\n",
    "POST /a/b HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "OPTIONS /a/7/b/8 HTTP/1.1\r\nHost: b\r\nOrigin: http://b\r\nConnection: close\r\n\r\n",
    "GET http://b/%2e%2e/a HTTP/1.0\r\nHost: c\r\nExpect: 100-continue\r\n\r\n",
]
RESPONSES = [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nnone",
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    "1b\r\nid: 7\nevent: e\ndata: one\n\n\r\n8\r\n:hush\n\n\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\ndata: a\r\ndata:b\rid\r\nretry: 5\n\ndata",
]
TIMES = [
    "2026-01-02T03:04:05Z", "2026-01-02 03:04:05.123456+05:30", "1999-12-31", "1700000000", "-1.5e3",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-02-30T00:00",
]

TOKENS = [
    '{"sub":"orders","exp":4102444800}', '{"exp":4102444800.5,"sub":"a","scope":["x"]}', '{"sub":"a","exp":1}',
    "e30.eyJzdWIiOiJhIiwiZXhwIjo0MTAyNDQ0ODAwfQ.c2ln", "a.b.c",
]


def events():
    for cases in ("cases", "generated"):
        path = ROOT / "tests/data/conformance" / f"{cases}.jsonl"
        for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n"):
            case = json.loads(line)
            yield case["input"] if "input" in case else base64.b64decode(case["input_b64"])


def main():
    fuzzer, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    # The first byte of the HTTP inputs says how they are cut into pieces.
    seeds = {
        "bson_fuzz": events,
        "decode_fuzz": events,
        "http_fuzz": lambda: ["\x07" + text for text in REQUESTS],
        "http_client_fuzz": lambda: ["\x07" + text for text in RESPONSES],
        "time_fuzz": lambda: TIMES,
        "token_fuzz": lambda: TOKENS,
    }[fuzzer]
    directory.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        data = seed if isinstance(seed, bytes) else seed.encode("utf-8", "surrogatepass")
        (directory / f"{number:04}").write_bytes(data)


if __name__ == "__main__":
    main()
