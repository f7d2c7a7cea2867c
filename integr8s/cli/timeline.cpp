// SPDX-License-Identifier: Apache-2.0
#include "integr8s/cli/timeline.hpp"

#include <fmt/core.h>

#include <array>
#include <ostream>
#include <string_view>
#include <utility>

#include "quipu/base/base64.hpp"
#include "quipu/codec/json.hpp"

namespace integr8s::cli {
namespace {

struct AnyObject {
    quipu::Extra fields;
};

/// The fields that a line shows, and their names there.
constexpr std::array<std::pair<std::string_view, std::string_view>, 17> shown_fields{{
    {"language", "language"},
    {"language_version", ""},
    {"priority", "priority"},
    {"queue_position", "place"},
    {"position_in_queue", "place"},
    {"pod_name", "pod"},
    {"node_name", "node"},
    {"exit_code", "exit code"},
    {"timeout_seconds", "time limit (s)"},
    {"error_type", "error"},
    {"reason", "reason"},
    {"error", "error"},
    {"message", "message"},
    {"failed_step", "step"},
    {"cancelled_by", "by"},
    {"storage_type", "in"},
    {"size_bytes", "bytes"},
}};

/// A JSON scalar in readable form; empty for null, objects and lists.
std::string plain(const std::string& json) {
    if (json.empty() || json == "null" || json.front() == '{' || json.front() == '[') return {};
    if (json.front() != '"') return json;
    std::string text;
    for (const char c : std::string_view(json).substr(1, json.size() - 2)) {
        // Events contain texts of other programs, so control characters must be made visible.
        const auto byte = static_cast<unsigned char>(c);
        text += byte < 0x20 || byte == 0x7F ? ' ' : c;
    }
    return text;
}

void write_output(std::ostream& out, std::string_view name, const std::string& bytes,
                  bool truncated) {
    if (bytes.empty()) return;
    out << name << (truncated ? " (truncated at the limit):\n" : ":\n") << bytes;
    if (!bytes.ends_with('\n')) out << '\n';
}

}  // namespace

std::string facts_of(const quipu::Json& payload, std::string_view known) {
    const auto object = quipu::from_json<AnyObject>(payload.text);
    if (!object) return {};
    std::string facts;
    for (const auto& [field, name] : shown_fields) {
        const std::string* const json = object->fields.find(std::string(field));
        const std::string value = json == nullptr ? std::string{} : plain(*json);
        if (value.empty() || (!known.empty() && value.ends_with(known))) continue;
        if (!facts.empty()) facts += name.empty() ? " " : ", ";
        facts.append(name).append(name.empty() ? "" : " ").append(value);
    }
    return facts;
}

void Timeline::add(const api::FrameView& frame) {
    if (!frame.event_id) return;
    if (!began_) began_ = frame.timestamp;
    const std::chrono::duration<double> since = frame.timestamp - *began_;
    const std::string facts =
        frame.payload ? facts_of(*frame.payload, frame.execution_id) : std::string{};
    std::string line = fmt::format("{:>8.3f} s  {:<26}{}", since.count(), frame.event_type, facts);
    line.erase(line.find_last_not_of(' ') + 1);
    out_ << line << '\n' << std::flush;
}

std::string outcome_line(const api::ResultView& result) {
    std::string line(to_string(result.status));
    line += ':';
    if (result.exit_code) line += fmt::format(" exit code {}", *result.exit_code);
    if (result.signal) line += fmt::format(" signal {}", *result.signal);
    if (!result.exit_code && !result.signal) line += " " + result.outcome;
    if (result.error_type) line += fmt::format(", {}", to_string(*result.error_type));
    if (!result.reason.empty()) line += " (" + result.reason + ")";
    if (const auto& usage = result.resource_usage) {
        line += fmt::format(", {:.2f} s", static_cast<double>(usage->execution_time_wall_seconds));
        const auto kib = static_cast<double>(std::int64_t{usage->peak_memory_kb});
        if (kib > 0) line += fmt::format(", {:.1f} MiB", kib / 1024);
    }
    return line;
}

void write_result(std::ostream& out, const api::ResultView& result) {
    write_output(out, "stdout", exact_bytes(result.stdout_, result.stdout_base64),
                 result.stdout_truncated);
    write_output(out, "stderr", exact_bytes(result.stderr_, result.stderr_base64),
                 result.stderr_truncated);
    out << outcome_line(result) << '\n' << std::flush;
}

std::string exact_bytes(const std::string& text, const std::optional<std::string>& base64) {
    if (!base64) return text;
    return quipu::from_base64(*base64).value_or(text);
}

}  // namespace integr8s::cli
