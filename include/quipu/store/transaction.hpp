// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quipu/store/record.hpp"

namespace quipu {

/// An event to append. `position`, `sequence` and `stored_at` of the record are set by the store.
/// An event_id that is stored or archived already is not stored again: the answer says `duplicate`
/// when type and body are the same, and the transaction fails with ErrorCode::conflict when they
/// are not. A duplicate is recognised before `expected_sequence` is looked at, so a retry is safe.
struct Append {
    Record record;
    /// When set, the append succeeds only if the aggregate's last sequence is this (0: no event
    /// yet); else the whole transaction fails with ErrorCode::conflict.
    std::optional<std::int64_t> expected_sequence;
};

/// What became of one Append.
struct Appended {
    std::int64_t position = 0;
    std::int64_t sequence = 0;
    bool duplicate = false;  ///< the event_id was stored before; the fields are the first one's
};

/// A change of one document. Documents are small rows that handlers keep: a saga, a queue entry.
struct DocumentChange {
    std::string collection;
    std::string key;
    std::optional<std::string> body;  ///< JSON to store; empty erases
};

/// A claim about a document that must still hold when the transaction commits: that its revision
/// is the one that was read (0: absent). A broken claim fails the transaction with conflict.
struct DocumentGuard {
    std::string collection;
    std::string key;
    std::int64_t revision = 0;
};

/// A document as read. Revisions are at least 1 (and 1 for a first document where nothing was ever
/// erased), grow with each change of that key and never go back: after an erase the key counts on
/// from where it was or higher.
struct Document {
    std::string key;
    std::string body;
    std::int64_t revision = 0;
};

/// One failed attempt of a handler.
struct Attempt {
    Time at{};
    std::string error;
};

/// A record that a group has read and not finished. The first entry of a key is retried at
/// `due_at`, or is held by a dead letter; the later entries of the key wait behind it. Entries
/// survive restarts.
struct Parked {
    /// The `due_at` of an entry that waits for somebody to requeue or discard its dead letter.
    static constexpr Time never = Time::max();

    std::string group = {};
    std::int64_t position = 0;
    std::string key = {};
    Time due_at{};
    std::vector<Attempt> attempts = {};  ///< since it was parked or requeued; empty behind another
    /// The partition of a topic log that brought it, as "event_type/partition": whoever has that
    /// partition retries it. Empty where the store is the log.
    std::string source = {};
    /// The dead letter that this record is, 0 for none. An entry of `Transaction::park` that stands
    /// beside a new dead letter of the same record gets that letter's id from the store.
    std::int64_t letter = 0;

    /// Whether its key is held by a dead letter.
    [[nodiscard]] bool held() const noexcept { return due_at == never; }
};

/// Somebody's decision about a dead letter.
struct Decision {
    std::string by;      ///< who decided; empty when not known
    std::string reason;  ///< may be empty
};

/// A record that a group gave up on, with all that is needed to look into it and to send it again,
/// and all that happened to it since. It stays one letter, however often it is requeued.
struct DeadLetter {
    enum class Status {
        open,       ///< waits for a decision
        requeued,   ///< handed to its group again, which has not finished it yet
        discarded,  ///< set aside for good
        resolved,   ///< requeued, and then handled
    };
    /// One step of a letter's story; each attempt of the handler stands in `attempts`.
    struct Step {
        enum class What { requeued, discarded, failed_again, resolved } what = What::requeued;
        Time at{};
        Decision decision = {};  ///< of requeued and discarded
    };

    std::int64_t id = 0;  ///< set by the store
    std::string group;
    RecordPtr record;               ///< the original: position, id, key, headers and bytes
    std::string error;              ///< the last error, or the faults of decoding
    std::vector<Attempt> attempts;  ///< all of them, those after each requeue included
    Time failed_at{};               ///< when the last one failed
    Status status = Status::open;
    std::string note;                ///< why it was discarded
    std::string source = {};         ///< as Parked::source; a requeued record is parked with it
    std::vector<Step> history = {};  ///< oldest first
    /// Whether later records of its key wait behind it: its record is still parked. Answered by the
    /// store, ignored when a letter is stored.
    bool holds_key = false;
};

[[nodiscard]] const char* to_string(DeadLetter::Status status) noexcept;
[[nodiscard]] const char* to_string(DeadLetter::Step::What what) noexcept;

/// Everything here is stored together or not at all.
struct Transaction {
    std::vector<Append> appends;
    std::vector<DocumentChange> documents;
    std::vector<DocumentGuard> guards;

    /// Positions that `group` has finished: handled, parked or dead-lettered. The store keeps the
    /// group's offset (everything up to it is finished) and the exceptions above it, so that a
    /// record is finished once, whatever crashes in between. A position that is already finished
    /// fails the transaction with conflict: the effects in it would be a repetition.
    std::string group;
    std::vector<std::int64_t> finished;
    /// Whole ranges that `group` is done with because nothing in them concerns it, as inclusive
    /// (first, last). Unlike `finished`, what is already finished inside a range is no conflict.
    std::vector<std::pair<std::int64_t, std::int64_t>> finished_ranges;

    std::vector<Parked> unpark;  ///< removes by (group, position); absent fails: conflict
    std::vector<Parked> park;    ///< inserts, or replaces by (group, position); after `unpark`
    /// Without an id: a new letter. With one: that letter, which must be requeued, is open again,
    /// with its error replaced and these attempts added to those it has; else conflict.
    std::vector<DeadLetter> dead_letters;
    /// Requeued letters whose record was handled; one that is not requeued fails: conflict.
    std::vector<std::int64_t> resolved;
};

/// The answer to a committed transaction, in the order of its `appends`.
struct Committed {
    std::vector<Appended> appended;
};

}  // namespace quipu
