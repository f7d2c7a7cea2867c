// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/store/record.hpp"
#include "quipu/store/transaction.hpp"

namespace quipu::mongo {

/// Everything that one shared commit does, as the results and not as the wishes: positions,
/// sequences and revisions are in it. Its insertion under its number is the commit; all that
/// follows can be done by anybody and any number of times.
struct Commit {
    struct Event {
        RecordPtr record;
        std::string document;  ///< as it will stand in `events`
    };
    struct DocumentWrite {
        std::string collection;
        std::string key;
        std::int64_t revision = 0;        ///< the new one; of an erased document its last
        std::optional<std::string> body;  ///< nothing erases
    };
    struct Finished {
        std::string group;  ///< known from here on
        std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
    };
    struct Place {
        std::string group;
        std::int64_t position = 0;
    };
    struct Letter {
        std::int64_t id = 0;
        std::string document;
    };
    struct Status {
        std::int64_t id = 0;
        DeadLetter::Status status = DeadLetter::Status::open;
        std::string note;
    };
    struct Archived {
        std::int64_t position = 0;
        std::string document;
    };
    struct Head {
        std::string aggregate;
        std::int64_t sequence = 0;
    };

    std::int64_t number = 0;
    std::string token;  ///< tells whose commit it is when the answer to its insertion was lost
    Time stored_at{};
    // Where the store stands after it.
    std::int64_t position = 0;
    std::int64_t letter_id = 0;
    std::int64_t erased_revision = 0;

    std::vector<Event> events;
    std::vector<DocumentWrite> documents;
    std::vector<Finished> finished;
    std::vector<Parked> parked;
    std::vector<Place> unparked;
    std::vector<Letter> letters;
    std::vector<Status> statuses;
    std::vector<std::int64_t> removed;
    /// Positions that never held an event here; another store's content has them.
    std::vector<std::pair<std::int64_t, std::int64_t>> holes;
    std::vector<Archived> archived;
    std::vector<Head> heads;  ///< of aggregates whose newest event is removed or a hole

    /// Whether it does nothing.
    [[nodiscard]] bool empty() const noexcept;
};

[[nodiscard]] std::string encode(const Commit& commit);
/// Nothing when the bytes do not hold what `encode` wrote.
[[nodiscard]] std::optional<Commit> decode_commit(std::string_view bytes);

}  // namespace quipu::mongo
