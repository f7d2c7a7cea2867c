// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quipu {

enum class LogLevel { debug, info, warning, error };

/// "debug", "info", "warning" (or "warn"), "error"; anything else is info.
[[nodiscard]] LogLevel log_level_from(std::string_view word) noexcept;

struct LoggerOptions {
    std::string program;
    LogLevel least = LogLevel::info;
    bool json = false;  ///< JSON lines; else lines for a person
};

/// The operator's log on standard error. Thread-safe. A text is written on one line whatever is in
/// it; it must hold no payload and no secret.
class Logger {
  public:
    using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

    explicit Logger(LoggerOptions options);
    ~Logger();
    Logger(const Logger&) = delete;
    Logger& operator=(const Logger&) = delete;

    /// `fields` say what it is about, such as {"group", "greeter"}; empty values are left out.
    void write(LogLevel level, std::string_view text, const Fields& fields = {});

  private:
    struct Sink;
    LoggerOptions options_;
    std::unique_ptr<Sink> sink_;
};

}  // namespace quipu
