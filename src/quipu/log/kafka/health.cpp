// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/health.hpp"

#include <fmt/core.h>

#include <utility>

namespace quipu::kafka {
namespace {

constexpr auto repeat_after = std::chrono::seconds(30);
constexpr auto first_answer_within = std::chrono::seconds(5);
constexpr std::size_t remembered_lines = 200;
// One missed probe is not an outage.
constexpr int misses_allowed = 1;

}  // namespace

Health::Health(std::string location, Secrets secrets, Notice notice)
    : location_(std::move(location)), secrets_(std::move(secrets)), notice_(std::move(notice)) {}

void Health::emit(std::string_view level, std::string_view text) const noexcept {
    if (!notice_) {
        return;
    }
    try {
        notice_(level, secrets_.mask(text));
    } catch (...) {
        return;  // it cannot be reported: this is called from librdkafka's C code
    }
}

bool Health::may_notify(const std::string& about) {
    const auto now = Clock::now();
    if (notified_at_.size() > remembered_lines) {
        std::erase_if(notified_at_,
                      [&](const auto& line) { return now - line.second > repeat_after; });
    }
    const auto [line, first] = notified_at_.try_emplace(about, now);
    if (first || now - line->second > repeat_after) {
        line->second = now;
        return true;
    }
    return false;
}

void Health::client_error(rd_kafka_resp_err_t code, std::string_view reason) {
    const Explanation found = explain(code, reason);
    std::string line;
    {
        const MutexLock lock(mutex_);
        if (reachable_ && found.trouble == Trouble::unreachable && reason.contains("in state UP")) {
            // Brokers close idle connections. If the broker is down, the next connection fails.
            return;
        }
        if (found.trouble == Trouble::none) {
            if (may_notify(found.error.message)) {
                line = found.error.message;
            }
        } else if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
            // It says less than the errors that caused it.
            missed_ = misses_allowed;
            if (connection_.trouble == Trouble::none) {
                connection_ = found;
            }
        } else {
            // The error of a broker that rejects the client says more than that of one that is
            // down.
            if (found.trouble != Trouble::unreachable || connection_.trouble == Trouble::none ||
                connection_.trouble == Trouble::unreachable) {
                connection_ = found;
            }
            // While other brokers answer, a broker that does not is logged now and then.
            const bool changed = !reachable_ && notified_ != connection_.trouble;
            if (changed ||
                may_notify(fmt::format("connection {}", static_cast<int>(found.trouble)))) {
                notified_ = connection_.trouble;
                line = found.error.message;
            }
        }
    }
    if (!line.empty()) {
        emit(found.error.retryable() ? "warning" : "error", line);
    }
}

void Health::probed(bool answered) {
    std::string line;
    bool good = true;
    {
        const MutexLock lock(mutex_);
        missed_ = answered ? 0 : missed_ + 1;
        const bool reachable = answered || (reachable_ && missed_ <= misses_allowed);
        if (reachable == reachable_ && (!answered || notified_ == Trouble::none)) {
            if (answered) {
                connection_ = {};
            }
            return;
        }
        reachable_ = reachable;
        if (reachable) {
            connection_ = {};
            if (notified_ != Trouble::none) {
                notified_ = Trouble::none;
                line = fmt::format("Kafka at {} answers", location_);
            }
            was_reachable_ = true;
        } else if (notified_ == Trouble::none) {
            good = false;
            if (const auto error = connection_error_locked()) {
                notified_ = connection_.trouble == Trouble::none ? Trouble::unreachable
                                                                 : connection_.trouble;
                line = error->message;
            }
        }
    }
    if (!line.empty()) {
        emit(good ? "info" : "error", line);
    }
}

void Health::problem(const std::string& about, const Error& error) {
    {
        const MutexLock lock(mutex_);
        problems_.insert_or_assign(about, error);
        if (!may_notify(about + error.message)) {
            return;
        }
    }
    emit(error.retryable() ? "warning" : "error", error.message);
}

void Health::clear(const std::string& about) {
    const MutexLock lock(mutex_);
    problems_.erase(about);
}

void Health::log_line(int level, std::string_view facility, std::string_view text) {
    constexpr int warning = 4;
    constexpr int debug = 7;
    if (level >= debug) {
        // Present only if the user has set the property `debug`.
        emit("debug", fmt::format("{}: {}", facility, text));
        return;
    }
    // These are also error events, for which there are explanations.
    if (level > warning || facility == "FAIL" || facility == "ERROR" || facility == "FATAL") {
        return;
    }
    notify("warning", std::string(facility), text);
}

void Health::notify(std::string_view level, const std::string& about, std::string_view text) {
    {
        const MutexLock lock(mutex_);
        if (!may_notify(about)) {
            return;
        }
    }
    emit(level, text);
}

std::optional<Error> Health::connection_error_locked() const {
    if (reachable_) {
        return std::nullopt;
    }
    if (connection_.trouble != Trouble::none) {
        return connection_.error;
    }
    return Error{
        ErrorCode::unavailable,
        was_reachable_
            ? fmt::format("Kafka at {} has stopped answering; are the brokers running, and "
                          "is the network up?",
                          location_)
            : fmt::format("Kafka at {} has not answered yet", location_)};
}

std::optional<Error> Health::connection_error() const {
    const MutexLock lock(mutex_);
    if (connection_.trouble == Trouble::none && !was_reachable_ &&
        Clock::now() - born_ < first_answer_within) {
        return std::nullopt;
    }
    auto error = connection_error_locked();
    if (error) {
        error->message = secrets_.mask(error->message);
    }
    return error;
}

std::string Health::problem_text() const {
    const MutexLock lock(mutex_);
    if (const auto error = connection_error_locked()) {
        return secrets_.mask(error->message);
    }
    return problems_.empty() ? std::string() : secrets_.mask(problems_.begin()->second.message);
}

}  // namespace quipu::kafka
