// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quipu {

/// Where events are stored.
struct StoreUrl {
    enum class Engine { sqlite, mongodb } engine = Engine::sqlite;
    std::filesystem::path file;  ///< sqlite
    std::string uri;             ///< mongodb; may contain a password

    /// A printable form: the path, or the URI without its secrets.
    [[nodiscard]] std::string shown() const;
};

/// Where groups read events.
struct LogUrl {
    bool in_store = true;  ///< the store is the log; nothing else is set
    std::string brokers;   ///< "host:port,host:port"
    std::string prefix;    ///< of topic names
    std::vector<std::pair<std::string, std::string>> properties;  ///< of librdkafka

    /// A printable form: "store", or the brokers and the prefix.
    [[nodiscard]] std::string shown() const;
};

// Errors suggest the most similar valid scheme or option, and never repeat a possible secret.

/// A path, "sqlite:PATH", "mongodb://…" or "mongodb+srv://…".
[[nodiscard]] std::expected<StoreUrl, std::string> parse_store_url(std::string_view url);

/// "store", or "kafka://host:port,host:port[/prefix][?property=value&…]".
[[nodiscard]] std::expected<LogUrl, std::string> parse_log_url(std::string_view url);

/// Fails for text that cannot be a prefix of topic names.
[[nodiscard]] std::expected<void, std::string> check_topic_prefix(std::string_view prefix);

/// Fails for text that should not be a prefix of consumer groups' names.
[[nodiscard]] std::expected<void, std::string> check_group_prefix(std::string_view prefix);

/// The one of `names` that is most similar to `word`. `names` must not be empty.
[[nodiscard]] std::string_view nearest_name(std::string_view word,
                                            const std::vector<std::string_view>& names);

}  // namespace quipu
