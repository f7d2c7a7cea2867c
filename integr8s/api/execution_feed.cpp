// SPDX-License-Identifier: Apache-2.0
#include "integr8s/api/execution_feed.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "quipu/codec/json.hpp"

namespace integr8s::api {
namespace {

constexpr std::chrono::milliseconds patience{1000};
constexpr std::size_t batch = 256;

struct Named {
    quipu::Default<std::string> execution_id = {};
};

std::string execution_id_of(const quipu::Record& record) {
    // The record was validated before it was stored, so its own size is the limit.
    quipu::DecodeOptions options;
    options.max_bytes = record.body.size() + 1;
    auto named = quipu::from_json<Named>(record.body, options);
    return named ? std::string(named->execution_id) : std::string{};
}

bool has_execution_id(const quipu::EventInfo& info) {
    return std::ranges::any_of(info.payload->fields,
                               [](const auto& field) { return field.name == "execution_id"; });
}

}  // namespace

ExecutionFeed::Subscription::Taken ExecutionFeed::Subscription::take(std::size_t limit) {
    const quipu::MutexLock lock(queue_mutex_);
    Taken taken;
    taken.dropped = std::exchange(dropped_, false);
    while (!queue_.empty() && taken.records.size() < limit) {
        taken.records.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    taken.more = !queue_.empty();
    return taken;
}

void ExecutionFeed::Subscription::offer(const quipu::RecordPtr& record, std::size_t queue_max) {
    {
        const quipu::MutexLock lock(queue_mutex_);
        if (queue_.size() >= queue_max) {
            queue_.clear();
            dropped_ = true;
        } else {
            queue_.push_back(record);
        }
    }
    wake_();
}

ExecutionFeed::ExecutionFeed(quipu::Store& store, const quipu::EventTypes& types,
                             std::size_t queue_max)
    : store_(store), queue_max_(std::max<std::size_t>(queue_max, 1)) {
    for (const quipu::EventInfo& info : types.all()) {
        if (has_execution_id(info)) types_with_id_.emplace(info.event_type);
    }
}

ExecutionFeed::~ExecutionFeed() {
    stop();
}

void ExecutionFeed::start() {
    position_ = store_.last_position();
    thread_ = std::jthread([this](const std::stop_token& token) { follow(token); });
}

void ExecutionFeed::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    store_.wake();
    thread_.join();
}

std::shared_ptr<ExecutionFeed::Subscription> ExecutionFeed::subscribe(std::string execution_id,
                                                                      std::function<void()> wake) {
    auto subscription = std::make_shared<Subscription>();
    subscription->wake_ = std::move(wake);
    const quipu::MutexLock lock(subscriptions_mutex_);
    remove_expired();
    subscriptions_.emplace(std::move(execution_id), subscription);
    return subscription;
}

std::size_t ExecutionFeed::subscribers() {
    const quipu::MutexLock lock(subscriptions_mutex_);
    remove_expired();
    return subscriptions_.size();
}

void ExecutionFeed::remove_expired() {
    std::erase_if(subscriptions_, [](const auto& entry) { return entry.second.expired(); });
}

void ExecutionFeed::follow(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const std::int64_t last = store_.wait_beyond(position_, patience);
        if (last <= position_ || stop.stop_requested() || advance(last)) continue;
        const quipu::MutexLock lock(subscriptions_mutex_);
        pause_.wait_for(subscriptions_mutex_, stop, patience, [] { return false; });
    }
}

bool ExecutionFeed::advance(std::int64_t last) {
    // A subscriber that comes from here on finds everything up to `last` in the store.
    if (subscribers() == 0) {
        position_ = last;
        return true;
    }
    const auto records = store_.read(position_, batch);
    if (!records) return false;
    hand_out(*records);
    position_ = records->empty() ? last : records->back()->position;
    return true;
}

void ExecutionFeed::hand_out(const std::vector<quipu::RecordPtr>& records) {
    for (const quipu::RecordPtr& record : records) {
        std::string execution_id;
        if (types_with_id_.contains(record->event_type)) execution_id = execution_id_of(*record);
        if (!execution_id.empty()) offer_to(execution_id, record);
        if (record->aggregate_id != execution_id) offer_to(record->aggregate_id, record);
    }
}

void ExecutionFeed::offer_to(std::string_view execution_id, const quipu::RecordPtr& record) {
    if (execution_id.empty()) return;
    std::vector<std::shared_ptr<Subscription>> takers;
    {
        const quipu::MutexLock lock(subscriptions_mutex_);
        const auto [first, end] = subscriptions_.equal_range(execution_id);
        for (auto entry = first; entry != end; ++entry) {
            if (auto taker = entry->second.lock()) takers.push_back(std::move(taker));
        }
    }
    for (const auto& taker : takers) {
        taker->offer(record, queue_max_);
    }
}

}  // namespace integr8s::api
