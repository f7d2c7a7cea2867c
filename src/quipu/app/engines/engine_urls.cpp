// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/engines/engine_urls.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "quipu/app/cli/text_output.hpp"
#include "quipu/app/engines/mongodb_options.hpp"
#include "quipu/app/engines/secrets.hpp"
#include "quipu/base/nearest.hpp"
#include "quipu/base/url.hpp"
#include "quipu/log/secret_names.hpp"

namespace quipu {

namespace {

constexpr std::size_t prefix_max = 49;  // Kafka's limit of 249 less the 200 of an event type
constexpr std::size_t parameters_max = 200;

/// The text before the first colon, if it can be a scheme.
std::optional<std::string_view> scheme_of(std::string_view url) {
    const std::string_view scheme = url.substr(0, url.find(':'));
    if (scheme.size() == url.size() || scheme.size() < 2) return std::nullopt;
    const bool good = std::ranges::all_of(scheme, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
    });
    return good ? std::optional(scheme) : std::nullopt;
}

std::string in_quotes(std::string_view word) {
    return "'" + printable(word.substr(0, 40)) + "'";
}

std::expected<StoreUrl, std::string> sqlite_url(std::string_view path) {
    if (path.empty()) return std::unexpected("there is no path after sqlite:");
    if (path.starts_with("//") && !path.starts_with("///")) {
        return std::unexpected("write sqlite:PATH, without //");
    }
    return StoreUrl{.file = std::string(path), .uri = {}};
}

std::expected<StoreUrl, std::string> mongodb_url(std::string_view url, std::string_view scheme) {
    std::string_view rest = url.substr(scheme.size());
    if (!rest.starts_with("://")) {
        return std::unexpected("write " + std::string(scheme) + "://HOST/DATABASE");
    }
    rest.remove_prefix(3);
    const std::size_t at = rest.rfind('@');
    const std::string_view host = rest.substr(at == std::string_view::npos ? 0 : at + 1);
    if (host.empty() || host.front() == '/' || host.front() == '?') {
        return std::unexpected("there is no host after " + std::string(scheme) + "://");
    }
    if (const std::size_t query = host.find('?'); query != std::string_view::npos) {
        if (auto known = check_mongodb_options(host.substr(query + 1)); !known) {
            return std::unexpected(known.error());
        }
    }
    return StoreUrl{.engine = StoreUrl::Engine::mongodb, .file = {}, .uri = std::string(url)};
}

std::expected<void, std::string> check_broker(std::string_view broker) {
    const std::size_t colon = broker.rfind(':');
    const bool has_port = colon != std::string_view::npos && !broker.ends_with(']');
    const std::string_view host = has_port ? broker.substr(0, colon) : broker;
    if (host.empty()) return std::unexpected("a broker has no host; write kafka://HOST:PORT");
    if (!has_port) {
        return std::unexpected("broker " + in_quotes(host) + " has no port; write " +
                               printable(host.substr(0, 100)) +
                               ":9092, or the port that it listens on");
    }
    const std::string_view digits = broker.substr(colon + 1);
    unsigned port = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (problem != std::errc{} || end != digits.data() + digits.size() || port == 0 ||
        port > 65'535) {
        return std::unexpected("the port of broker " + in_quotes(host) +
                               " is not a number from 1 to 65535");
    }
    return {};
}

std::expected<void, std::string> check_brokers(std::string_view brokers) {
    if (brokers.contains('@')) {
        return std::unexpected(
            "a Kafka URL cannot contain user and password; set kafka.sasl.username and "
            "kafka.sasl.password in the configuration file or the environment");
    }
    while (true) {
        const std::size_t comma = std::min(brokers.find(','), brokers.size());
        if (auto good = check_broker(brokers.substr(0, comma)); !good) return good;
        if (comma == brokers.size()) return {};
        brokers.remove_prefix(comma + 1);
    }
}

std::expected<void, std::string> check_prefix(std::string_view prefix, const std::string& of) {
    const bool good = std::ranges::all_of(prefix, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
    });
    if (good && prefix.size() <= prefix_max) return {};
    return std::unexpected("the prefix of " + of + " must consist of at most " +
                           std::to_string(prefix_max) + " of the characters a-z A-Z 0-9 . _ -");
}

