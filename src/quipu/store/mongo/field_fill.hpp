// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/store/engine/fields.hpp"
#include "quipu/store/mongo/server.hpp"

namespace quipu::mongo {

/// The thread that adds the fields which this program declares to the events that were written
/// without them, a portion at a time. An event keeps the fields that its own writer declared, so
/// programs with different declarations complete each other. Any number of processes may do it at
/// once, and each may end at any time: an event's entries and the name of its set change together.
class FieldFill {
  public:
    /// The server must outlive it. `portion` is the number of events read and written at once. It
    /// runs until it is destroyed.
    FieldFill(Server& server, const IndexedFields& fields, std::size_t portion);

  private:
    void run(const std::stop_token& stop);
    /// Adds the fields to one portion. False when no event is left that lacks any.
    bool step();
    bool fill(const std::string& set, const std::vector<std::string>& its_paths);

    Server& server_;
    const IndexedFields& fields_;
    const std::size_t portion_;
    bool without_set_ = true;  ///< there may be events of versions that knew no sets
    Mutex mutex_;
    StoppableCondition stopping_;
    std::jthread thread_;
};

}  // namespace quipu::mongo
