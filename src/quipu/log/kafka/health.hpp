// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "quipu/base/error.hpp"
#include "quipu/log/kafka/errors.hpp"
#include "quipu/log/kafka/secrets.hpp"

namespace quipu::kafka {

using Notice = std::function<void(std::string_view level, std::string_view text)>;

/// How the connection is and what else does not work, collected from all clients of a log. Tells
/// the operator once per change. Thread-safe; nothing secret leaves it.
class Health {
  public:
    Health(std::string location, Secrets secrets, Notice notice);

    /// An error event of a client.
    void client_error(rd_kafka_resp_err_t code, std::string_view reason);
    /// What the check that runs all the time has found.
    void probed(bool answered);
    /// A problem of one thing (a topic, a group); it stays until it is cleared.
    void problem(const std::string& about, const Error& error);
    void clear(const std::string& about);
    /// A line of librdkafka's log, by syslog's levels.
    void log_line(int level, std::string_view facility, std::string_view text);
    /// A line for the operator; the same `about` at most every half minute.
    void tell(std::string_view level, const std::string& about, std::string_view text);

    [[nodiscard]] bool reachable() const noexcept { return reachable_.load(); }
    /// Why the brokers cannot be used; none when they can, or may soon.
    [[nodiscard]] std::optional<Error> connection_error() const;
    /// One line: what does not work and what to try. Empty when all is well.
    [[nodiscard]] std::string problem_text() const;
    [[nodiscard]] std::string mask(std::string_view text) const { return secrets_.mask(text); }

  private:
    using Clock = std::chrono::steady_clock;
    [[nodiscard]] bool may_tell(const std::string& about);
    [[nodiscard]] std::optional<Error> connection_error_locked() const;
    void emit(std::string_view level, std::string_view text) const noexcept;

    const std::string location_;
    const Secrets secrets_;
    const Notice notice_;
    const Clock::time_point born_ = Clock::now();
    std::atomic<bool> reachable_ = false;
    mutable std::mutex mutex_;
    Explanation connection_;        ///< the latest trouble since all was well
    bool was_reachable_ = false;    ///< at any time
    Trouble told_ = Trouble::none;  ///< what the operator knows
    int missed_ = 0;                ///< checks without an answer, in a row
    std::map<std::string, Error> problems_;
    std::map<std::string, Clock::time_point> told_at_;
};

}  // namespace quipu::kafka
