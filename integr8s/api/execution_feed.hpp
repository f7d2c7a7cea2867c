// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/event/catalogue.hpp"
#include "quipu/store/store.hpp"

namespace integr8s::api {

/// Delivers new events of single executions to subscribers. One thread follows the log for all of
/// them; without subscribers it reads nothing.
///
/// Every event of the execution is in the store when subscribe() returns, or is delivered here, or
/// both. It is delivered in log order and at most once. A reader that first subscribes, then
/// queries the store, and skips positions that it has already seen therefore gets each event
/// exactly once. The queue of a slow subscriber is dropped; it must then read from the store again.
class ExecutionFeed {
  public:
    class Subscription {
      public:
        struct Taken {
            std::vector<quipu::RecordPtr> records;  ///< in log order
            bool more = false;                      ///< more are queued: call again
            bool dropped = false;  ///< earlier ones were dropped: read them from the store
        };
        /// Takes at most `limit` queued records.
        [[nodiscard]] Taken take(std::size_t limit) QUIPU_EXCLUDES(queue_mutex_);

      private:
        friend class ExecutionFeed;
        void offer(const quipu::RecordPtr& record, std::size_t queue_max)
            QUIPU_EXCLUDES(queue_mutex_);

        quipu::Mutex queue_mutex_;
        std::deque<quipu::RecordPtr> queue_ QUIPU_GUARDED_BY(queue_mutex_);
        bool dropped_ QUIPU_GUARDED_BY(queue_mutex_) = false;
        std::function<void()> wake_;
    };

    /// Queues at most `queue_max` records per subscriber. Store and types must outlive the feed.
    ExecutionFeed(quipu::Store& store, const quipu::EventTypes& types, std::size_t queue_max = 256);
    ~ExecutionFeed();
    ExecutionFeed(const ExecutionFeed&) = delete;
    ExecutionFeed& operator=(const ExecutionFeed&) = delete;

    void start();
    /// Ends the thread. No `wake` is called after this returns.
    void stop();

    /// Subscribes to an execution until the returned pointer is destroyed. `wake` is called on the
    /// feed's thread when records have been queued; it must be short and must not call the feed.
    /// Thread-safe.
    [[nodiscard]] std::shared_ptr<Subscription> subscribe(std::string execution_id,
                                                          std::function<void()> wake)
        QUIPU_EXCLUDES(subscriptions_mutex_);

    [[nodiscard]] std::size_t subscribers() QUIPU_EXCLUDES(subscriptions_mutex_);

  private:
    using Subscriptions = std::multimap<std::string, std::weak_ptr<Subscription>, std::less<>>;

    void follow(const std::stop_token& stop);
    /// False if the store cannot be read.
    [[nodiscard]] bool advance(std::int64_t last);
    void hand_out(const std::vector<quipu::RecordPtr>& records);
    void offer_to(std::string_view execution_id, const quipu::RecordPtr& record)
        QUIPU_EXCLUDES(subscriptions_mutex_);
    void remove_expired() QUIPU_REQUIRES(subscriptions_mutex_);

    quipu::Store& store_;
    const std::size_t queue_max_;
    std::set<std::string, std::less<>> types_with_id_;  // whose body has an execution_id
    std::int64_t position_ = 0;                         // delivered up to here
    quipu::Mutex subscriptions_mutex_;
    quipu::StoppableCondition pause_;
    Subscriptions subscriptions_ QUIPU_GUARDED_BY(subscriptions_mutex_);
    std::jthread thread_;
};

}  // namespace integr8s::api
