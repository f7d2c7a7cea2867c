// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/patience.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace quipu::kafka {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Pauses that grow from one attempt to the next, until `end`.
class Turns {
  public:
    explicit Turns(milliseconds within) : end_(Clock::now() + within) {}

    /// False once `end` has passed.
    bool next() {
        const auto left = end_ - Clock::now();
        if (left <= Clock::duration::zero()) {
            return false;
        }
        std::this_thread::sleep_for(std::min<Clock::duration>(pause_, left));
        pause_ = std::min(pause_ * 2, milliseconds(1'000));
        return true;
    }

  private:
    Clock::time_point end_;
    milliseconds pause_{50};
};

}  // namespace

Result<TopicErrors> create_when_ready(
    std::vector<std::string> topics,
    const std::function<Result<TopicErrors>(const std::vector<std::string>&)>& create,
    milliseconds within) {
    auto errors = create(topics);
    Turns turns(within);
    while (errors) {
        std::erase_if(topics, [&](const std::string& topic) {
            const auto error = errors->find(topic);
            return error == errors->end() || !error->second.retryable();
        });
        if (topics.empty() || !turns.next()) {
            break;
        }
        auto again = create(topics);
        for (const std::string& topic : topics) {
            if (!again) {
                errors->insert_or_assign(topic, again.error());
            } else if (const auto error = again->find(topic);
                       error == again->end() || error->second.code == ErrorCode::conflict) {
                errors->erase(topic);
            } else {
                errors->insert_or_assign(topic, error->second);
            }
        }
    }
    return errors;
}

std::vector<std::string> wait_until_listed(
    std::vector<std::string> topics,
    const std::function<void(std::vector<std::string>&)>& take_listed, milliseconds within) {
    Turns turns(within);
    do {
        take_listed(topics);
    } while (!topics.empty() && turns.next());
    return topics;
}

}  // namespace quipu::kafka
