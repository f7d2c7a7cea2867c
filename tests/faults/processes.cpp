// SPDX-License-Identifier: Apache-2.0
#include "faults/processes.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

namespace quipu::faults {

using namespace std::chrono_literals;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

std::string Servers::line(const std::string& words) const {
    const std::string program = environment("QUIPU_TEST_SERVERS");
    if (state_.empty()) return program + " " + words;
    return "QUIPU_SERVERS_STATE='" + state_.string() + "' " + program + " " + words;
}

Servers::Servers(const std::string& kind, const std::string& advertised) {
    std::string pattern = std::filesystem::temp_directory_path() / "quipu-faults-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    state_ = pattern;
    // The guard is nobody's child, so that whoever ends this process and its children misses it.
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const std::string script =
        "trap '' INT TERM; read -r end; " + line("down") + "; rm -rf '" + state_.string() + "'";
    if (const pid_t first = ::fork(); first == 0) {
        ::setsid();
        if (::fork() != 0) ::_exit(0);
        ::dup2(ends[0], STDIN_FILENO);
        const int nowhere = ::open("/dev/null", O_WRONLY);
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(nowhere, STDERR_FILENO);
        ::execl("/bin/bash", "bash", "-c", script.c_str(), nullptr);
        ::_exit(127);
    } else {
        ::waitpid(first, nullptr, 0);
    }
    ::close(ends[0]);
    guard_ = ends[1];
    const std::string begin =
        (advertised.empty() ? "" : "QUIPU_SERVERS_ADVERTISED=" + advertised + " ") +
        line("up " + kind) + " >&2";
    up_ = std::system(begin.c_str()) == 0;
}

Servers::~Servers() {
    if (guard_ < 0) return;
    ::close(guard_);
    // The guard removes the state when all has ended.
    for (int tries = 0; tries < 600 && std::filesystem::exists(state_); ++tries) {
        std::this_thread::sleep_for(100ms);
    }
}

void Servers::command(const std::string& word, const std::string& node) const {
    if (std::system((line(word + " " + node) + " >&2").c_str()) != 0) {
        throw std::runtime_error("servers: " + word + " " + node + " failed");
    }
}

std::string Servers::variable(const std::string& name) const {
    const std::string command = "eval \"$(" + line("env") + ")\"; printf %s \"$" + name + "\"";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return {};
    std::string value;
    std::array<char, 256> part{};
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe)) {
        value.append(part.data(), size);
    }
    ::pclose(pipe);
    return value;
}

Child::Child(const Plan& plan) : board_(plan.directory / plan.board) {
    const std::string log = plan.directory / "children.log";
    std::vector<std::string> words{"engine_faults", "child"};
    for (std::string& word : plan.words()) words.push_back(std::move(word));
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    board_->ready = 0;
    pid_ = ::fork();
    if (pid_ == 0) {
        const int out = ::open(log.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
        ::dup2(out, STDOUT_FILENO);
        ::dup2(out, STDERR_FILENO);
        ::execv("/proc/self/exe", arguments.data());
        ::_exit(127);
    }
    if (pid_ < 0) throw std::runtime_error("no child process");
}

Child::~Child() {
    if (!runs()) return;
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void Child::signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
}

bool Child::runs() {
    if (pid_ < 0) return false;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
    pid_ = -1;
    result_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return false;
}

bool Child::wait(std::chrono::seconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (runs()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

}  // namespace quipu::faults
