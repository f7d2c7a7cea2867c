// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/versions.hpp"

#include <fmt/core.h>
#include <libdeflate.h>
#include <simdjson.h>
#include <spdlog/version.h>
#include <sqlite3.h>
#include <uv.h>
#include <boost/version.hpp>
#if defined(QUIPU_WITH_KAFKA)
#include <librdkafka/rdkafka.h>
#endif
#if defined(QUIPU_WITH_MONGO)
#include <bson/bson.h>
#include <mongoc/mongoc.h>
#endif

namespace quipu {

namespace {

std::string compiler() {
#if defined(__clang__)
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

}  // namespace

std::vector<std::pair<std::string, std::string>> library_versions() {
    // SQLite, librdkafka and libmongoc are queried at run time, since the system may update these
    // shared libraries.
    return {
        {"compiler", compiler()},
        {"libstdc++", std::to_string(_GLIBCXX_RELEASE)},
        {"sqlite", ::sqlite3_libversion()},
#if defined(QUIPU_WITH_KAFKA)
        {"librdkafka", ::rd_kafka_version_str()},
#endif
        {"libuv", ::uv_version_string()},
        {"libdeflate", LIBDEFLATE_VERSION_STRING},
#if defined(QUIPU_WITH_MONGO)
        {"libmongoc", ::mongoc_get_version()},
        {"libbson", ::bson_get_version()},
#endif
        {"boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000,
                              BOOST_VERSION % 100)},
        {"simdjson", fmt::format("{}.{}.{}", static_cast<int>(simdjson::SIMDJSON_VERSION_MAJOR),
                                 static_cast<int>(simdjson::SIMDJSON_VERSION_MINOR),
                                 static_cast<int>(simdjson::SIMDJSON_VERSION_REVISION))},
        {"fmt",
         fmt::format("{}.{}.{}", FMT_VERSION / 10'000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
        {"spdlog", fmt::format("{}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)}};
}

}  // namespace quipu
