# SPDX-License-Identifier: Apache-2.0
"""compose.yaml gives the program settings that it knows, and the image has the libraries it needs."""
import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
INTEGR8S = os.environ["INTEGR8S"]


def settings_of_compose():
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    return {name: value.strip('"') for name, value in re.findall(r"^\s+(QUIPU_\w+): (\S+)$", text, re.M)}


def owner(library):
    for name in {library, os.path.realpath(library), os.path.realpath(library).removeprefix("/usr")}:
        found = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split(":")[0]
    return ""


class Containers(unittest.TestCase):
    def test_settings_are_known(self):
        settings = settings_of_compose()
        self.assertIn("QUIPU_STORE", settings)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("QUIPU_")}
        shown = subprocess.run([INTEGR8S, "config", "--json"], env=clean | settings,
                               capture_output=True, text=True)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        for name, value in settings.items():
            self.assertIn(value, shown.stdout, name)
            self.assertIn(name, shown.stdout)

    def test_unknown_settings_are_refused(self):
        refused = subprocess.run([INTEGR8S, "config"], env={"QUIPU_STOER": "x"}, capture_output=True)
        self.assertEqual(refused.returncode, 2)

    def test_image_has_the_libraries(self):
        if os.environ.get("SANITIZED") or not pathlib.Path("/usr/bin/dpkg-query").exists():
            self.skipTest("this build or system links other libraries")
        linked = subprocess.run(["ldd", INTEGR8S], capture_output=True, text=True, check=True)
        listed = subprocess.run([ROOT / "tools/install-packages", "--list", "serve"],
                                capture_output=True, text=True, check=True).stdout.split()
        base = {"libc6", "libstdc++6", "libgcc-s1"}
        direct = subprocess.run(["objdump", "-p", INTEGR8S], capture_output=True, text=True, check=True)
        sonames = set(re.findall(r"NEEDED\s+(\S+)", direct.stdout))
        paths = dict(re.findall(r"(\S+) => (/\S+)", linked.stdout))
        for soname in sonames & paths.keys():
            self.assertIn(owner(paths[soname]), set(listed) | base, soname)
        self.assertIn("librdkafka.so.1", sonames)


if __name__ == "__main__":
    unittest.main()
