// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/notifier.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace integr8s::runtime {
namespace {

constexpr std::chrono::milliseconds first_delay{50};
constexpr std::chrono::milliseconds longest_delay{5'000};

bool accepts(const PodObserver& observer, const PodStatus& status) noexcept {
    try {
        return observer(status);
    } catch (...) {
        return false;
    }
}

}  // namespace

Notifier::Notifier() : thread_([this] { run(); }) {}

Notifier::~Notifier() {
    {
        const quipu::MutexLock lock(queue_mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Notifier::add(const PodStatus& status) {
    {
        const quipu::MutexLock lock(queue_mutex_);
        if (!attached_) return;
        queue_.push_back(status);
    }
    changed_.notify_all();
}

void Notifier::detach() {
    const quipu::MutexLock lock(queue_mutex_);
    attached_ = false;
    if (std::this_thread::get_id() == thread_.get_id()) return;
    changed_.wait(queue_mutex_, [&]() QUIPU_REQUIRES(queue_mutex_) { return !calling_; });
}

void Notifier::attach(PodObserver observer, std::vector<PodStatus> present) {
    {
        const quipu::MutexLock lock(queue_mutex_);
        observer_ = std::move(observer);
        attached_ = static_cast<bool>(observer_);
        refusals_.clear();
        if (!attached_) queue_.clear();
        if (attached_) {
            std::ranges::move(present, std::back_inserter(queue_));
        }
    }
    changed_.notify_all();
}

std::size_t Notifier::backlog() const {
    const quipu::MutexLock lock(queue_mutex_);
    return queue_.size();
}

/// The index of the first status whose pod is not waiting after a rejection; the queue's size, and
/// the time to look again, if there is none.
std::size_t Notifier::next_due(Clock::time_point now, Clock::time_point& wake) const {
    if (refusals_.empty()) return 0;
    for (std::size_t at = 0; at < queue_.size(); ++at) {
        const auto refusal = refusals_.find(queue_[at].pod_name);
        if (refusal == refusals_.end() || refusal->second.retry_at <= now) return at;
        wake = std::min(wake, refusal->second.retry_at);
    }
    return queue_.size();
}

void Notifier::run() {
    const quipu::MutexLock lock(queue_mutex_);
    while (!stopping_) {
        const auto now = Clock::now();
        auto wake = now + longest_delay;
        const std::size_t at = attached_ ? next_due(now, wake) : queue_.size();
        if (at < queue_.size()) {
            deliver(at);
        } else if (queue_.empty() || !attached_) {
            changed_.wait(queue_mutex_);
        } else {
            changed_.wait_until(queue_mutex_, wake);
        }
    }
}

void Notifier::deliver(std::size_t at) {
    const PodStatus status = queue_[at];
    const PodObserver observer = observer_;
    calling_ = true;
    queue_mutex_.unlock();
    const bool accepted = accepts(observer, status);
    queue_mutex_.lock();
    calling_ = false;
    changed_.notify_all();
    if (!accepted) {
        refused(status.pod_name);
        return;
    }
    refusals_.erase(status.pod_name);
    // Only this thread removes single entries, and other threads append, so the index is still
    // valid unless the queue was cleared, which makes it shorter.
    const auto same = [&](const PodStatus& other) {
        return other.pod_name == status.pod_name && other.phase == status.phase &&
               other.created_at == status.created_at;
    };
    const auto found = std::ranges::find_if(queue_, same);
    if (found != queue_.end()) queue_.erase(found);
}

void Notifier::refused(const std::string& pod_name) {
    Refusal& refusal = refusals_[pod_name];
    refusal.delay = std::clamp(refusal.delay * 2, first_delay, longest_delay);
    refusal.retry_at = Clock::now() + refusal.delay;
}

}  // namespace integr8s::runtime
