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

/// Tells whoever waits for the events of one execution that there are new ones. One thread follows
/// the log for all of them; with nobody waiting it reads nothing.
///
/// An event of the execution is in the store when subscribe() returns, or is delivered here, or
/// both; here in log order and at most once. So a reader that subscribes first, queries then, and
/// passes over positions that it has had, misses none and doubles none. Of one that does not keep
/// up the queue is dropped, and it goes back to the store.
class ExecutionFeed {
  public:
    class Subscription {
      public:
        struct Taken {
            std::vector<quipu::RecordPtr> records;  ///< in log order
            bool more = false;                      ///< the rest waits for the next call
            bool dropped = false;  ///< there were others before them, which the store has
        };
        /// Takes at most `limit` of what has come.
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

    /// `queue_max` records wait for one subscriber at most. Store and types must outlive the feed.
    ExecutionFeed(quipu::Store& store, const quipu::EventTypes& types, std::size_t queue_max = 256);
    ~ExecutionFeed();
    ExecutionFeed(const ExecutionFeed&) = delete;
    ExecutionFeed& operator=(const ExecutionFeed&) = delete;

    void start();
    /// No `wake` is called after the return.
    void stop();

    /// `wake` is called by the feed's thread after something came; it must be short and must not
    /// call the feed. The subscription ends when the pointer is let go of. Thread-safe.
    [[nodiscard]] std::shared_ptr<Subscription> subscribe(std::string execution_id,
                                                          std::function<void()> wake)
        QUIPU_EXCLUDES(subscriptions_mutex_);

    [[nodiscard]] std::size_t subscribers() QUIPU_EXCLUDES(subscriptions_mutex_);

  private:
    using Subscriptions = std::multimap<std::string, std::weak_ptr<Subscription>, std::less<>>;

    void follow(const std::stop_token& stop);
    /// False when the store could not be read.
    [[nodiscard]] bool advance(std::int64_t last);
    void hand_out(const std::vector<quipu::RecordPtr>& records);
    void offer_to(std::string_view execution_id, const quipu::RecordPtr& record)
        QUIPU_EXCLUDES(subscriptions_mutex_);
    void remove_expired() QUIPU_REQUIRES(subscriptions_mutex_);

    quipu::Store& store_;
    const std::size_t queue_max_;
    std::set<std::string, std::less<>> types_with_id_;  // whose body has an execution_id
    std::int64_t position_ = 0;                         // handed out up to here
    quipu::Mutex subscriptions_mutex_;
    quipu::StoppableCondition pause_;
    Subscriptions subscriptions_ QUIPU_GUARDED_BY(subscriptions_mutex_);
    std::jthread thread_;
};

}  // namespace integr8s::api
