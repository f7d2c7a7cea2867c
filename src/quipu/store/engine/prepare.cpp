// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/engine/prepare.hpp"

#include <set>
#include <string_view>
#include <utility>

#include "quipu/store/engine/fields.hpp"
#include "quipu/store/engine/values.hpp"

namespace quipu::stores {
namespace {

constexpr std::size_t max_name = 512;
constexpr std::size_t max_key = 4096;
constexpr std::size_t max_value = std::size_t{256} << 20;
constexpr std::size_t max_reason = 4096;

Result<void> bounded(std::string_view value, std::size_t most, const char* what,
                     bool required = false) {
    if (required && value.empty()) {
        return fail(ErrorCode::invalid, std::string(what) + " is empty");
    }
    if (value.size() > most) {
        return fail(ErrorCode::limit, std::string(what) + " has " + std::to_string(value.size()) +
                                          " bytes; at most " + std::to_string(most) +
                                          " are stored");
    }
    return {};
}

/// Runs checks in order until one fails.
template <class... Checks>
Result<void> all(Checks&&... checks) {
    Result<void> result;
    static_cast<void>(((result = checks()).has_value() && ...));
    return result;
}

Result<void> check_record(const Record& record) {
    return all([&] { return bounded(record.event_id, max_name, "an event_id", true); },
               [&] { return bounded(record.event_type, max_name, "an event_type", true); },
               [&] { return bounded(record.aggregate_id, max_name, "an aggregate_id"); },
               [&] { return bounded(record.key, max_key, "a key"); },
               [&] { return bounded(record.body, max_value, "an event's body"); });
}

Result<void> check_document_name(const std::string& collection, const std::string& key) {
    return all([&] { return bounded(collection, max_name, "a document's collection", true); },
               [&] { return bounded(key, max_key, "a document's key", true); });
}

Result<void> check_documents(const Transaction& transaction) {
    for (const auto& change : transaction.documents) {
        if (auto named = check_document_name(change.collection, change.key); !named) {
            return named;
        }
        if (auto sized = bounded(change.body.value_or(""), max_value, "a document"); !sized) {
            return sized;
        }
    }
    for (const auto& guard : transaction.guards) {
        if (auto named = check_document_name(guard.collection, guard.key); !named) {
            return named;
        }
    }
    return {};
}

/// A letter fails or is resolved, and once.
Result<void> check_letter_ids(const Transaction& transaction) {
    std::set<std::int64_t> seen;
    const auto once = [&](std::int64_t id) {
        return seen.insert(id).second
                   ? Result<void>()
                   : fail(ErrorCode::invalid, "dead letter " + std::to_string(id) +
                                                  " is named twice in one transaction");
    };
    for (const auto& letter : transaction.dead_letters) {
        if (letter.id == 0) {
            continue;
        }
        if (auto first = once(letter.id); !first) {
            return first;
        }
    }
    for (const std::int64_t id : transaction.resolved) {
        if (auto first = once(id); !first) {
            return first;
        }
    }
    return {};
}

Result<void> check_group_parts(const Transaction& transaction) {
    const bool finishes = !transaction.finished.empty() || !transaction.finished_ranges.empty();
    if (auto named =
            bounded(transaction.group, max_name, "the group of finished positions", finishes);
        !named) {
        return named;
    }
    for (const auto& [first, last] : transaction.finished_ranges) {
        if (first < 1 || last < first) {
            return fail(ErrorCode::invalid,
                        "a finished range must be (first, last) with 1 <= "
                        "first <= last");
        }
    }
    for (const auto* list : {&transaction.park, &transaction.unpark}) {
        for (const auto& parked : *list) {
            if (auto sized = all(
                    [&] {
                        return bounded(parked.group, max_name, "a parked record's group", true);
                    },
                    [&] { return bounded(parked.key, max_key, "a parked record's key"); });
                !sized) {
                return sized;
            }
        }
    }
    if (auto once = check_letter_ids(transaction); !once) {
        return once;
    }
    for (const auto& letter : transaction.dead_letters) {
        if (letter.record == nullptr) {
            return fail(ErrorCode::invalid, "a dead letter has no record");
        }
        if (auto sized =
                all([&] { return bounded(letter.group, max_name, "a dead letter's group", true); },
                    [&] { return check_record(*letter.record); });
            !sized) {
            return sized;
        }
    }
    return {};
}

std::size_t size_of(const std::vector<Attempt>& attempts) {
    std::size_t bytes = 0;
    for (const auto& attempt : attempts) {
        bytes += 16 + attempt.error.size();
    }
    return bytes;
}

std::size_t size_of(const Transaction& transaction) {
    std::size_t bytes = 64 + (transaction.finished.size() + transaction.resolved.size()) * 8;
    for (const auto& change : transaction.documents) {
        bytes += 64 + change.key.size() + change.body.value_or("").size();
    }
    for (const auto& parked : transaction.park) {
        bytes += 128 + size_of(parked.attempts);
    }
    for (const auto& letter : transaction.dead_letters) {
        bytes += 256 + letter.error.size() + size_of(letter.attempts) + letter.record->body.size();
    }
    return bytes;
}

PreparedAppend prepare_append(Append& append, const IndexedFields& fields) {
    PreparedAppend out;
    out.record = std::make_shared<Record>(std::move(append.record));
    out.expected_sequence = append.expected_sequence;
    const Record& record = *out.record;
    out.image = image_of(record);
    out.indexed = fields.values(record.body, record.headers);
    return out;
}

}  // namespace

Result<Prepared> prepare(Transaction transaction, const IndexedFields& fields) {
    for (const auto& append : transaction.appends) {
        if (auto sized = check_record(append.record); !sized) {
            return std::unexpected(sized.error());
        }
        if (append.expected_sequence && append.record.aggregate_id.empty()) {
            return fail(ErrorCode::invalid, event_name(append.record.event_id) +
                                                " expects a sequence but has no aggregate_id");
        }
    }
    if (auto sized = all([&] { return check_documents(transaction); },
                         [&] { return check_group_parts(transaction); });
        !sized) {
        return std::unexpected(sized.error());
    }
    Prepared prepared;
    prepared.bytes = size_of(transaction);
    prepared.appends.reserve(transaction.appends.size());
    for (auto& append : transaction.appends) {
        prepared.appends.push_back(prepare_append(append, fields));
        const auto& added = prepared.appends.back();
        prepared.bytes +=
            sizeof(Record) + added.record->body.size() + added.record->headers.bytes().size();
    }
    transaction.appends.clear();
    prepared.rest = std::move(transaction);
    return prepared;
}

Result<void> check_decision(const Decision& decision) {
    return all([&] { return bounded(decision.by, max_name, "the name of who decides"); },
               [&] { return bounded(decision.reason, max_reason, "a reason"); });
}

std::string event_name(const std::string& event_id) {
    constexpr std::size_t shown = 64;
    return "event " + (event_id.size() <= shown ? event_id : event_id.substr(0, shown) + "...");
}

}  // namespace quipu::stores
