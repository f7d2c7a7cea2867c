// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace quipu {

namespace http {
class StreamHandle;
}

/// One server-sent event. Line breaks in `data` are sent as several data lines and arrive as "\n".
/// CR, LF and NUL cannot be sent in `id` and `event`, and are removed.
struct SseEvent {
    std::string id{};     ///< empty for none; a client resumes after the last id that it received
    std::string event{};  ///< the event's name; empty for none, which browsers call "message"
    std::string data{};
};

/// The producer's end of an event stream: a handle that can be copied and moved to any thread. All
/// functions are thread-safe and may be called at any time, also after the server has been
/// destroyed. The stream ends when close() is called, when the last handle is destroyed, when the
/// peer disconnects, when the peer reads so slowly that the queue overflows, and when the server
/// stops.
///
/// A producer that reads from a log needs no thread: its on_drain() callback pushes the next batch,
/// and whoever appends to the log calls wake(). A producer with a thread of its own calls push()
/// and wait_for_room() in turn.
class SseStream {
  public:
    explicit SseStream(std::shared_ptr<http::StreamHandle> handle) noexcept;

    /// Queues `event` without blocking. Returns false if the stream has ended or ends now because
    /// the queue is full. The queued events are then dropped; the peer can resume after the last
    /// one that it received by sending Last-Event-ID.
    bool push(const SseEvent& event) const;

    /// Waits until at least half of the queue is free. Returns false after `timeout` or when the
    /// stream has ended.
    [[nodiscard]] bool wait_for_room(std::chrono::milliseconds timeout) const;

    /// Ends the stream after the queued events have been sent.
    void close() const;

    /// Whether the stream has ended, so that nothing more can be sent.
    [[nodiscard]] bool closed() const;

    /// Sets a callback that is called on a handler thread whenever the queue has been written
    /// completely, after wake(), and soon after this call if nothing is queued. Calls for one
    /// stream never overlap. Replaces an earlier callback; the callback is destroyed when the
    /// stream ends. A handle captured by it keeps the stream open. An exception ends the stream.
    void on_drain(std::function<void()> callback) const;

    /// Schedules a call of the on_drain() callback for when nothing is queued. Never blocks.
    void wake() const;

    /// Sets a callback that is called once, on a handler thread, when the stream has ended for any
    /// reason and the on_drain() callback has returned for the last time. If the stream has ended
    /// already, it is called at once on this thread. Replaces an earlier callback.
    void on_close(std::function<void()> callback) const;

  private:
    std::shared_ptr<http::StreamHandle> handle_;
};

}  // namespace quipu
