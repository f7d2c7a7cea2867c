// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "quipu/store/engine/prepare.hpp"
#include "quipu/store/mongo/server.hpp"

/// Looks into the collections that a commit's checks need. Throws ServerError.
namespace quipu::mongo {

/// The revision of a document by its _id, 0 when absent or erased.
[[nodiscard]] std::int64_t stored_revision(Server& server, const std::string& id);
/// The last sequence of an aggregate, also where its events were removed.
[[nodiscard]] std::int64_t stored_head(Server& server, const std::string& aggregate);
[[nodiscard]] std::optional<Parked> stored_parked(Server& server, const std::string& group,
                                                  std::int64_t position);
/// For whom a position is parked; also groups that were never opened, whose dead letters somebody
/// requeued. Looks through all that is parked.
[[nodiscard]] std::vector<std::string> stored_parked_groups(Server& server, std::int64_t position);
[[nodiscard]] std::string parked_id(const std::string& group, std::int64_t position);

/// The option of a look that gives ascending order by a member.
void sorted_by(BsonWriter& writer, const char* name);

[[nodiscard]] Error other_content(const Record& record);
[[nodiscard]] Error other_sequence(const PreparedAppend& append, std::int64_t last);

}  // namespace quipu::mongo
