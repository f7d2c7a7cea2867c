// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/promote/compare_stores.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "quipu/base/checksum.hpp"
#include "quipu/delivery/relay.hpp"
#include "quipu/store/sqlite/export.hpp"

// Reads a promoted store and its file side by side and compares everything.

namespace quipu {

namespace {

constexpr std::size_t page = 500;

bool same(const Record& a, const Record& b) {
    return a.position == b.position && a.event_id == b.event_id && a.event_type == b.event_type &&
           a.key == b.key && a.aggregate_id == b.aggregate_id && a.sequence == b.sequence &&
           a.timestamp == b.timestamp && a.stored_at == b.stored_at &&
           a.expires_at == b.expires_at && a.headers == b.headers && a.body == b.body;
}

bool same(const std::vector<Attempt>& a, const std::vector<Attempt>& b) {
    return std::ranges::equal(
        a, b, [](const auto& x, const auto& y) { return x.at == y.at && x.error == y.error; });
}

bool same(const std::vector<DeadLetter::Step>& a, const std::vector<DeadLetter::Step>& b) {
    return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
        return x.what == y.what && x.at == y.at && x.decision.by == y.decision.by &&
               x.decision.reason == y.decision.reason;
    });
}

bool same(const Document& a, const Document& b) {
    return a.key == b.key && a.body == b.body && a.revision == b.revision;
}

bool same(const Parked& a, const Parked& b) {
    return a.position == b.position && a.key == b.key && a.due_at == b.due_at &&
           a.source == b.source && a.letter == b.letter && same(a.attempts, b.attempts);
}

bool same(const DeadLetter& a, const DeadLetter& b) {
    return a.id == b.id && a.group == b.group && same(*a.record, *b.record) && a.error == b.error &&
           same(a.attempts, b.attempts) && a.failed_at == b.failed_at && a.status == b.status &&
           a.note == b.note && a.source == b.source && a.holds_key == b.holds_key &&
           same(a.history, b.history);
}

class Comparison {
  public:
    Comparison(Store& source, const std::filesystem::path& file, Store& target)
        : source_(source), file_(file), target_(target) {}

    Result<Promoted> run() {
        for (auto part : {&Comparison::events, &Comparison::archive, &Comparison::documents,
                          &Comparison::groups, &Comparison::letters}) {
            if (auto equal = (this->*part)(); !equal) {
                return std::unexpected(std::move(equal.error()));
            }
        }
        return std::move(counted_);
    }

  private:
    static std::unexpected<Error> differs(const std::string& what) {
        return fail(ErrorCode::corrupt,
                    "the copy differs from the file in " + what +
                        ": a program wrote to one of them between two attempts; empty the target "
                        "and promote again");
    }

    void add(const std::string& text) { checksum_ = stores::crc32_of(checksum_, text); }
    /// Adds a text with its length, so that different records cannot yield the same input.
    void add_sized(const std::string& text) {
        add(std::to_string(text.size()) + ":");
        add(text);
    }

    void add(const Record& record) {
        add(fmt::format("{}/{}/", record.position, record.sequence));
        for (const std::string* part :
             {&record.event_id, &record.event_type, &record.aggregate_id, &record.body}) {
            add_sized(*part);
        }
    }

    /// The pages of the two stores may differ in size, because engines also limit them by bytes.
    Result<void> events() {
        std::vector<RecordPtr> mine;
        std::vector<RecordPtr> theirs;
        std::size_t i = 0;
        std::size_t j = 0;
        for (std::int64_t position = 0;;) {
            if (auto next = refill(source_, position, mine, i); !next) return next;
            if (auto next = refill(target_, position, theirs, j); !next) return next;
            if (mine.empty() != theirs.empty()) return differs("the number of events");
            if (mine.empty()) break;
            const Record& record = *mine[i++];
            if (!same(record, *theirs[j++])) {
                return differs("the event at position " + std::to_string(record.position));
            }
            position = record.position;
            add(record);
            ++counted_.events;
        }
        counted_.last_position = source_.last_position();
        counted_.checksum = fmt::format("{:08x}", checksum_);
        if (target_.last_position() != counted_.last_position) return differs("its last position");
        return {};
    }

    static Result<void> refill(Store& store, std::int64_t position, std::vector<RecordPtr>& records,
                               std::size_t& next) {
        if (next < records.size()) return {};
        auto read = store.read(position, page);
        if (!read) return std::unexpected(std::move(read.error()));
        records = std::move(*read);
        next = 0;
        return {};
    }

