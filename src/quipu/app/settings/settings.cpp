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
        return std::unexpected("'" + printable(text.substr(0, 40)) + "' is not a number from " +
                               std::to_string(setting.least) + " to " +
                               std::to_string(setting.most));
    }
    return std::to_string(value);
}

std::expected<std::string, std::string> check_choice(const Setting& setting,
                                                     std::string_view text) {
    if (std::ranges::find(setting.choices, text) != setting.choices.end()) return std::string(text);
    const std::vector<std::string_view> names(setting.choices.begin(), setting.choices.end());
    return std::unexpected("unknown value '" + printable(text.substr(0, 40)) +
                           "'; the nearest is " + std::string(nearest_name(text, names)));
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
    using Scope = Setting::Scope;
    return {
        {.name = "store",
         .placeholder = "URL",
         .kind = store_url,
         .fallback = std::string(program) + ".db",
         .meaning = "Where events are stored: a path, sqlite:PATH, mongodb://HOST/DATABASE or "
                    "mongodb+srv://HOST/DATABASE"},
        {.name = "log",
         .placeholder = "URL",
         .kind = log_url,
         .fallback = "store",
         .meaning = "Where groups read events: store, or "
                    "kafka://HOST:PORT,HOST:PORT/PREFIX?PROPERTY=VALUE",
         .scope = Scope::log},
        {.name = "topic-prefix",
         .placeholder = "TEXT",
         .meaning = "Prefix of topic names, before the event type; also the path of the log's URL",
         .scope = Scope::log},
        {.name = "group-prefix",
         .placeholder = "TEXT",
         .meaning = "Prefix of the names of Kafka consumer groups; the topic prefix when unset",
         .scope = Scope::run},
        {.name = "topic-replication",
         .placeholder = "N",
         .kind = number,
         .fallback = "1",
         .meaning = "Replication factor of topics that 'topics apply' creates",
         .scope = Scope::topics,
         .least = 1,
         .most = 100},
        {.name = "member",
         .placeholder = "NAME",
         .meaning = "Name of this process in the log's consumer groups: stable across restarts, "
                    "and unique among processes",
         .scope = Scope::run},
        {.name = "relay",
         .kind = flag,
         .fallback = "true",
         .meaning = "Publish the store's events to the log; off for processes that only consume",
         .scope = Scope::run},
        {.name = "create-topics",
         .kind = flag,
         .fallback = "false",
         .meaning = "Do what 'topics apply' does before the groups start",
         .scope = Scope::run},
        {.name = "mongodb-database",
         .placeholder = "NAME",
         .fallback = "quipu",
         .meaning = "Name of the database when the store's URL has none"},
        {.name = "mongodb-password",
         .placeholder = "TEXT",
         .meaning = "Password of the user in the store's URL",
         .secret = true},
        {.name = "http",
         .placeholder = "ADDR:PORT",
         .fallback = std::string(default_http),
         .meaning = "Address of the program's HTTP server",
         .scope = Scope::http},
        {.name = "log-level",
         .placeholder = "LEVEL",
         .kind = choice,
         .fallback = "info",
         .meaning = "Least severe messages to log: debug, info, warning or error",
         .scope = Scope::run,
         .choices = {"debug", "info", "warning", "error"}},
        {.name = "drain-timeout",
         .placeholder = "SECONDS",
         .kind = number,
         .fallback = "30",
         .meaning = "Longest wait for running handlers when stopping, in seconds",
         .scope = Scope::run,
         .least = 0,
         .most = day},
        {.name = "stuck-after",
         .placeholder = "SECONDS",
         .kind = number,
         .fallback = "60",
         .meaning = "Seconds without progress after which a group or the relay is not ready",
         .scope = Scope::run,
         .least = 1,
         .most = day},
        {.name = "strict-ready",
         .kind = flag,
         .fallback = "false",
         .meaning = "Let held keys, parked events and slow handlers make the program not ready",
         .scope = Scope::run},
        {.name = "durability",
         .placeholder = "LEVEL",
         .kind = choice,
         .fallback = "full",
         .meaning = "Of a file: full, or process-crash-only, which is faster but may lose the last "
                    "events in a power failure",
         .scope = Scope::run,
         .choices = {"full", "process-crash-only"}},
        {.name = "allow-remote",
         .kind = flag,
         .fallback = "false",
         .meaning = "Let HTTP listen on addresses that other machines can reach",
         .scope = Scope::run},
        {.name = "allow-host",
         .placeholder = "NAME",
         .kind = list,
         .meaning = "Host names by which HTTP clients may address the program, separated by commas",
         .scope = Scope::run},
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
    if (setting.name == "group-prefix") {
        if (auto good = check_group_prefix(text); !good) return std::unexpected(good.error());
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
