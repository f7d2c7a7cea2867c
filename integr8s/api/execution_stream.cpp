// SPDX-License-Identifier: Apache-2.0
#include "integr8s/api/execution_stream.hpp"

#include <utility>

#include "integr8s/events/result.hpp"
#include "quipu/codec/json.hpp"

namespace integr8s::api {
namespace {

constexpr std::size_t page = 32;
/// The limit of bytes queued at a time, so that a slow reader costs little memory.
constexpr std::size_t bytes_at_a_time = 256 * 1024;

bool is_end(const quipu::Record& record) {
    return record.event_type == ResultStored::event_type ||
           record.event_type == ResultFailed::event_type;
}

}  // namespace

void ExecutionStream::open(quipu::SseStream stream, std::shared_ptr<const StreamSource> source,
                           std::string execution_id, std::int64_t after) {
    const std::shared_ptr<ExecutionStream> self(
        new ExecutionStream(std::move(stream), std::move(source), std::move(execution_id), after));
    // The stream owns the callback, and thereby this object, until it ends.
    self->subscription_ =
        self->source_->feed.subscribe(self->execution_id_, [weak = self->weak_from_this()] {
            if (const auto alive = weak.lock()) alive->stream_.wake();
        });
    self->stream_.on_drain([self] { self->produce(); });
}

ExecutionStream::ExecutionStream(quipu::SseStream stream,
                                 std::shared_ptr<const StreamSource> source,
                                 std::string execution_id, std::int64_t after)
    : stream_(std::move(stream)),
      source_(std::move(source)),
      execution_id_(std::move(execution_id)),
      after_(after) {}

void ExecutionStream::produce() {
    queued_bytes_ = 0;
    bool more = true;
    // The next call comes when the queued frames have been written.
    while (more && queued_bytes_ < bytes_at_a_time) {
        switch (phase_) {
            case Phase::status: more = send_status(); break;
            case Phase::history: more = send_history(); break;
            case Phase::live: more = send_live(); break;
            case Phase::over: more = false; break;
        }
    }
}

bool ExecutionStream::send_status() {
    const auto row = source_->execution(execution_id_);
    const auto result = source_->result(execution_id_);
    if (!row || !result) return finish();
    had_result_ = result->has_value();
    const FrameView frame{.event_type = "status",
                          .execution_id = execution_id_,
                          .timestamp = row->updated_at,
                          .status = row->status};
    stream_.push({{}, "status", quipu::to_json(frame).value_or("{}")});
    phase_ = Phase::history;
    return true;
}

bool ExecutionStream::send_history() {
    quipu::EventQuery query;
    query.where = {quipu::where_text("execution_id", execution_id_)};
    query.limit = page;
    query.cursor = cursor_;
    const auto found = source_->store.query(query);
    if (!found) return finish();
    for (const quipu::Record& record : found->records) send(record);
    cursor_ = found->next_cursor;
    if (!cursor_.empty()) return true;
    // If the result was there before the events were read, its own event may have expired.
    if (ended_ || had_result_) return finish();
    phase_ = Phase::live;
    return true;
}

bool ExecutionStream::send_live() {
    const auto taken = subscription_->take(page);
    if (taken.dropped) {
        phase_ = Phase::history;
        return true;
    }
    for (const quipu::RecordPtr& record : taken.records) {
        send(*record);
        if (ended_) return finish();
    }
    return taken.more;
}

void ExecutionStream::send(const quipu::Record& record) {
    if (record.position <= passed_) return;
    passed_ = record.position;
    if (record.position > after_) {
        FrameView frame = frame_view(record, execution_id_);
        if (record.event_type == ResultStored::event_type) {
            if (auto result = source_->result(execution_id_)) frame.result = std::move(*result);
        }
        auto data = quipu::to_json(frame).value_or("{}");
        queued_bytes_ += data.size();
        stream_.push({std::to_string(record.position), record.event_type, std::move(data)});
    }
    ended_ = ended_ || is_end(record);
}

bool ExecutionStream::finish() {
    phase_ = Phase::over;
    stream_.close();
    return false;
}

}  // namespace integr8s::api
