# SPDX-License-Identifier: Apache-2.0
"""Conan 2 recipe of quipu.

The dependencies are those of the system: tools/install-packages build installs them on Debian.

    conan create packaging/conan --build=missing
"""
import re
from pathlib import Path

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy

ROOMS = ("base", "event", "codec", "store", "log", "sqlite", "mongo", "kafka", "delivery", "http", "quipu")


class QuipuRecipe(ConanFile):
    name = "quipu"
    description = "Typed events for C++: defined once, stored, published, delivered"
    license = "Apache-2.0"
    package_type = "static-library"
    settings = "os", "compiler", "build_type", "arch"
    options = {"with_mongo": [True, False], "with_kafka": [True, False]}
    default_options = {"with_mongo": True, "with_kafka": True}

    def set_version(self):
        text = (Path(self.recipe_folder) / "../../CMakeLists.txt").read_text()
        self.version = re.search(r"project\(quipu VERSION ([\d.]+)", text)[1]

    def export_sources(self):
        root = Path(self.recipe_folder).parents[1]
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*"):
            copy(self, pattern, root, self.export_sources_folder)

    def validate(self):
        check_min_cppstd(self, 23)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for part in ("TESTS", "INTEGR8S", "EXAMPLES"):
            toolchain.cache_variables[f"QUIPU_BUILD_{part}"] = False
        toolchain.cache_variables["QUIPU_WITH_MONGO"] = bool(self.options.with_mongo)
        toolchain.cache_variables["QUIPU_WITH_KAFKA"] = bool(self.options.with_kafka)
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install(component="dev")
        copy(self, "LICENSE", self.source_folder, Path(self.package_folder) / "licenses")

    def package_info(self):
        # The package brings its own quipuConfig.cmake, whose components are the rooms; it finds what
        # the system has.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["lib/cmake/quipu"]
        self.cpp_info.libs = [
            "quipu" if room == "quipu" else f"quipu_{room}"
            for room in reversed(ROOMS)
            if room not in ("mongo", "kafka") or getattr(self.options, f"with_{room}")
        ]
