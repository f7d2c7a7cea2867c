// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/logger.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include "quipu/app/cli/text_output.hpp"
#include "quipu/app/engines/secrets.hpp"
#include "quipu/codec/json.hpp"

namespace quipu {

namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::debug: return spdlog::level::debug;
        case LogLevel::info: return spdlog::level::info;
        case LogLevel::warning: return spdlog::level::warn;
        case LogLevel::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

// The message that follows is the rest of the object: JSON fields, escaped already.
constexpr const char* json_pattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})";
constexpr const char* human_pattern = "%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %v";

void append_field(std::string& out, std::string_view name, std::string_view value) {
    if (!out.empty()) out += ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, value);
}

}  // namespace

LogLevel log_level_from(std::string_view word) noexcept {
    if (word == "debug") return LogLevel::debug;
    if (word == "warning" || word == "warn") return LogLevel::warning;
    if (word == "error") return LogLevel::error;
    return LogLevel::info;
}

struct Logger::Sink {
    explicit Sink(const LoggerOptions& options)
        : logger(options.program, std::make_shared<spdlog::sinks::stderr_color_sink_mt>()) {
        logger.set_level(spdlog_level(options.least));
        logger.flush_on(spdlog::level::debug);
        const auto time =
            options.json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local;
        logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
            options.json ? json_pattern : human_pattern, time));
    }
    spdlog::logger logger;
};

Logger::Logger(LoggerOptions options)
    : options_(std::move(options)), sink_(std::make_unique<Sink>(options_)) {}

Logger::~Logger() = default;

void Logger::write(LogLevel level, std::string_view text, const Fields& fields) {
    if (level < options_.least) return;
    const std::string masked = mask_secrets(text);  // client libraries may quote a whole URL
    std::string line;
    if (options_.json) {
        append_field(line, "program", options_.program);
        append_field(line, "message", masked);
        for (const auto& [name, value] : fields) {
            if (!value.empty()) append_field(line, name, value);
        }
    } else {
        line = printable(masked);
        for (const auto& [name, value] : fields) {
            if (!value.empty()) line += " " + std::string(name) + "=" + printable(value);
        }
    }
    sink_->logger.log(spdlog_level(level), spdlog::string_view_t(line));
}

}  // namespace quipu
