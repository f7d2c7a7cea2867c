// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/languages.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <optional>

#include "integr8s/runtime/files.hpp"

namespace integr8s::runtime {
namespace {

using Words = std::vector<std::string>;

struct Known {
    const char* name;
    const char* program;
    const char* package;
    std::size_t version_parts;  ///< how many parts of "3.11.2" distinguish runtimes
    std::string (*image)(const std::string& version);
    const char* filename;
    Words (*command)(const std::string& program);
    std::uint64_t memory_bytes;
};

constexpr std::uint64_t mebibyte = 1ULL << 20;

/// `exec` makes a signal that ends the program also end the pod's command. The limits are larger
/// than for scripts, since a compiler needs more memory.
Words compile_and_run(const std::string& compiler) {
    return {"/bin/sh", "-c", compiler + " -std=c++20 -O1 -o program main.cpp && exec ./program"};
}

const std::array<Known, 4>& known_languages() {
    static const std::array<Known, 4> known{{
        {"python", "python3", "python3", 2,
         [](const std::string& version) { return "python:" + version + "-slim"; }, "script.py",
         // Unbuffered, so that the output of a script is not lost when it is killed.
         [](const std::string& program) { return Words{program, "-u", "script.py"}; },
         128 * mebibyte},
        {"bash", "bash", "bash", 2, [](const std::string& version) { return "bash:" + version; },
         "script.sh", [](const std::string& program) { return Words{program, "script.sh"}; },
         128 * mebibyte},
        {"node", "node", "nodejs", 1,
         [](const std::string& version) { return "node:" + version + "-slim"; }, "script.js",
         [](const std::string& program) { return Words{program, "script.js"}; }, 256 * mebibyte},
        {"cpp", "g++", "g++", 1, [](const std::string& version) { return "gcc:" + version; },
         "main.cpp", compile_and_run, 512 * mebibyte},
    }};
    return known;
}

std::string find_program(const char* name) {
    for (const char* directory : {"/usr/bin/", "/usr/local/bin/"}) {
        std::string path = std::string{directory} + name;
        // A link to a place outside the directories that a pod sees would be broken there.
        std::error_code error;
        const auto target = std::filesystem::canonical(path, error);
        if (error || !target.string().starts_with("/usr/")) continue;
        if (::access(path.c_str(), X_OK) == 0) return path;
    }
    return {};
}

/// The first bytes that `program --version` writes within a few seconds.
std::string version_text(const std::string& program) {
    auto pipe = make_pipe();
    if (!pipe) return {};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, pipe->write.get(), 1);
    ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    std::string path = program;
    std::string option = "--version";
    std::string locale = "LANG=C";
    const std::array<char*, 3> argv{path.data(), option.data(), nullptr};
    const std::array<char*, 2> environment{locale.data(), nullptr};
    pid_t pid = -1;
    const int failed =
        ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return {};
    pipe->write.close();
    constexpr int patience_ms = 10'000;
    pollfd wait{pipe->read.get(), POLLIN, 0};
    std::array<char, 512> text{};
    ssize_t got = 0;
    if (::poll(&wait, 1, patience_ms) > 0) got = ::read(wait.fd, text.data(), text.size());
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return {text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

/// The first dotted number of the first line, up to that many parts: "Python 3.11.2" with 2 parts
/// is "3.11".
std::string version_in(const std::string& text, std::size_t parts) {
    const std::string line = text.substr(0, text.find('\n'));
    constexpr const char* digits = "0123456789";
    for (std::size_t at = line.find_first_of(digits); at != line.npos;
         at = line.find_first_of(digits, line.find_first_not_of("0123456789.", at))) {
        const std::string number = line.substr(at, line.find_first_not_of("0123456789.", at) - at);
        if (number.find('.') == number.npos) continue;
        std::size_t end = 0;
        for (std::size_t part = 0; part < parts && end != number.npos; ++part)
            end = number.find('.', part == 0 ? 0 : end + 1);
        return number.substr(0, end);
    }
    return {};
}

std::optional<Language> detect(const Known& known) {
    const std::string program = find_program(known.program);
    if (program.empty()) return std::nullopt;
    const std::string version = version_in(version_text(program), known.version_parts);
    if (version.empty()) return std::nullopt;
    Language language{
        known.name, version, known.image(version), known.filename, known.command(program), {}};
    language.limits.memory_bytes = known.memory_bytes;
    return language;
}

bool version_fits(std::string_view installed, std::string_view wanted) {
    return wanted.empty() || installed == wanted ||
           (installed.starts_with(wanted) && installed.substr(wanted.size()).starts_with('.'));
}

}  // namespace

Languages detect_languages() {
    Languages found;
    for (const Known& known : known_languages()) {
        if (auto language = detect(known)) {
            found.available.push_back(std::move(*language));
        } else {
            found.missing.push_back({known.name, known.package});
        }
    }
    return found;
}

const Languages& languages() {
    static const Languages found = detect_languages();
    return found;
}

quipu::Result<Language> find_language(const Languages& among, std::string_view name,
                                      std::string_view version) {
    const std::string asked = "language " + std::string{name};
    for (const Language& language : among.available) {
        if (language.name != name) continue;
        if (version_fits(language.version, version)) return language;
        return quipu::fail(quipu::ErrorCode::not_found,
                           asked + " is not installed in version " + std::string{version} +
                               "; the installed one is " + language.version);
    }
    for (const MissingLanguage& language : among.missing) {
        if (language.name != name) continue;
        return quipu::fail(quipu::ErrorCode::not_found,
                           asked + " is not installed; install the package " + language.package);
    }
    return quipu::fail(quipu::ErrorCode::not_found, asked + " is not a known language");
}

}  // namespace integr8s::runtime
