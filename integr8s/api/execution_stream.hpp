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

/// The functions of the program that a stream uses.
struct StreamSource {
    quipu::Store& store;
    ExecutionFeed& feed;
    std::function<quipu::Result<ExecutionRow>(const std::string& execution_id)> execution;
    /// The result; empty if there is none yet.
    std::function<quipu::Result<std::optional<ResultView>>(const std::string& execution_id)> result;
};

/// One client's stream of one execution: a `status` frame with the current state, then the stored
/// events after position `after`, then live ones. The id of a frame is the event's position in the
/// log. The stream ends after result_stored (sent with the result) or result_failed, one of which
/// follows every end of an execution. A stream that is opened later sends all events and ends.
class ExecutionStream : public std::enable_shared_from_this<ExecutionStream> {
  public:
    /// Takes ownership of the stream and returns; its callbacks do the work. `source` is shared by
    /// all streams.
    static void open(quipu::SseStream stream, std::shared_ptr<const StreamSource> source,
                     std::string execution_id, std::int64_t after);

  private:
    ExecutionStream(quipu::SseStream stream, std::shared_ptr<const StreamSource> source,
                    std::string execution_id, std::int64_t after);

    void produce();
    // Each does a part of its phase; false if there is nothing to do at the moment.
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

    // Used by produce() only, whose calls never overlap.
    enum class Phase { status, history, live, over } phase_ = Phase::status;
    bool had_result_ = false;  // whether there was a result when the state was read
    bool ended_ = false;       // the event that ends the stream has been seen
    std::int64_t passed_ = 0;  // position of the last event seen
    std::string cursor_;
    std::size_t queued_bytes_ = 0;  // by this call of produce()
};

}  // namespace integr8s::api