    Result<void> archive() {
        auto exported = sqlite::Export::open(file_);
        if (!exported) return std::unexpected(std::move(exported.error()));
        for (std::int64_t after = 0;;) {
            const auto archived = (*exported)->archived(after, page);
            if (!archived) return std::unexpected(archived.error());
            if (archived->empty()) return {};
            for (const ArchivedRecord& mine : *archived) {
                const auto theirs = target_.archived(mine.record.event_id);
                if (!theirs) return std::unexpected(theirs.error());
                const bool equal = *theirs && same(mine.record, (*theirs)->record) &&
                                   mine.deleted_at == (*theirs)->deleted_at &&
                                   mine.deleted_by == (*theirs)->deleted_by &&
                                   mine.reason == (*theirs)->reason;
                if (!equal) return differs("the archive");
                ++counted_.archived;
            }
            after = archived->back().record.position;
        }
    }

    static Result<std::vector<std::string>> collections(Store& store) {
        auto names = store.collections();
        if (names) std::erase(*names, promote_collection);
        return names;
    }

    Result<void> documents() {
        const auto mine = collections(source_);
        if (!mine) return std::unexpected(mine.error());
        const auto theirs = collections(target_);
        if (!theirs) return std::unexpected(theirs.error());
        if (*mine != *theirs) return differs("its collections of documents");
        for (const std::string& collection : *mine) {
            for (std::string after;;) {
                const auto a = source_.documents(collection, "", after, page);
                if (!a) return std::unexpected(a.error());
                const auto b = target_.documents(collection, "", after, page);
                if (!b) return std::unexpected(b.error());
                const bool equal = std::ranges::equal(
                    *a, *b, [](const auto& x, const auto& y) { return same(x, y); });
                if (!equal) return differs("the documents of " + collection);
                if (a->empty()) break;
                counted_.documents += static_cast<std::int64_t>(a->size());
                after = a->back().key;
            }
        }
        return {};
    }

    Result<void> groups() {
        const auto mine = source_.groups();
        if (!mine) return std::unexpected(mine.error());
        const auto theirs = target_.groups();
        if (!theirs) return std::unexpected(theirs.error());
        for (const GroupPosition& group : *mine) {
            const auto copy = std::ranges::find(*theirs, group.group, &GroupPosition::group);
            if (copy == theirs->end()) return differs("its groups");
            ++counted_.groups;
            const bool relay = group.group == relay_group;  // may start after the file's checkpoint
            if (!relay && (copy->position != group.position ||
                           copy->finished_above != group.finished_above)) {
                return differs("the position of group " + group.group);
            }
            if (auto equal = parked(group.group); !equal) return equal;
        }
        return {};
    }

    Result<void> parked(const std::string& group) {
        for (std::int64_t after = 0;;) {
            const auto a = source_.parked(group, after, page);
            if (!a) return std::unexpected(a.error());
            const auto b = target_.parked(group, after, page);
            if (!b) return std::unexpected(b.error());
            if (!std::ranges::equal(*a, *b,
                                    [](const auto& x, const auto& y) { return same(x, y); })) {
                return differs("the parked records of group " + group);
            }
            if (a->empty()) return {};
            counted_.parked += static_cast<std::int64_t>(a->size());
            after = a->back().position;
        }
    }

    Result<void> letters() {
        for (std::int64_t after = 0;;) {
            const auto a = source_.dead_letters("", std::nullopt, after, page);
            if (!a) return std::unexpected(a.error());
            const auto b = target_.dead_letters("", std::nullopt, after, page);
            if (!b) return std::unexpected(b.error());
            if (!std::ranges::equal(*a, *b,
                                    [](const auto& x, const auto& y) { return same(x, y); })) {
                return differs("its dead letters");
            }
            if (a->empty()) return {};
            counted_.dead_letters += static_cast<std::int64_t>(a->size());
            after = a->back().id;
        }
    }

    Store& source_;
    const std::filesystem::path& file_;
    Store& target_;
    Promoted counted_;
    std::uint32_t checksum_ = 0;
};

}  // namespace

Result<Promoted> compare_stores(Store& source, const std::filesystem::path& file, Store& target) {
    return Comparison(source, file, target).run();
}

}  // namespace quipu
