// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quipu/store/engine/fields.hpp"
#include "quipu/store/mongo/server.hpp"
#include "quipu/store/query.hpp"

// By what events are found: each document of an event has the list `fields` with an entry
// "path=value" for each value of an indexed field, and `field_set`, the name of the set of fields
// that its writer declares. The sets are known in the collection `meta`. Processes with different
// declarations, and of versions before, may write the same store: a field is found by the index
// when no event is left that was written without it.
namespace quipu::mongo {

constexpr const char* field_index_name = "by_field";  ///< of `fields` in log order

[[nodiscard]] std::string field_set_name(const IndexedFields& fields);
/// Makes the set known; to be called before the first event of it is written. Throws ServerError.
void declare_field_set(Server& server, const IndexedFields& fields);

/// A set of fields that some program has declared.
struct FieldSet {
    std::string name;
    std::vector<std::string> paths;
};
[[nodiscard]] std::vector<FieldSet> field_sets(Server& server);

/// An event's members as `append.members` has them, with its entries and the set's name.
[[nodiscard]] std::string with_fields(std::string_view members, const IndexedFields& fields,
                                      const std::string& set,
                                      const std::vector<IndexedValue>& values);

/// What with_fields added, without the members.
[[nodiscard]] std::string only_fields(std::string_view members);

/// What leads to the events of a query.
struct FieldLead {
    std::vector<std::string> entries;  ///< any of these; none for a scan
    std::string scan_reason;           ///< as EventPage
};
[[nodiscard]] FieldLead find_lead(Server& server, const EventQuery& query);

}  // namespace quipu::mongo
