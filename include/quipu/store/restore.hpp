// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quipu/store/query.hpp"
#include "quipu/store/record.hpp"
#include "quipu/store/transaction.hpp"

namespace quipu {

/// Where a group stands in the log.
struct GroupPosition {
    std::string group;
    std::int64_t position = 0;                 ///< every record up to here is finished
    std::vector<std::int64_t> finished_above;  ///< finished ones beyond it, ascending
};

/// The last sequence that an aggregate has given out.
struct AggregateHead {
    std::string aggregate_id;
    std::int64_t sequence = 0;
};

/// A document with its place.
struct PlacedDocument {
    std::string collection;
    Document document;
};

/// A part of another store's content, for Store::restore. Everything is put into the store as it
/// is: positions, sequences, times, ids, revisions and states.
struct RestoreBatch {
    /// Ascending and beyond the store's last position. Positions left out between them are holes,
    /// as a purge leaves them. The sequences of an aggregate ascend with them.
    std::vector<RecordPtr> events;
    /// The log ends here, with holes after its last event; 0: at its last event.
    std::int64_t last_position = 0;
    std::vector<ArchivedRecord> archived;  ///< of holes
    std::vector<AggregateHead> heads;      ///< needed where an aggregate's last event is a hole
    std::vector<PlacedDocument> documents;
    std::int64_t erased_revision = 0;  ///< new documents get revisions above this
    /// Makes them known where they are not. What they have finished already stays finished.
    std::vector<GroupPosition> groups;
    std::vector<Parked> parked;            ///< of groups that are known
    std::vector<DeadLetter> dead_letters;  ///< of groups that are known
};

}  // namespace quipu
