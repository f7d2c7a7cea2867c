// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "quipu/base/error.hpp"
#include "quipu/store/mongo/bson.hpp"
#include "quipu/store/mongo/server.hpp"

namespace quipu::mongo {

// The truth:
constexpr const char* commits_collection = "commits";  ///< _id: 1, 2, 3 … without gaps
// What it says, applied; each document carries the number of the commit that wrote it:
constexpr const char* events_collection = "events";              ///< _id: position
constexpr const char* archive_collection = "events_archive";     ///< _id: position
constexpr const char* documents_collection = "documents";        ///< _id: "collection/key"
constexpr const char* groups_collection = "groups";              ///< _id: "/group"
constexpr const char* group_ranges_collection = "group_ranges";  ///< _id: "chunk/group"
constexpr const char* removed_collection = "removed";            ///< _id: chunk, or -commit
constexpr const char* parked_collection = "parked";              ///< _id: "position/group"
constexpr const char* letters_collection = "dead_letters";       ///< _id: id
constexpr const char* heads_collection = "heads";                ///< _id: "/aggregate_id"
constexpr const char* meta_collection = "meta";  ///< identity; applied: up to which commit

[[nodiscard]] std::string by_id(std::string_view id);
[[nodiscard]] std::string by_id(std::int64_t id);
/// {name: value}, as put_text writes it.
[[nodiscard]] std::string by_text(const char* name, std::string_view value);

/// Makes what is missing and returns the identity of the store. Errors: invalid for a database
/// that holds something else; not_found for an empty one unless `create`. Throws ServerError.
[[nodiscard]] Result<std::string> make_collections(Server& server, bool create);

}  // namespace quipu::mongo
