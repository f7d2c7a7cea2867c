// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/engines/engines.hpp"

#include <algorithm>

#include "quipu/base/url.hpp"
#include "quipu/codec/bson.hpp"
#if defined(QUIPU_WITH_KAFKA)
#include "quipu/log/kafka/kafka_log.hpp"
#endif
#if defined(QUIPU_WITH_MONGO)
#include "quipu/store/mongo/mongo_store.hpp"
#endif

namespace quipu {

namespace {

#if defined(QUIPU_WITH_MONGO)
constexpr bool with_mongo = true;
#else
constexpr bool with_mongo = false;
#endif
#if defined(QUIPU_WITH_KAFKA)
constexpr bool with_kafka = true;
#else
constexpr bool with_kafka = false;
#endif

/// Rejects engines that this build does not include.
Result<void> check_built_in(const StoreUrl& store, const LogUrl& log) {
    if (!with_mongo && store.engine == StoreUrl::Engine::mongodb) {
        return fail(ErrorCode::invalid,
                    "store " + store.shown() +
                        ": this program was built without the MongoDB store; use a file, or "
                        "build quipu with -DQUIPU_WITH_MONGO=ON");
    }
    if (!with_kafka && !log.in_store) {
        return fail(ErrorCode::invalid,
                    "log " + log.shown() +
                        ": this program was built without the Kafka log; use --log store, or "
                        "build quipu with -DQUIPU_WITH_KAFKA=ON");
    }
    return {};
}

/// Inserts the password into the URI, between the user and the @.
Result<std::string> with_password(const std::string& uri, const std::string& password) {
    const std::size_t begin = uri.find("://") + 3;
    const std::size_t at = uri.rfind('@');
    if (at == std::string::npos || at < begin || at == begin) {
        return fail(ErrorCode::invalid,
                    "mongodb-password is set, but the store's URL names no user; write "
                    "mongodb://USER@HOST/DATABASE");
    }
    if (uri.find(':', begin) < at) {
        return fail(ErrorCode::invalid,
                    "mongodb-password is set, but the store's URL has a password, too; remove one "
                    "of them");
    }
    return uri.substr(0, at) + ":" + percent_encode(password) + uri.substr(at);
}

Result<void> join_prefix(LogUrl& log, const std::string& prefix) {
    if (prefix.empty()) return {};
    if (!log.prefix.empty() && log.prefix != prefix) {
        return fail(ErrorCode::invalid, "the log's URL has the topic prefix '" + log.prefix +
                                            "' and topic-prefix is '" + prefix +
                                            "'; remove one of them");
    }
    log.prefix = prefix;
    return {};
}

/// A property set by itself overrides the same property in the URL, unless the URL comes from a
/// source with precedence.
void join_properties(LogUrl& log, const Settings& settings) {
    for (const auto& [name, value] : settings.kafka) {
        const auto in_url =
            std::ranges::find(log.properties, name, &std::pair<std::string, std::string>::first);
        if (in_url == log.properties.end()) {
            log.properties.emplace_back(name, value.value);
        } else if (value.origin >= settings.of("log").origin) {
            in_url->second = value.value;
        }
    }
}

}  // namespace

Result<EngineOptions> engine_options(const Settings& settings) {
    auto store = parse_store_url(settings.text("store"));
    if (!store) return fail(ErrorCode::invalid, "store: " + store.error());
    auto log = parse_log_url(settings.text("log"));
    if (!log) return fail(ErrorCode::invalid, "log: " + log.error());
    if (auto built_in = check_built_in(*store, *log); !built_in) {
        return std::unexpected(std::move(built_in.error()));
    }
    EngineOptions options{
        .store = std::move(*store),
        .log = std::move(*log),
        .group_prefix = {},
        .mongodb_database = settings.text("mongodb-database"),
        .replication = static_cast<std::int32_t>(settings.number("topic-replication")),
        .member = settings.text("member"),
        .relay = settings.flag("relay"),
        .create_topics = settings.flag("create-topics")};
    const std::string& password = settings.text("mongodb-password");
    if (!options.one_writer() && !password.empty()) {
        auto uri = with_password(options.store.uri, password);
        if (!uri) return std::unexpected(std::move(uri.error()));
        options.store.uri = std::move(*uri);
    }
    if (options.has_log()) {
        if (auto joined = join_prefix(options.log, settings.text("topic-prefix")); !joined) {
            return std::unexpected(std::move(joined.error()));
        }
        join_properties(options.log, settings);
        if (const auto& prefix = settings.of("group-prefix");
            prefix.origin != SettingValue::Origin::fallback) {
            options.group_prefix = prefix.value;
        }
    }
    return options;
}

#if defined(QUIPU_WITH_MONGO)
Result<std::unique_ptr<Store>> open_mongodb(const EngineOptions& options, const EventTypes& types,
                                            EngineNotice notice, bool create) {
    MongoOptions mongo;
    mongo.uri = options.store.uri;
    mongo.database = options.mongodb_database;
    mongo.create = create;
    mongo.document = [&types](const Record& record) { return event_document(types, record.body); };
    mongo.indexed = types.indexed_fields();
    mongo.notice = std::move(notice);
    return open_mongo_store(std::move(mongo));
}
#else
Result<std::unique_ptr<Store>> open_mongodb(const EngineOptions& /*options*/,
                                            const EventTypes& /*types*/, EngineNotice /*notice*/,
                                            bool /*create*/) {
    return fail(ErrorCode::internal, "engine_options() admits no MongoDB store in this build");
}
#endif

#if defined(QUIPU_WITH_KAFKA)
Result<std::unique_ptr<TopicLog>> open_log(const EngineOptions& options, std::string_view program,
                                           EngineNotice notice) {
    KafkaOptions kafka;
    kafka.brokers = options.log.brokers;
    kafka.prefix = options.log.prefix;
    kafka.group_prefix = options.group_prefix;
    kafka.client_id = program;
    kafka.properties = options.log.properties;
    kafka.notice = std::move(notice);
    auto log = open_kafka_log(std::move(kafka));
    if (!log) {
        return fail(log.error().code, "log " + options.log.shown() + ": " + log.error().message);
    }
    return log;
}
#else
Result<std::unique_ptr<TopicLog>> open_log(const EngineOptions& /*options*/,
                                           std::string_view /*program*/, EngineNotice /*notice*/) {
    return fail(ErrorCode::internal, "engine_options() admits no Kafka log in this build");
}
#endif

}  // namespace quipu
