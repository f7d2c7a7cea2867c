// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "integr8s/api/execution_feed.hpp"
#include "integr8s/api/views.hpp"
#include "quipu/base/error.hpp"
#include "quipu/http/sse.hpp"
#include "quipu/store/store.hpp"

namespace integr8s::api {

/// What a stream asks of the program around it.
struct StreamSource {
    quipu::Store& store;
    ExecutionFeed& feed;
    std::function<quipu::Result<ExecutionRow>(const std::string& execution_id)> execution;
    /// Empty as long as there is none.
    std::function<quipu::Result<std::optional<ResultView>>(const std::string& execution_id)> result;
};

/// One client's view of one execution: a `status` frame with the state, then every event beyond
/// `after` from the store, then live ones, each under its position in the log as id. The stream
/// ends after result_stored (sent with the result) or result_failed, which follow every end of an
/// execution; opened later, it sends all that there is and ends.
class ExecutionStream : public std::enable_shared_from_this<ExecutionStream> {
  public:
    /// Takes the stream over and returns; the work is done by its callbacks. `source` is shared
    /// with every stream.
    static void open(quipu::SseStream stream, std::shared_ptr<const StreamSource> source,
                     std::string execution_id, std::int64_t after);

  private:
    ExecutionStream(quipu::SseStream stream, std::shared_ptr<const StreamSource> source,
                    std::string execution_id, std::int64_t after);

    void produce();
    // Each does a piece of its phase; false when there is nothing more to do for the moment.
    bool send_status();
    bool send_history();
    bool send_live();
    void send(const quipu::Record& record);
    bool finish();

    quipu::SseStream stream_;
    std::shared_ptr<const StreamSource> source_;
    const std::string execution_id_;
    const std::int64_t after_;
    std::shared_ptr<ExecutionFeed::Subscription> subscription_;

    // Only produce() touches these; its calls never overlap.
    enum class Phase { status, history, live, over } phase_ = Phase::status;
    bool had_result_ = false;  // when the state was read
    bool ended_ = false;       // the event that ends the stream was seen
    std::int64_t passed_ = 0;  // position of the last event seen here
    std::string cursor_;
    std::size_t queued_bytes_ = 0;  // by this call of produce()
};

}  // namespace integr8s::api
