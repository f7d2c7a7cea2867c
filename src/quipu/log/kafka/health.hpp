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

/// The state of the connection and other problems, collected from all clients of a log. Notifies
/// the operator once per change. Masks secrets. Thread-safe.
class Health {
  public:
    Health(std::string location, Secrets secrets, Notice notice);

    /// Handles an error event of a client.
    void client_error(rd_kafka_resp_err_t code, std::string_view reason);
    /// Handles the result of the periodic probe.
    void probed(bool answered);
    /// Sets a problem of one topic or group, named by `about`, which stays until clear().
    void problem(const std::string& about, const Error& error);
    void clear(const std::string& about);
    /// Handles a line of librdkafka's log, with syslog's level.
    void log_line(int level, std::string_view facility, std::string_view text);
    /// Sends a line to the operator, for the same `about` at most every half minute.
    void notify(std::string_view level, const std::string& about, std::string_view text);

    [[nodiscard]] bool reachable() const noexcept { return reachable_.load(); }
    /// Why the brokers cannot be used; empty if they can, or if it is too early to tell.
    [[nodiscard]] std::optional<Error> connection_error() const;
    /// What does not work and what to try, in one line; empty when all is well.
    [[nodiscard]] std::string problem_text() const;
    /// Counts a tombstone that a consumer has returned.
    void add_tombstone() noexcept { ++tombstones_; }
    [[nodiscard]] std::int64_t tombstones() const noexcept { return tombstones_; }
    [[nodiscard]] std::string mask(std::string_view text) const { return secrets_.mask(text); }

  private:
    using Clock = std::chrono::steady_clock;
    [[nodiscard]] bool may_notify(const std::string& about) QUIPU_REQUIRES(mutex_);
    [[nodiscard]] std::optional<Error> connection_error_locked() const QUIPU_REQUIRES(mutex_);
    void emit(std::string_view level, std::string_view text) const noexcept;

    const std::string location_;
    const Secrets secrets_;
    const Notice notice_;
    const Clock::time_point born_ = Clock::now();
    std::atomic<bool> reachable_ = false;
    std::atomic<std::int64_t> tombstones_ = 0;
    mutable Mutex mutex_;
    /// The latest connection problem since all was well.
    Explanation connection_ QUIPU_GUARDED_BY(mutex_);
    bool was_reachable_ QUIPU_GUARDED_BY(mutex_) = false;  ///< at any time
    /// The problem that the operator was last notified of.
    Trouble notified_ QUIPU_GUARDED_BY(mutex_) = Trouble::none;
    int missed_ QUIPU_GUARDED_BY(mutex_) = 0;  ///< consecutive probes without an answer
    std::map<std::string, Error> problems_ QUIPU_GUARDED_BY(mutex_);
    std::map<std::string, Clock::time_point> notified_at_ QUIPU_GUARDED_BY(mutex_);
};

}  // namespace quipu::kafka
