// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/settings/settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <stdexcept>

#include "quipu/app/cli/text_output.hpp"
#include "quipu/app/engines/engine_urls.hpp"

namespace quipu {

namespace {

constexpr std::int64_t day = 86'400;

std::string upper(std::string_view name) {
    std::string result;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        result += std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
    }
    return result;
}

std::expected<std::string, std::string> check_flag(std::string_view text) {
    constexpr std::array yes{"true", "yes", "on", "1"};
    constexpr std::array no{"false", "no", "off", "0"};
    if (std::ranges::find(yes, text) != yes.end()) return "true";
    if (std::ranges::find(no, text) != no.end()) return "false";
    return std::unexpected("'" + printable(text.substr(0, 40)) + "' is neither true nor false");
}

std::expected<std::string, std::string> check_number(const Setting& setting,
                                                     std::string_view text) {
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || value < setting.least ||
        value > setting.most) {
        return std::unexpected("'" + printable(text.substr(0, 40)) + "' is no number from " +
                               std::to_string(setting.least) + " to " +
                               std::to_string(setting.most));
    }
    return std::to_string(value);
}

std::expected<std::string, std::string> check_choice(const Setting& setting,
                                                     std::string_view text) {
    if (std::ranges::find(setting.choices, text) != setting.choices.end()) return std::string(text);
    const std::vector<std::string_view> names(setting.choices.begin(), setting.choices.end());
    return std::unexpected("there is no '" + printable(text.substr(0, 40)) + "'; the nearest is " +
                           std::string(nearest_name(text, names)));
}

}  // namespace

std::string Setting::option() const {
    if (secret) return {};
    return (kind == Kind::flag && fallback == "true" ? "--no-" : "--") + name;
}

std::string Setting::variable() const {
    return "QUIPU_" + upper(name);
}

std::vector<Setting> make_settings(std::string_view program, std::string_view default_http) {
    using enum Setting::Kind;
    return {
        {.name = "store",
         .placeholder = "URL",
         .kind = store_url,
         .fallback = std::string(program) + ".db",
         .meaning = "Where events are kept: a path, sqlite:PATH, mongodb://HOST/DATABASE or "
                    "mongodb+srv://HOST/DATABASE"},
        {.name = "log",
         .placeholder = "URL",
         .kind = log_url,
         .fallback = "store",
         .meaning =
             "Where groups read: store, or kafka://HOST:PORT,HOST:PORT/PREFIX?PROPERTY=VALUE"},
        {.name = "topic-prefix",
         .placeholder = "TEXT",
         .meaning = "What the names of topics begin with, before the event type; also the path of "
                    "the log's URL"},
        {.name = "topic-replication",
         .placeholder = "N",
         .kind = number,
         .fallback = "1",
         .meaning = "Replicas of each topic that 'topics apply' makes",
         .least = 1,
         .most = 100},
        {.name = "member",
         .placeholder = "NAME",
         .meaning = "A name of this process in the log's consumer groups that outlives restarts "
                    "and that no other process has"},
        {.name = "relay",
         .kind = flag,
         .fallback = "true",
         .meaning = "Publish the store's events to the log; off for processes that only consume",
         .run_only = true},
        {.name = "create-topics",
         .kind = flag,
         .fallback = "false",
         .meaning = "Do what 'topics apply' does before the groups start",
         .run_only = true},
        {.name = "mongodb-database",
         .placeholder = "NAME",
         .fallback = "quipu",
         .meaning = "The database, when the store's URL names none"},
        {.name = "mongodb-password",
         .placeholder = "TEXT",
         .meaning = "The password for the user in the store's URL",
         .secret = true},
        {.name = "http",
         .placeholder = "ADDR:PORT",
         .fallback = std::string(default_http),
         .meaning = "Where the program serves HTTP"},
        {.name = "log-level",
         .placeholder = "LEVEL",
         .kind = choice,
         .fallback = "info",
         .meaning = "debug, info, warning or error",
         .choices = {"debug", "info", "warning", "error"}},
        {.name = "drain-timeout",
         .placeholder = "SECONDS",
         .kind = number,
         .fallback = "30",
         .meaning = "Longest wait for handlers when stopping, in seconds",
         .run_only = true,
         .least = 0,
         .most = day},
        {.name = "stuck-after",
         .placeholder = "SECONDS",
         .kind = number,
         .fallback = "60",
         .meaning = "A group or relay without progress for so long is not ready, in seconds",
         .run_only = true,
         .least = 1,
         .most = day},
        {.name = "durability",
         .placeholder = "WHAT",
         .kind = choice,
         .fallback = "full",
         .meaning = "Of a file: full, or process-crash-only: faster, but a power cut may take the "
                    "last events",
         .run_only = true,
         .choices = {"full", "process-crash-only"}},
        {.name = "allow-remote",
         .kind = flag,
         .fallback = "false",
         .meaning = "Let HTTP listen where other machines can reach it",
         .run_only = true},
        {.name = "allow-host",
         .placeholder = "NAME",
         .kind = list,
         .meaning = "Host names by which HTTP clients may call this program, with commas between",
         .run_only = true},
    };
}

std::expected<std::string, std::string> check_setting(const Setting& setting,
                                                      std::string_view text) {
    switch (setting.kind) {
        case Setting::Kind::flag: return check_flag(text);
        case Setting::Kind::number: return check_number(setting, text);
        case Setting::Kind::choice: return check_choice(setting, text);
        case Setting::Kind::store_url:
            if (auto url = parse_store_url(text); !url) return std::unexpected(url.error());
            break;
        case Setting::Kind::log_url:
            if (auto url = parse_log_url(text); !url) return std::unexpected(url.error());
            break;
        case Setting::Kind::text:
        case Setting::Kind::list: break;
    }
    if (setting.name == "topic-prefix") {
        if (auto good = check_topic_prefix(text); !good) return std::unexpected(good.error());
    }
    return std::string(text);
}

const SettingValue& Settings::of(std::string_view name) const {
    const auto found = values.find(name);
    if (found == values.end()) throw std::logic_error("no setting " + std::string(name));
    return found->second;
}

std::int64_t Settings::number(std::string_view name) const {
    return std::stoll(text(name));
}

std::vector<std::string> Settings::list(std::string_view name) const {
    std::vector<std::string> parts;
    std::string_view rest = text(name);
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        if (!part.empty()) parts.emplace_back(part);
    }
    return parts;
}

}  // namespace quipu
