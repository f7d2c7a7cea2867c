// SPDX-License-Identifier: Apache-2.0
#include "quipu/delivery/runtime.hpp"

#include <algorithm>
#include <iterator>

#include "quipu/delivery/group/group.hpp"

namespace quipu {

DeliveryRuntime::DeliveryRuntime(Store& store, const EventTypes& types,
                                 std::vector<GroupBinding> groups, RuntimeOptions options)
    : options_(std::make_shared<const RuntimeOptions>(std::move(options))), store_(store) {
    for (GroupBinding& binding : groups) {
        groups_.push_back(std::make_shared<Group>(store, types, std::move(binding), options_));
    }
}

DeliveryRuntime::~DeliveryRuntime() {
    static_cast<void>(stop());
}

Result<void> DeliveryRuntime::start() {
    for (const auto& group : groups_) {
        if (auto opened = group->open(); !opened) return opened;
    }
    for (const auto& group : groups_) group->start();
    return {};
}

bool DeliveryRuntime::stop(std::chrono::milliseconds deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    for (const auto& group : groups_) group->request_stop();
    store_.wake();
    bool finished = true;
    for (const auto& group : groups_) finished = group->join(until) && finished;
    return finished;
}

bool DeliveryRuntime::drain(std::chrono::milliseconds timeout) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    while (true) {
        const std::int64_t last = store_.last_position();
        const bool idle = std::all_of(groups_.begin(), groups_.end(),
                                      [&](const auto& group) { return group->idle_at(last); });
        // A handler that was running may have published just before its group was seen idle.
        if (idle && store_.last_position() == last) return true;
        if (std::chrono::steady_clock::now() >= until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
}

void DeliveryRuntime::requeued(const DeadLetter& letter) {
    for (const auto& candidate : groups_) {
        if (candidate->name() == letter.group) candidate->requeued(letter);
    }
}

void DeliveryRuntime::retry_now(const Parked& entry) {
    for (const auto& candidate : groups_) {
        if (candidate->name() == entry.group) candidate->retry_now(entry.position);
    }
}

void DeliveryRuntime::discarded(const DeadLetter& letter) {
    for (const auto& candidate : groups_) {
        if (candidate->name() == letter.group) candidate->removed(letter.record->position);
    }
}

void DeliveryRuntime::rewound(const std::vector<Parked>& entries) {
    for (const auto& group : groups_) {
        std::vector<Parked> its;
        std::ranges::copy_if(entries, std::back_inserter(its),
                             [&](const Parked& entry) { return entry.group == group->name(); });
        if (!its.empty()) group->rewound(its);
    }
}

void DeliveryRuntime::archived(std::int64_t position) {
    for (const auto& group : groups_) group->removed(position);
}

std::vector<GroupStatus> DeliveryRuntime::status() const {
    std::vector<GroupStatus> all;
    all.reserve(groups_.size());
    for (const auto& group : groups_) all.push_back(group->status());
    return all;
}

}  // namespace quipu
