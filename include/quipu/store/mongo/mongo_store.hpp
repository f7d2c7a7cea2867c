// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/event/catalogue.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

struct MongoOptions {
    /// "mongodb://…" or "mongodb+srv://…", with the options that libmongoc knows. w, journal,
    /// readConcernLevel and readPreference are fixed: majority, true, majority and primary, and any
    /// other value is refused.
    std::string uri = {};
    std::string database = "quipu";  ///< when the URI names none
    bool create = true;              ///< false: a database without a store is `not_found`
    /// The members of an event as BSON, for readers in other languages: a document of which
    /// `event_version`, `metadata` and `payload` are stored beside the body (event_document() of
    /// codec/bson.hpp gives one). Empty for a body that is no event of the catalogue; such records
    /// are stored with the body alone. Called on the thread that calls `submit`.
    std::function<std::string(const Record&)> document = {};
    /// The fields that queries find by an index, beside metadata.user_id and the correlation id
    /// (EventTypes::indexed_fields). Events that were stored without a field are added to its index
    /// beside the running program; until that is complete, a search for it is a scan.
    std::vector<std::string> indexed = {};
    std::size_t index_portion = 500;                 ///< events that are added at once; 0 adds none
    std::size_t max_batch_records = 1024;            ///< of one shared commit
    std::size_t max_batch_bytes = 8 * 1024 * 1024;   ///< of one shared commit, below BSON's 16 MiB
    std::size_t max_queue_bytes = 64 * 1024 * 1024;  ///< waiting; beyond it `submit` blocks
    std::size_t cache_records = 16 * 1024;           ///< newest records kept in memory for groups
    std::size_t cache_bytes = 64 * 1024 * 1024;
    std::chrono::milliseconds query_time{5000};  ///< most time one `query` may search
    /// To find a server before `unavailable`, and for the majority to acknowledge, where the URI
    /// has no serverSelectionTimeoutMS and wTimeoutMS.
    std::chrono::milliseconds server_wait{5000};
    std::function<Time()> clock = {};  ///< for stored_at; the wall clock when empty
    /// A line for the operator's log: "warning" or "error" and the text. From any thread.
    std::function<void(std::string_view level, std::string_view text)> notice = {};
};

/// Opens the store in a MongoDB database and makes its collections and indexes where they are
/// missing. Several processes may have it open and write at the same time. Errors: invalid (the
/// URI, or a database that holds something else), unavailable (no server answers, with its address
/// and the reason), not_found (see MongoOptions::create), busy never.
[[nodiscard]] Result<std::unique_ptr<Store>> open_mongo_store(MongoOptions options);

}  // namespace quipu
