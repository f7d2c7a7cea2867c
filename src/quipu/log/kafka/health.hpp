// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "quipu/base/error.hpp"
#include "quipu/base/mutex.hpp"
#include "quipu/log/kafka/errors.hpp"
#include "quipu/log/kafka/secrets.hpp"

namespace quipu::kafka {

using Notice = std::function<void(std::string_view level, std::string_view text)>;

/// The state of the connection and what else does not work, collected from all clients of a log.
/// Tells the operator once per change. Masks secrets. Thread-safe.
class Health {
  public:
    Health(std::string location, Secrets secrets, Notice notice);

    /// An error event of a client.
    void client_error(rd_kafka_resp_err_t code, std::string_view reason);
    /// The result of the periodic probe.
    void probed(bool answered);
    /// A problem of one topic or group, named by `about`; stays until it is cleared.
    void problem(const std::string& about, const Error& error);
    void clear(const std::string& about);
    /// A line of librdkafka's log, with syslog's level.
    void log_line(int level, std::string_view facility, std::string_view text);
    /// A line for the operator; the same `about` at most every half minute.
    void tell(std::string_view level, const std::string& about, std::string_view text);

    [[nodiscard]] bool reachable() const noexcept { return reachable_.load(); }
    /// Why the brokers cannot be used; none when they can, or when it is too early to say.
    [[nodiscard]] std::optional<Error> connection_error() const;
    /// One line: what does not work and what to try. Empty when all is well.
    [[nodiscard]] std::string problem_text() const;
    [[nodiscard]] std::string mask(std::string_view text) const { return secrets_.mask(text); }

  private:
    using Clock = std::chrono::steady_clock;
    [[nodiscard]] bool may_tell(const std::string& about) QUIPU_REQUIRES(mutex_);
    [[nodiscard]] std::optional<Error> connection_error_locked() const QUIPU_REQUIRES(mutex_);
    void emit(std::string_view level, std::string_view text) const noexcept;

    const std::string location_;
    const Secrets secrets_;
    const Notice notice_;
    const Clock::time_point born_ = Clock::now();
    std::atomic<bool> reachable_ = false;
    mutable Mutex mutex_;
    /// The latest trouble since all was well.
    Explanation connection_ QUIPU_GUARDED_BY(mutex_);
    bool was_reachable_ QUIPU_GUARDED_BY(mutex_) = false;  ///< at any time
    /// What the operator was told last.
    Trouble told_ QUIPU_GUARDED_BY(mutex_) = Trouble::none;
    int missed_ QUIPU_GUARDED_BY(mutex_) = 0;  ///< probes without an answer, in a row
    std::map<std::string, Error> problems_ QUIPU_GUARDED_BY(mutex_);
    std::map<std::string, Clock::time_point> told_at_ QUIPU_GUARDED_BY(mutex_);
};

}  // namespace quipu::kafka
