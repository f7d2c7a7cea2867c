// SPDX-License-Identifier: Apache-2.0
#include "in_flight.hpp"

#include <utility>

namespace quipu {

void InFlight::insert(RecordPtr record, bool lost) {
    const std::int64_t position = record->position;
    remove(position);
    bytes_ += record->body.size();
    if (lost) ++lost_;
    sent_.emplace(position, Sent{std::move(record), lost});
}

void InFlight::mark_lost(std::int64_t position) {
    const auto found = sent_.find(position);
    if (found == sent_.end()) return;
    if (!std::exchange(found->second.lost, true)) ++lost_;
}

void InFlight::remove(std::int64_t position) {
    const auto found = sent_.find(position);
    if (found == sent_.end()) return;
    bytes_ -= found->second.record->body.size();
    if (found->second.lost) --lost_;
    sent_.erase(found);
}

void InFlight::clear() {
    sent_.clear();
    bytes_ = lost_ = 0;
}

std::vector<RecordPtr> InFlight::take_for_resend() {
    std::vector<RecordPtr> records;
    records.reserve(sent_.size());
    for (auto& [position, sent] : sent_) {
        sent.lost = false;
        records.push_back(sent.record);
    }
    lost_ = 0;
    return records;
}

std::optional<std::int64_t> InFlight::first() const {
    if (sent_.empty()) return std::nullopt;
    return sent_.begin()->first;
}

}  // namespace quipu