std::expected<LogUrl, std::string> kafka_url(std::string_view rest) {
    if (!rest.starts_with("//")) return std::unexpected("write kafka://HOST:PORT");
    rest.remove_prefix(2);
    LogUrl log{.in_store = false, .brokers = {}, .prefix = {}, .properties = {}};
    const std::size_t query = std::min(rest.find('?'), rest.size());
    const std::string_view place = rest.substr(0, query);
    const std::size_t slash = std::min(place.find('/'), place.size());
    log.brokers = place.substr(0, slash);
    if (auto good = check_brokers(log.brokers); !good) return std::unexpected(good.error());
    log.prefix = place.substr(std::min(slash + 1, place.size()));
    if (auto good = check_topic_prefix(log.prefix); !good) return std::unexpected(good.error());
    if (query == rest.size()) return log;
    auto parameters = parse_query(rest.substr(query + 1), parameters_max);
    if (!parameters) return std::unexpected(parameters.error().message);
    for (auto& [name, value] : *parameters) {
        if (is_secret_name(name)) {
            return std::unexpected(
                in_quotes(name) + " is a secret and does not belong in a URL; set kafka." +
                printable(name) + " in the configuration file or the environment");
        }
        log.properties.emplace_back(std::move(name), std::move(value));
    }
    return log;
}

}  // namespace

std::string StoreUrl::shown() const {
    return engine == Engine::sqlite ? file.string() : mask_url(uri);
}

std::string LogUrl::shown() const {
    if (in_store) return "store";
    return "kafka://" + brokers + (prefix.empty() ? "" : "/" + prefix);
}

std::string_view nearest_name(std::string_view word, const std::vector<std::string_view>& names) {
    word = word.substr(0, 100);
    return *std::ranges::min_element(
        names, {}, [&](std::string_view name) { return edit_distance(name, word); });
}

std::expected<StoreUrl, std::string> parse_store_url(std::string_view url) {
    if (url.empty()) return std::unexpected("the store is empty; write a path or a URL");
    const auto scheme = scheme_of(url);
    if (!scheme) return StoreUrl{.file = std::string(url), .uri = {}};
    if (*scheme == "sqlite") return sqlite_url(url.substr(scheme->size() + 1));
    if (*scheme == "mongodb" || *scheme == "mongodb+srv") return mongodb_url(url, *scheme);
    if (*scheme == "kafka") {
        return std::unexpected(
            "Kafka is a log, not a store; write --log kafka://HOST:PORT, and for the store a path "
            "or mongodb://HOST");
    }
    const auto nearest = nearest_name(*scheme, {"sqlite", "mongodb", "mongodb+srv"});
    return std::unexpected("there is no store with the scheme " + in_quotes(*scheme) +
                           "; the nearest is " + std::string(nearest) +
                           (nearest == "sqlite" ? ":PATH" : "://HOST"));
}

std::expected<LogUrl, std::string> parse_log_url(std::string_view url) {
    if (url == "store") return LogUrl{};
    const auto scheme = scheme_of(url);
    if (scheme == "kafka") return kafka_url(url.substr(scheme->size() + 1));
    if (scheme == "mongodb" || scheme == "mongodb+srv" || scheme == "sqlite") {
        return std::unexpected(std::string(*scheme) +
                               " is a store, not a log; pass it with --store, and "
                               "write --log store or --log kafka://HOST:PORT");
    }
    const std::string_view word = scheme.value_or(url.substr(0, 40));
    const auto nearest = nearest_name(word, {"store", "kafka"});
    return std::unexpected("there is no log " + in_quotes(word) + "; the nearest is " +
                           (nearest == "store" ? "store" : "kafka://HOST:PORT"));
}

std::expected<void, std::string> check_topic_prefix(std::string_view prefix) {
    return check_prefix(prefix, "topics");
}

std::expected<void, std::string> check_group_prefix(std::string_view prefix) {
    return check_prefix(prefix, "consumer groups");
}

}  // namespace quipu
