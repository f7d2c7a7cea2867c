#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that each file includes only what its room may know.

A room is a folder of the library and a CMake target; src/quipu/rooms.cmake lists them, lowest floor
first. A file may include
  - public headers (include/quipu) of its own room and of the rooms that its room KNOWS,
  - private headers (src/quipu) of its own room only,
  - headers of the dependencies that its room USES, and never in a public header,
  - the standard library and the operating system.
integr8s and the examples are users of the library: they include its public headers only.

  tests/tidy/rooms.py               check the repository
  tests/tidy/rooms.py --root DIR    check another tree of this layout
"""
import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOM_LIST = "src/quipu/rooms.cmake"
# The headers of each dependency that a room may declare, by its name in cmake/QuipuRooms.cmake.
DEPENDENCY_HEADERS = {
    "Boost": r"boost/",
    "CLI11": r"CLI/",
    "DEFLATE": r"libdeflate\.h$",
    "MONGOC": r"(bson|mongoc)/",
    "PROMETHEUS": r"prometheus/",
    "RDKAFKA": r"librdkafka/",
    "SIMDJSON": r"simdjson\.h$",
    "SQLite3": r"sqlite3\.h$",
    "UV": r"uv\.h$",
    "fmt": r"fmt/",
    "spdlog": r"spdlog/",
}
SYSTEM_HEADER = re.compile(
    r"([a-z_0-9]+|[a-z]mmintrin\.h|(sys|netinet|arpa|linux|net)/\w+\.h"
    r"|(dirent|dlfcn|fcntl|netdb|poll|pthread|pwd|sched|signal|spawn|strings|termios|threads|time|unistd)\.h)$"
)
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
USERS = ("integr8s", "examples")


@dataclass
class Room:
    name: str
    folder: str
    knows: list = field(default_factory=list)
    uses: list = field(default_factory=list)


def read_rooms(path):
    """The rooms of a rooms.cmake, as they are with every option on."""
    text = re.sub(r"#[^\n]*", "", path.read_text())
    variables = {}
    rooms = {}

    def expand(words):
        out = []
        for word in words:
            name = re.fullmatch(r"\$\{(\w+)\}", word)
            out.extend(variables.get(name[1], []) if name else [word])
        return out

    for command, arguments in re.findall(r"(\w+)\s*\(([^()]*)\)", text):
        words = expand(arguments.split())
        if command == "set":
            variables[words[0]] = words[1:]
        elif command == "list" and words[0] == "APPEND":
            variables.setdefault(words[1], []).extend(words[2:])
        elif command == "quipu_room":
            room = Room(words[0], words[0])
            target = None
            for word in words[1:]:
                if word in ("FOLDER", "KNOWS", "USES"):
                    target = word
                elif target == "FOLDER":
                    room.folder = word
                else:
                    getattr(room, target.lower()).append(word)
            rooms[room.name] = room
    return rooms


def list_faults(rooms):
    """What is wrong with the list itself."""
    seen = set()
    for room in rooms.values():
        for known in room.knows:
            if known not in seen:
                yield (f"room '{room.name}' knows '{known}', which does not stand before it; "
                       "a room knows only rooms of lower floors")
            else:
                for below in rooms[known].knows:
                    if below not in room.knows:
                        yield (f"room '{room.name}' knows '{known}' but not '{below}', which "
                               f"'{known}' knows; add '{below}' to its KNOWS")
        for used in room.uses:
            if used not in DEPENDENCY_HEADERS:
                yield (f"room '{room.name}' uses '{used}', whose headers are unknown; "
                       "add it to DEPENDENCY_HEADERS in tests/tidy/rooms.py")
        seen.add(room.name)


def room_of(path, rooms):
    """The room that a path below include/ or src/ belongs to; None for what lies in no room."""
    if path.parent == Path("quipu"):
        return rooms.get("quipu")  # quipu.hpp, the whole library
    inside = path.relative_to("quipu")
    best = None
    for room in rooms.values():
        if inside.is_relative_to(room.folder):
            if best is None or len(room.folder) > len(best.folder):
                best = room
    return best


def knowledge(room):
    return f"'{room.name}' may know {', '.join(room.knows) or 'no other room'}"


class Checker:
    def __init__(self, root):
        self.root = root
        self.rooms = read_rooms(root / ROOM_LIST)

    def faults_in_library(self, name):
        """name: a path like src/quipu/store/store.cpp."""
        public = name.parts[0] == "include"
        room = room_of(Path(*name.parts[1:]), self.rooms)
        if room is None:
            yield 1, f"its folder belongs to no room; declare one in {ROOM_LIST}"
            return
        for number, bracket, header in self.includes(name):
            if bracket == "<":
                yield from ((number, fault) for fault in self.outside(room, public, header))
            else:
                yield from ((number, fault) for fault in self.inside(name, room, public, header))

    def inside(self, name, room, public, header):
        if not header.startswith("quipu/"):
            header = str((Path(*name.parts[1:]).parent / header))
        is_public = (self.root / "include" / header).is_file()
        if not is_public and not (self.root / "src" / header).is_file():
            if header.startswith("quipu/") and "/" in header[6:]:
                yield f"there is no header {header}"
            return
        other = room_of(Path(header), self.rooms)
        if other is None:
            yield f"{header} lies in no room; declare one in {ROOM_LIST}"
        elif not is_public and public:
            yield (f"a public header includes the private {header}, which is not installed; "
                   "move that to include/quipu, or hide what needs it behind a pointer")
        elif not is_public and other is not room:
            yield (f"room '{room.name}' includes {header}, a private header of room "
                   f"'{other.name}'; move what both need to include/quipu/{other.folder} or to a "
                   "lower room")
        elif other is not room and other.name not in room.knows:
            yield (f"room '{room.name}' includes {header} of room '{other.name}'; "
                   f"{knowledge(room)}. Move what both need to a lower room, or pass it in from "
                   f"above; if the floors themselves are wrong, change {ROOM_LIST}")

    def outside(self, room, public, header):
        if SYSTEM_HEADER.fullmatch(header):
            return
        for dependency, pattern in DEPENDENCY_HEADERS.items():
            if re.match(pattern, header):
                if public:
                    yield (f"a public header includes <{header}>; users would need {dependency} "
                           f"to compile. Keep it in src/quipu/{room.folder}")
                elif dependency not in room.uses:
                    yield (f"room '{room.name}' includes <{header}> of {dependency}; it uses "
                           f"{', '.join(room.uses) or 'no dependency'}. Use it in a room that "
                           f"declares it, or add it to this room's USES in {ROOM_LIST}")
                return
        yield (f"<{header}> is neither the standard library nor a declared dependency; "
               "see cmake/QuipuRooms.cmake and DEPENDENCY_HEADERS in tests/tidy/rooms.py")

    def faults_in_user(self, name):
        for number, bracket, header in self.includes(name):
            if bracket == '"' and header.startswith("quipu/"):
                if not (self.root / "include" / header).is_file():
                    yield number, (f"{header} is no public header of the library; "
                                   f"{name.parts[0]} may include what is in include/quipu only")

    def includes(self, name):
        text = (self.root / name).read_text(encoding="utf-8")
        for number, line in enumerate(text.split("\n"), 1):
            found = INCLUDE.match(line)
            if found:
                yield number, found[1], found[2]

    def files(self, *folders):
        for folder in folders:
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in (".cpp", ".hpp"):
                    yield path.relative_to(self.root)

    def run(self):
        faults = [f"{ROOM_LIST}: {fault}" for fault in list_faults(self.rooms)]
        count = 0
        for name in self.files("include/quipu", "src/quipu"):
            count += 1
            faults += [f"{name}:{number}: {fault}" for number, fault in self.faults_in_library(name)]
        for name in self.files(*USERS):
            faults += [f"{name}:{number}: {fault}" for number, fault in self.faults_in_user(name)]
        if not self.rooms or count == 0:
            faults.append(f"no rooms or no files were found below {self.root}: the check is broken")
        return count, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    count, faults = Checker(parser.parse_args().root).run()
    for fault in faults:
        print(fault)
    print(f"rooms: {count} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
