#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes conformance cases for event JSON, with Pydantic as the judge.

usage: pydantic_oracle.py MODELS.json [--seed N] [--count N] [--kinds a,b,...] > cases.jsonl

MODELS.json names the events, their fields, nested structs and enums
(tests/data/conformance/models.json). Needs pydantic 2.13; the cases it prints need nothing: see
tests/conformance/check.py for their form and for comparing a decoder's verdicts with them.

Kinds of cases:
  matrix    every form of value in a field of every kind
  mutate    valid events with one to three values, names or fields changed
  number    numbers at the limits of int and float, and how floats are written back
  time      well and badly formed times
  text      valid events with characters inserted, removed or replaced
  string    escapes and characters in strings

Left out, because a C++ field cannot hold them: integers beyond 64 bits, and times that an offset
moves outside the years 1 to 9999.
"""
import argparse
import base64
import dataclasses
import datetime as dt
import enum
import json
import random
import struct
import sys
import uuid
from typing import Annotated, List, Literal, Optional, Union

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, create_model

BASE = {"string": str, "int": int, "float": float, "bool": bool, "datetime": dt.datetime}


class Raw:
    """JSON text to be put into an event as it is."""

    def __init__(self, text):
        self.text = text


def dump(value):
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{dump(k) if isinstance(k, Raw) else json.dumps(k)}:{dump(v)}"
                              for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    return json.dumps(value)


class Models:
    """The Pydantic models that MODELS.json describes."""

    def __init__(self, description):
        self.description = description
        self.enums = {name: enum.StrEnum(name, {v: v for v in values})
                      for name, values in description["enums"].items()}
        self.structs = {}
        for name, fields in description["structs"].items():
            self.structs[name] = dataclasses.make_dataclass(
                name, [self.dataclass_field(f) for f in fields])
        events = [self.event_model(e) for e in description["events"]]
        self.adapter = TypeAdapter(
            Annotated[Union[tuple(events)], Field(discriminator="event_type")])

    def python_type(self, field):
        kind = field["type"]
        if kind == "enum":
            out = self.enums[field["enum"]]
        elif kind == "struct":
            out = self.structs[field["struct"]]
        elif kind == "list":
            out = List[self.python_type(field["item"])]
        else:
            out = BASE[kind]
        return Optional[out] if field.get("nullable") else out

    def default(self, field):
        value = field.get("default")
        return self.enums[field["enum"]](value) if field["type"] == "enum" and value else value

    def factory(self, field):
        if field.get("default_factory") == "now":
            return lambda: dt.datetime.now(dt.timezone.utc)
        return lambda: str(uuid.uuid4())

    def dataclass_field(self, field):
        if field["required"]:
            return field["name"], self.python_type(field)
        if "default_factory" in field:
            made = dataclasses.field(default_factory=self.factory(field))
        else:
            made = dataclasses.field(default=self.default(field))
        return field["name"], self.python_type(field), made

    def event_model(self, event):
        fields = {}
        for field in self.description["header"] + event["fields"]:
            name = field["name"]
            if name == "event_type":
                value = self.enums["EventType"](event["event_type"])
                fields[name] = (Literal[value], value)
            elif field["required"]:
                fields[name] = (self.python_type(field), ...)
            elif "default_factory" in field:
                fields[name] = (self.python_type(field),
                                Field(default_factory=self.factory(field)))
            elif isinstance(field["default"], list):
                fields[name] = (self.python_type(field), Field(default_factory=list))
            else:
                fields[name] = (self.python_type(field), self.default(field))
        config = ConfigDict(extra="allow" if event["extra"] else "ignore")
        return create_model(event["event_type"], __config__=config, **fields)


INTEGERS = """0 -0 1 -1 2 5 127 -128 128 255 256 -129 32767 32768 65535 65536 2147483647 2147483648
-2147483648 -2147483649 4294967295 4294967296 9007199254740991 9007199254740992 9007199254740993
999999999999999999 -999999999999999999 1000000000000000000 -1000000000000000000
9223372036854775807 -9223372036854775808""".split()
DECIMALS = """0.0 -0.0 1.0 -1.0 5.0 5.5 -5.5 0.1 1e0 1E2 1e+2 1e-2 50e-1 5e-1 1e15 1e16 1e17 1e18
1e19 1e22 1e23 1e100 1e308 1e309 -1e309 1e400 -1e400 1e-400 5e-324 4e-324 2e-324 2.4e-324 1e-323
2.2250738585072014e-308 2.2250738585072011e-308 1.7976931348623157e308 1.7976931348623159e308
0.3 2.5 123456789.125 1234567890123456.7 12345678901234567.0 9007199254740993.0 0.1e1
9223372036854775807.0 9223372036854774784.0 -9223372036854775808.0 9223372036854775808.0 4.35
0.000001 0.0000001 0.00001 0.0001 123e-20 1.5e300 1e21 1e5 0e0 0e400 0e-400 0.000e99 1e00005
1.0000000000000002 0.30000000000000004 8.41e21 2.0e-3 9.5367431640625e-7 4503599627370496.5
17976931348623157e292 179769313486231580793728971405301e276 1e-00010 10000000000000000.0
123456789012345678.0 1.25e-6 0.1234567890123456789 3.141592653589793238462643""".split()
SPECIAL = ["NaN", "Infinity", "-Infinity"]
NUMBER_TEXTS = """5 +7 -0 1_000 1__0 _1 1_ 5.0 5.00 5. .0 .5 5.1 5e0 1e3 1E3 1e+3 1e-3 0x5 0b1 00005
-00 +0_1 1_000.0 5.0_0 1._5 1_.5 1e_5 1e1_0 1e5_ _ + - . -. +. e5 1e 1e+ inf -inf +inf INF Infinity
-infinity nan NaN -nan +nan infinit i_nf n_an 1.0.0 --5 ++5 +-5 5- 1,5 1d 5f true false True TRUE
tRue on off On OFF yes no YES y n Y N t f T F 1 0 2 1.0 0.0 0_0 -1_0 9223372036854775807
-9223372036854775808 9_223_372_036_854_775_807 0.0 000.000 1e400 -1e400 1e-400 low
1.7976931348623157e308 123456789012345678.000 1e5.0 infinity_ +_1 -_1 1-0 1+0""".split() + [
    "", " ", " 5 ", "\t5\n", "\u00a05", "5\u2003", "\u20285", "\u00855", "\u200b5", "\ufeff5",
    "\u001c5", "5\u0000", "\u0665", "1 0", "+ 5", "- 5", " true", "true ", " 1.5 ", "\u30001.5",
    "5 .0", "5. 0", "one", "\u2212 5", "\u22125", "5\u0300", "\v5\f"]
LITERALS = ["true", "false", "null"]
CONTAINERS = ["[]", "{}", "[1]", '["a"]', "[null]", '[["a"]]', '{"a":1}', '{"service_name":"a"}',
              '["a",1,"b",null]', '[true,false]', '["in_app"]', '["in_app","fax",1]',
              '[{"name":"a"}]', '[{"name":1,"ready":"maybe"},{},5]', '[{"name":"a","state":null}]',
              '{"service_name":1,"service_version":2,"environment":"x"}']
WORDS = ['"low"', '"LOW"', '" low"', '"production"', '"execution_completed"', '"nope"', '"normal"',
         '"password"', '"in_app"', '"s3"', '"script_error"', '"high"', '"test"', '"x"']


def time_texts(random_):
    day = "2026-01-02"
    clock = "03:04:05"
    out = [day + sep + clock + zone
           for sep in "Tt_ -x" for zone in ("", "Z", "z", "+00:00", "+05:30", "-0800", "+05", "x")]
    out += [f"{day}T{clock}{tail}" for tail in """.1 .12 .123 .1234 .12345 .123456 .1234567
        .123456789 .1234567890123456789012 .1234567Z .999999999Z . .Z ,5 ,5Z .-1 +5 +05:3 +24:00
        +23:59 -23:59 +23:60 +12:00:00 +2400 +0 +000 +00000 +01:000 Zx Z+01:00 -00:00 − −01:00
        −0130 +0a:00 .5+01:00 .5−01:00 +01:00x""".split()]
    out += [f"{day}T{c}" for c in """03:04 03:04Z 03:04+01:00 03 03Z 3:04:05 24:00:00 23:59:59
        23:59:60 23:60:00 00:00:00 030405 03:04:5 03:04: 03:04:05: 03-04-05 0a:00:00 03:04.5
        03:0 03:04x 99:99:99""".split()] + [day + "T", day + "  " + clock, day + "T " + clock]
    out += """2026-01-02 2026-01-02Z 2026-1-2 20260102 20260102T030405 2026-01 2026 2026-02-29
        2024-02-29 1900-02-29 2000-02-29 2024-02-30 2026-13-01 2026-00-01 2026-01-00 2026-01-32
        2026-04-31 2026-04-30 0000-01-01 0000-01-01T00:00:00Z 0000-13-01 0001-01-01
        0001-01-01T00:00:00Z 9999-12-31 9999-12-31T23:59:59.999999Z 10000-01-01 -2026-01-01
        +2026-01-01 2026/01/02 2026-W01-1 2026-001 --01-02 02.01.2026 01/02/2026 now
        today 2026-01-0a a026-01-02 2026_01_02""".split()
    out += ["", " ", " " + day, day + " ", "\t" + day, day + "\n", day + "T" + clock + " ",
            "\u00a0" + day, day + "T" + clock + " Z", day + "T" + clock + " +01:00", "\u0662026-01-02"]
    out += """0 -0 1 -1 +5 5. .5 -.5 1.5 -1.25 1767323045 1767323045.5 1767323045.1234567 1.9999999
        1.0000005 1.0000004 -1767323045 1767323045000 20000000000 20000000001 -20000000000
        -20000000001 20000000001.25 -20000000001.25 20000000000.5 99999999999 253402300799
        253402300800 253402300799999 253402300800000 -62135596800 -62135596800000 -62135596800001
        -62167219200000 -62167219200001 99999999999999999999 9223372036854775807
        9223372036854775808 1e3 1.0e3 1.e3 .e3 1.5E+3 1.5e400 1.5e-400 1e400 nan inf 00005 00.5
        1..5 1.5.5 1_0 1_0.5 - + . -. 5s 0x5 1767323045Z 9007199254740993.0 1.5e 1.5e+
        253402300799999.9""".split() + [" 5 ", "- 5"]
    for _ in range(40):
        moment = dt.datetime(1, 1, 2) + dt.timedelta(
            microseconds=random_.randrange(315_537_724_800_000_000))
        out.append(moment.isoformat() + random_.choice(["", "Z", "+01:00", "-11:30", "+0545"]))
    return out


EPOCHS = """0 -0 1 -1 1.5 -1.5 -1.25 -0.25 -0.5 -0.0 1767323045 1767323045.5 1767323045.123456
1767323045.1234567 1767323045123 1767323045123.456 1767323045123.4567 -1767323045123.4567
1.9999995 1.9999994 1.9999996 0.99999951 0.0000005 0.0000006 1.0000015 1.0000025 20000000000
20000000001 -20000000000 -20000000001 20000000000.5 -20000000000.5 20000000001.2506
20000000001.9999 -20000000001.25 253402300799 253402300800 253402300799999 253402300800000
253402300799999.9 -62135596800 -62135596801 -62135596800000 -62135596800001 -62167219200000
-62167219200001 999999999999999999 -999999999999999999 1000000000000000000 9223372036854775807
1e9 1e10 2e10 2.1e10 1e18 1e20 1e300 -1e300 1e400 5e-324 4102444800.000001""".split()

STRINGS = ['"\\ud83d"', '"\\ude00"', '"\\ud83d\\ude00"', '"\\ud83dx"', '"\\ud83d\\u0041"',
           '"\\ud83d\\n"', '"\\u12"', '"\\u12G4"', '"\\uD83D\\uDE00"', '"\\ud83d\\ud83d\\ude00"',
           '"\\/"', '"\\b\\f\\n\\r\\t\\"\\\\"', '"\\x"', '"\\"', '"\\u0000"', '"\\u001f"', '"\x7f"',
           '"\\u007f"', '"\\u0080"', '"\\u07ff"', '"\\u0800"', '"\\uffff"', '"\\ufeff"',
           '"\\u2028\\u2029"', '"\u2028"', '"\t"', '"\n"', '"\x00"', '"\x1f"', '"\U0001f9f5"',
           '"\\dbff\\udfff"', '"\\udbff\\udfff"', '"\\ud800\\udc00"', '"</script>"', '"a', 'a"',
           '"\\U0041"', '"\\u 041"', '"\\u+041"', "'a'", '"' + "x" * 15 + '\\n"',
           '"' + "x" * 16 + '\\""', '"' + "é" * 31 + '\\u00e9"', '"' + "\\\\" * 20 + '"']

EXTRA_VALUES = ["1", "-0", "1.50", "1e2", "NaN", "1e400", '[ 1 , 2.0,{"a" : null}]', '"\\u00e9\\/"',
                "123456789012345678901234567890", '{"a":1,"b":2,"a":3}', "{}", "[]", "true",
                '{"a":{"b":{"c":[[],{}]}}}', '{"\\u0061":1,"a":2}', "-0.0", "1E5", "1e-7", "null"]


class Generator:
    def __init__(self, models, seed):
        self.models = models
        self.random = random.Random(seed)
        self.events = models.description["events"]
        self.header = models.description["header"]
        self.times = time_texts(self.random)
        self.cases = []

    # Valid values.

    def value(self, field):
        r = self.random
        if field.get("nullable") and r.random() < 0.2:
            return None
        kind = field["type"]
        if kind == "string":
            return r.choice(["", "a", "hello world", "x" * r.randrange(1, 60), "é", "日本", "🎉",
                             "\"quoted\"", "back\\slash", "tab\tnew\nline", "\u2028", "\u001f\u007f",
                             "exec-1", "</script>"])
        if kind == "int":
            return r.choice([0, 1, -1, 5, 100, 2**31, 2**53, 10**17])
        if kind == "float":
            return r.choice([0.0, 1.5, -2.25, 0.1, 1e-7, 1e16, 123456789.125])
        if kind == "bool":
            return r.random() < 0.5
        if kind == "datetime":
            return r.choice(["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456Z",
                             "1999-12-31T23:59:59+05:30", "2026-01-02T03:04:05"])
        if kind == "enum":
            return r.choice(self.models.description["enums"][field["enum"]])
        if kind == "struct":
            return self.members(self.models.description["structs"][field["struct"]])
        return [self.value(field["item"]) for _ in range(r.randrange(4))]

    def members(self, fields):
        return {f["name"]: self.value(f) for f in fields
                if f["required"] or self.random.random() < 0.6}

    def event(self, event):
        out = {}
        for field in self.header + event["fields"]:
            if field["name"] == "event_type":
                out["event_type"] = event["event_type"]
            elif field["required"] or "default_factory" in field or self.random.random() < 0.6:
                out[field["name"]] = self.value(field)
        metadata = out["metadata"]
        metadata.setdefault("user_id", "u")
        return out

    # Judging.

    def add(self, group, text):
        raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        case = {"id": f"{group}/{len(self.cases)}", "group": group}
        try:
            case["input"] = raw.decode("utf-8")
        except UnicodeDecodeError:
            case["input_b64"] = base64.b64encode(raw).decode()
        try:
            event = self.models.adapter.validate_json(raw)
            output = self.models.adapter.dump_json(event).decode()
        except ValidationError as error:
            case["ok"] = False
            case["errors"] = [{"type": e["type"], "loc": list(e["loc"])} for e in error.errors()]
        else:
            if not self.representable(event):
                return
            case["ok"] = True
            case["output"] = output
            generated = self.generated(raw)
            if generated:
                case["generated"] = generated
            case["canonical"] = self.in_utc(event)
        self.cases.append(case)

    def values_of(self, value):
        if dataclasses.is_dataclass(value):
            value = vars(value)
        elif hasattr(value, "model_fields_set"):
            value = dict(value)
        if isinstance(value, dict):
            for item in value.values():
                yield from self.values_of(item)
        elif isinstance(value, list):
            for item in value:
                yield from self.values_of(item)
        else:
            yield value

    def representable(self, event):
        declared = {k: v for k, v in dict(event).items() if k in type(event).model_fields}
        for value in self.values_of(declared):
            if isinstance(value, int) and not -2**63 <= value < 2**63:
                return False
            if isinstance(value, dt.datetime) and value.tzinfo:
                try:
                    value.astimezone(dt.timezone.utc)
                except OverflowError:
                    return False
        return True

    def in_utc(self, event):
        return all(not isinstance(v, dt.datetime) or (v.tzinfo and not v.utcoffset())
                   for v in self.values_of(event))

    def generated(self, raw):
        given = json.loads(raw)
        out = [name for name in ("event_id", "timestamp") if name not in given]
        if "user_id" not in given["metadata"]:
            out.append("metadata.user_id")
        return out

    # Kinds.

    def replaced(self, text):
        """An event with `text` in a field, one for each kind of field."""
        for event, field in self.one_of_each():
            made = self.event(event)
            made[field["name"]] = Raw(text)
            yield made

    def one_of_each(self):
        if not hasattr(self, "of_each"):
            seen = {}
            for event in self.events:
                for field in self.header[2:] + event["fields"]:
                    key = json.dumps({k: v for k, v in field.items() if k != "name"})
                    seen.setdefault(key, (event, field))
            self.of_each = list(seen.values())
        return self.of_each

    def all_values(self):
        times = [json.dumps(t, ensure_ascii=False) for t in self.times]
        texts = [json.dumps(t, ensure_ascii=False) for t in NUMBER_TEXTS]
        return INTEGERS + DECIMALS + SPECIAL + LITERALS + CONTAINERS + WORDS + texts + times

    def matrix(self, count):
        values = INTEGERS[:8] + DECIMALS[:8] + SPECIAL + LITERALS + CONTAINERS + WORDS
        values += [json.dumps(t) for t in NUMBER_TEXTS[:12]] + ['"2026-01-02T03:04:05Z"']
        pairs = [(e, f, v) for e, f in self.one_of_each() for v in values]
        for event, field, text in self.random.sample(pairs, min(count, len(pairs))):
            made = self.event(event)
            made[field["name"]] = Raw(text)
            self.add("matrix", dump(made))

    def of_kind(self, *kinds):
        return [(e, f) for e in self.events for f in e["fields"] if f["type"] in kinds]

    def number(self, count):
        members = self.of_kind("int", "float", "bool", "struct")
        texts = INTEGERS + DECIMALS + SPECIAL + [json.dumps(t) for t in NUMBER_TEXTS]
        inner = {"int": "peak_memory_kb", "float": "execution_time_wall_seconds", "bool": "ready"}
        floats = [m for m in members if m[1]["type"] == "float" or m[1].get("struct")]
        for i in range(count):
            text = texts[i % len(texts)] if i < 4 * len(texts) else self.random_double()
            event, field = self.random.choice(members if i < 3 * len(texts) else floats)
            made = self.event(event)
            if field["type"] == "struct":
                name = self.random.choice(list(inner.values())[:2]) if i < 3 * len(texts) \
                    else "execution_time_wall_seconds"
                made[field["name"]] = {name: Raw(text)}
            else:
                made[field["name"]] = Raw(text)
            self.add("number", dump(made))

    def random_double(self):
        r = self.random
        while True:
            form = r.randrange(6)
            if form == 0:
                value = struct.unpack("<d", struct.pack("<Q", r.getrandbits(64)))[0]
            elif form == 1:
                value = r.random() * 10 ** r.randrange(-8, 19)
            elif form == 2:
                value = float(r.getrandbits(r.randrange(1, 64)))
            elif form == 3:
                value = round(r.random() * 10 ** r.randrange(0, 7), r.randrange(0, 8))
            elif form == 4:
                return "%d.%de%d" % (r.randrange(10), r.getrandbits(r.randrange(1, 90)),
                                     r.randrange(-330, 320))
            else:
                return "%d.%d" % (r.getrandbits(r.randrange(1, 100)), r.getrandbits(80))
            if value == value and abs(value) != float("inf"):
                return r.choice([repr, "{:.17g}".format, "{:e}".format])(value)

    def time(self, count):
        members = self.of_kind("datetime") + [(e, self.header[3]) for e in self.events[:3]]
        texts = [json.dumps(t, ensure_ascii=False) for t in self.times] + EPOCHS
        texts += LITERALS + ["[]", "{}"] + SPECIAL
        for i in range(count):
            text = texts[i % len(texts)]
            if i >= len(texts):
                text = self.changed_time()
            event, field = self.random.choice(members)
            made = self.event(event)
            made[field["name"]] = Raw(text)
            self.add("time", dump(made))

    def changed_time(self):
        r = self.random
        text = list(r.choice(self.times + ["2026-01-02T03:04:05.123456+01:00"] * 40))
        for _ in range(r.randrange(1, 3)):
            place = r.randrange(len(text) + 1)
            change = r.randrange(3)
            character = r.choice("0123456789-+:TZ.,_ tze−x")
            if change == 0:
                text.insert(place, character)
            elif place < len(text):
                if change == 1:
                    text[place] = character
                else:
                    del text[place]
        if r.random() < 0.15:
            return "%s%d.%d" % (r.choice(["", "-"]), r.getrandbits(r.randrange(1, 48)),
                                r.getrandbits(r.randrange(1, 30)))
        return json.dumps("".join(text), ensure_ascii=False)

    def string(self, count):
        members = self.of_kind("string")
        for i in range(count):
            event, field = self.random.choice(members)
            made = self.event(event)
            text = STRINGS[i % len(STRINGS)]
            if i >= len(STRINGS) and self.random.random() < 0.5:
                text = '"' + "".join(s[1:-1] for s in self.random.choices(STRINGS[:24], k=3)) + '"'
            if i % 5 == 4:
                made[Raw(text)] = 1
            else:
                made[field["name"]] = Raw(text)
            self.add("string", dump(made))

    def text(self, count):
        """Characters changed anywhere; mostly no JSON any more."""
        r = self.random
        alphabet = "{}[]:,\"\\ntf0123456789.-+eEuNI \t\n\r\x00\x0b\ufeff\u00a0x"
        for _ in range(count):
            text = list(dump(self.event(r.choice(self.events))))
            for _ in range(r.randrange(1, 3)):
                place = r.randrange(len(text))
                change = r.randrange(4)
                if change == 0:
                    text.insert(place, r.choice(alphabet))
                elif change == 1:
                    text[place] = r.choice(alphabet)
                elif change == 2:
                    del text[place:place + r.choice([1, 1, 1, 2, 5, 50])]
                else:
                    text = text[:place]
                if not text:
                    text = [" "]
            raw = "".join(text).encode()
            if r.random() < 0.15:
                place = r.randrange(len(raw) + 1)
                raw = raw[:place] + r.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x82",
                                              b"\xf4\x90\x80\x80", b"\xc3\xa9"]) + raw[place:]
            self.add("text", raw)

    def mutate(self, count):
        r = self.random
        values = self.all_values()
        for i in range(count):
            event = self.random.choice(self.events)
            if i % 9 == 0:
                event = next(e for e in self.events if e["extra"])
            made = self.event(event)
            pairs = [[json.dumps(k), dump(v)] for k, v in made.items()]
            for _ in range(r.randrange(1, 4)):
                self.mutate_once(event, made, pairs, values)
            space = r.choice(["", "", "", " ", "\n\t", "\r\n  "])
            inside = ("," + space).join(f"{k}{r.choice([':', ': ', ' : '])}{v}" for k, v in pairs)
            self.add("mutate", f"{space}{{{inside}{space}}}{space}")

    def mutate_once(self, event, made, pairs, values):
        r = self.random
        if not pairs:
            return
        pair = r.choice(pairs)
        change = r.randrange(10)
        if change <= 2:
            pair[1] = r.choice(values)
        elif change == 3:
            pairs.remove(pair)
        elif change == 4:
            pairs.insert(r.randrange(len(pairs) + 1), [pair[0], r.choice(values + [pair[1]] * 200)])
        elif change == 5:
            pairs.insert(r.randrange(len(pairs) + 1),
                         [r.choice(['"zz"', '""', '"\\u00e9"', '"zz"', '"Event_id"']),
                          r.choice(EXTRA_VALUES)])
        elif change == 6:
            pair[0] = json.dumps(json.loads(pair[0])).replace("e", "\\u0065", 1)
        elif change == 7:
            r.shuffle(pairs)
        elif change == 8:
            for p in pairs:
                if p[0] == '"metadata"':
                    inner = dict(made["metadata"])
                    name = r.choice(list(inner) + ["zz", "environment"])
                    inner[name] = Raw(r.choice(values))
                    if r.random() < 0.3:
                        inner.pop(r.choice(list(inner)))
                    p[1] = dump(inner)
        else:
            for p in pairs:
                if p[0] == '"event_type"' and r.random() < 0.4:
                    p[1] = r.choice(['"pod_deleted"', '"nope"', "1", "null", '"user_login"',
                                     '"pod\\u005fdeleted"', "[]"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000, help="cases of each kind")
    parser.add_argument("--kinds", default="matrix,mutate,number,time,text,string")
    options = parser.parse_args()
    with open(options.models, encoding="utf-8") as file:
        models = Models(json.load(file))
    for kind in options.kinds.split(","):
        generator = Generator(models, f"{options.seed}/{kind}")
        getattr(generator, kind)(options.count)
        for case in generator.cases:
            sys.stdout.write(json.dumps(case, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
