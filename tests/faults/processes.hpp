// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "faults/board.hpp"
#include "faults/plan.hpp"

namespace quipu::faults {

/// The value of an environment variable, empty without it.
[[nodiscard]] std::string environment(const char* name);

/// The program tools/servers with a state of its own, or with that of the test run.
class Servers {
  public:
    /// Those that the test run has started.
    Servers() = default;
    /// Starts servers of `kind` and ends them with this object or with this process, however it
    /// ends. `advertised` is where a broker tells its clients to come; empty for itself.
    Servers(const std::string& kind, const std::string& advertised);
    ~Servers();
    Servers(const Servers&) = delete;
    Servers& operator=(const Servers&) = delete;

    /// False when the machine cannot run such a server.
    [[nodiscard]] bool run() const noexcept { return up_; }
    /// kill, pause, resume or start, and the server's name.
    void command(const std::string& word, const std::string& node) const;
    /// What these servers tell the tests, such as QUIPU_TEST_KAFKA.
    [[nodiscard]] std::string variable(const std::string& name) const;

  private:
    [[nodiscard]] std::string line(const std::string& words) const;

    std::filesystem::path state_;
    bool up_ = true;
    int guard_ = -1;  // its end of the pipe; closed, the guard ends the servers
};

/// A child process that follows a plan.
class Child {
  public:
    explicit Child(const Plan& plan);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void signal(int number) const;
    /// Whether it still runs; else result() tells how it ended.
    [[nodiscard]] bool runs();
    /// Waits for its end; false when it still runs then.
    [[nodiscard]] bool wait(std::chrono::seconds limit);
    /// Its exit code, or minus the signal that ended it.
    [[nodiscard]] int result() const noexcept { return result_; }
    [[nodiscard]] Board* board() const noexcept { return board_.operator->(); }

  private:
    SharedBoard board_;
    pid_t pid_ = -1;
    int result_ = 0;
};

}  // namespace quipu::faults
