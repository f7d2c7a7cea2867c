// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <thread>

#include "quipu/base/mutex.hpp"
#include "quipu/store/mongo/ledger.hpp"
#include "quipu/store/mongo/server_status.hpp"

namespace quipu::mongo {

/// The thread that takes in the commits of other processes, and completes those whose process died
/// before they were in the collections.
class Follower {
  public:
    /// The arguments must outlive it. It runs until it is destroyed.
    Follower(Ledger& ledger, ServerStatus& status);

  private:
    void run(const std::stop_token& stop);

    Ledger& ledger_;
    ServerStatus& status_;
    Mutex mutex_;
    StoppableCondition stopping_;
    std::jthread thread_;
};

}  // namespace quipu::mongo
