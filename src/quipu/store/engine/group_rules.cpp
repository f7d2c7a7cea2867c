// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/engine/group_rules.hpp"

#include <algorithm>
#include <unordered_set>

namespace quipu::stores {
namespace {

Error unknown_group(const std::string& group) {
    return {ErrorCode::not_found, "group " + group + " is not known to the store; open it first"};
}

std::string place(const std::string& group, std::int64_t position) {
    return "position " + std::to_string(position) + " of group " + group;
}

}  // namespace

GroupPosition group_position(const std::string& group, const IntervalSet& finished) {
    GroupPosition out;
    out.group = group;
    out.position = finished.prefix();
    for (const auto& [first, last] : finished.ranges()) {
        for (std::int64_t position = std::max(first, out.position + 1); position <= last;
             ++position) {
            out.finished_above.push_back(position);
        }
    }
    return out;
}

void link_letter(std::vector<Parked>& park, const DeadLetter& letter, std::int64_t id) {
    for (Parked& entry : park) {
        if (entry.group == letter.group && entry.position == letter.record->position) {
            entry.letter = id;
        }
    }
}

Result<void> check_requeued(std::int64_t id, std::optional<DeadLetter::Status> status) {
    if (status == DeadLetter::Status::requeued) {
        return {};
    }
    const std::string name = "dead letter " + std::to_string(id);
    return fail(ErrorCode::conflict, status ? name + " is " + to_string(*status) + ", not requeued"
                                            : "there is no " + name);
}

Result<void> check_retry(const std::optional<Parked>& entry, const std::string& group,
                         std::int64_t position) {
    if (!entry) {
        return fail(ErrorCode::not_found, "group " + group + " has nothing parked at position " +
                                              std::to_string(position));
    }
    if (entry->held()) {
        return fail(ErrorCode::conflict, place(group, position) + " is held by dead letter " +
                                             std::to_string(entry->letter) +
                                             "; requeue or discard that");
    }
    return {};
}

std::string letter_problem(const Parked& entry, std::optional<DeadLetter::Status> status) {
    if (entry.letter == 0) {
        return entry.held() ? "is held by no dead letter" : "";
    }
    const std::string name = "dead letter " + std::to_string(entry.letter);
    if (!status) {
        return "names " + name + ", which is not of this record";
    }
    switch (*status) {
        case DeadLetter::Status::open:
            return entry.held() ? "" : "would be retried, although its " + name + " is open";
        case DeadLetter::Status::requeued:
            return entry.held() ? "is held, although its " + name + " is requeued" : "";
        case DeadLetter::Status::discarded:
        case DeadLetter::Status::resolved: break;
    }
    return "is still there, although its " + name + " is " + to_string(*status);
}

Result<void> check_groups(const Transaction& transaction, const GroupView& groups,
                          std::int64_t last_position) {
    for (const auto& parked : transaction.park) {
        if (!groups.known(parked.group)) {
            return std::unexpected(unknown_group(parked.group));
        }
    }
    if (transaction.finished.empty() && transaction.finished_ranges.empty()) {
        return {};
    }
    if (!groups.known(transaction.group)) {
        return std::unexpected(unknown_group(transaction.group));
    }
    const auto beyond = [&](std::int64_t position) {
        return fail(ErrorCode::invalid, place(transaction.group, position) +
                                            " cannot be finished: the log ends at " +
                                            std::to_string(last_position));
    };
    std::unordered_set<std::int64_t> seen;
    for (const std::int64_t position : transaction.finished) {
        if (position < 1 || position > last_position) {
            return beyond(position);
        }
        const bool twice = transaction.finished.size() > 1 && !seen.insert(position).second;
        if (twice || groups.finished(transaction.group, position)) {
            return fail(ErrorCode::conflict, place(transaction.group, position) +
                                                 " is finished already; its effects are not "
                                                 "stored again");
        }
    }
    for (const auto& [first, last] : transaction.finished_ranges) {
        if (last > last_position) {
            return beyond(last);
        }
    }
    return {};
}

}  // namespace quipu::stores
