// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quipu {

enum class LogLevel { debug, info, warning, error };

/// Parses "debug", "info", "warning" (or "warn") and "error"; anything else is info.
[[nodiscard]] LogLevel log_level_from(std::string_view word) noexcept;

struct LoggerOptions {
    std::string program;
    LogLevel least = LogLevel::info;
    bool json = false;  ///< JSON lines; otherwise lines for people
};

/// Writes the operator's log to standard error, each text on one line. Thread-safe. Texts must not
/// contain payloads or secrets.
class Logger {
  public:
    using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

    explicit Logger(LoggerOptions options);
    ~Logger();
    Logger(const Logger&) = delete;
    Logger& operator=(const Logger&) = delete;

    /// Whether texts of this level are written.
    [[nodiscard]] bool writes(LogLevel level) const noexcept { return level >= options_.least; }

    /// `fields` name what the text concerns, such as {"group", "greeter"}. Empty ones are left out.
    void write(LogLevel level, std::string_view text, const Fields& fields = {});

  private:
    struct Sink;
    LoggerOptions options_;
    std::unique_ptr<Sink> sink_;
};

}  // namespace quipu
