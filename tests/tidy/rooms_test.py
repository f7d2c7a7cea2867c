#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that rooms.py refuses what it must: plants a fault in a copy of the sources, one at a time."""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECK = Path(__file__).with_name("rooms.py")
LIST = "src/quipu/rooms.cmake"

# What is appended to which file, and what the message says of it.
PLANTED = [
    ("event knows no store", "src/quipu/event/time.cpp", '#include "quipu/store/store.hpp"',
     ["src/quipu/event/time.cpp:", "room 'event'", "room 'store'", "'event' may know base"]),
    ("codec knows no http", "include/quipu/codec/json.hpp", '#include "quipu/http/client.hpp"',
     ["include/quipu/codec/json.hpp:", "room 'codec'", "room 'http'"]),
    ("delivery knows no engine", "src/quipu/delivery/publisher.cpp",
     '#include "quipu/store/sqlite/sqlite_store.hpp"', ["room 'delivery'", "room 'sqlite'"]),
    ("engines do not know each other", "src/quipu/store/mongo/store.cpp",
     '#include "quipu/log/kafka/kafka_log.hpp"', ["room 'mongo'", "room 'kafka'"]),
    ("a store does not know its engines", "include/quipu/store/record.hpp",
     '#include "quipu/store/mongo/mongo_store.hpp"', ["room 'store'", "room 'mongo'"]),
    ("no private header of another room", "src/quipu/store/mongo/store.cpp",
     '#include "quipu/codec/json_reader.hpp"', ["quipu/codec/json_reader.hpp, a private header of room 'codec'"]),
    ("no private header in a public one", "include/quipu/codec/json.hpp",
     '#include "quipu/codec/json_reader.hpp"', ["a public header includes the private quipu/codec/json_reader.hpp"]),
    ("no dependency that is not declared", "src/quipu/event/time.cpp", "#include <sqlite3.h>",
     ["room 'event' includes <sqlite3.h> of SQLite3"]),
    ("no dependency in a public header", "include/quipu/store/sqlite/sqlite_store.hpp",
     "#include <sqlite3.h>", ["a public header includes <sqlite3.h>"]),
    ("no unknown dependency", "src/quipu/event/time.cpp", "  #  include <nlohmann/json.hpp>",
     ["<nlohmann/json.hpp> is neither"]),
    ("no missing header", "src/quipu/event/time.cpp", '#include "quipu/event/gone.hpp"',
     ["there is no header quipu/event/gone.hpp"]),
    ("no private header in integr8s", "integr8s/main.cpp", '#include "quipu/codec/json_reader.hpp"',
     ["integr8s/main.cpp:", "no public header"]),
    ("no folder outside of the rooms", "src/quipu/attic/old.cpp", "", ["belongs to no room"]),
    ("no room that knows a higher one", LIST, "quipu_room(cellar KNOWS attic base)",
     ["'cellar' knows 'attic', which does not stand before it"]),
    ("no gap in what a room knows", LIST, "quipu_room(cellar KNOWS codec)",
     ["'cellar' knows 'codec' but not 'event'"]),
]


def check(root):
    done = subprocess.run([sys.executable, "-B", str(CHECK), "--root", str(root)],
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary)
        for folder in ("include", "src", "integr8s", "examples"):
            shutil.copytree(ROOT / folder, copy / folder)
        code, said = check(copy)
        if code != 0:
            print(f"the sources as they are: refused\n{said}")
            failures += 1
        for what, name, line, expected in PLANTED:
            path = copy / name
            before = path.read_text(encoding="utf-8") if path.exists() else None
            path.parent.mkdir(exist_ok=True)
            path.write_text((before or "") + line + "\n", encoding="utf-8")
            code, said = check(copy)
            missing = [part for part in expected if part not in said]
            if code != 1 or missing:
                print(f"{what}: exit code {code}, not said: {missing}\n{said}")
                failures += 1
            if before is None:
                shutil.rmtree(path.parent)
            else:
                path.write_text(before, encoding="utf-8")
    print(f"rooms_test: {len(PLANTED) + 1} cases, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
