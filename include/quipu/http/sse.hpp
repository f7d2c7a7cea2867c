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
/// CR, LF and NUL in `id` and `event` cannot be sent and are left out.
struct SseEvent {
    std::string id{};     ///< empty: none; a client resumes after the last id that it saw
    std::string event{};  ///< the event's name; empty: none, which a browser takes as "message"
    std::string data{};
};

/// The producer's end of an event stream: a handle that can be copied and moved to any thread. All
/// functions may be called from any thread at any time, also after the server is gone. The stream
/// ends when close() is called, when the last handle is destroyed, when the peer goes away, when
/// the peer reads too slowly for the bound on what is queued, and when the server stops.
///
/// A producer that reads from a log needs no thread: its on_drain() callback pushes the next batch
/// after its cursor, and whoever adds to the log calls wake(). A producer with a thread of its own
/// calls push() and wait_for_room() in turn.
class SseStream {
  public:
    explicit SseStream(std::shared_ptr<http::StreamHandle> handle) noexcept;

    /// Queues `event`; never blocks. False when the stream has ended, or ends now because the queue
    /// is full: the events that the peer did not get are gone, and it resumes with Last-Event-ID.
    bool push(const SseEvent& event) const;

    /// Waits until at least half of the queue is free: true. False on time-out and when the stream
    /// has ended.
    [[nodiscard]] bool wait_for_room(std::chrono::milliseconds timeout) const;

    /// Ends the stream after what is queued has been sent.
    void close() const;

    /// True when nothing more can be sent.
    [[nodiscard]] bool closed() const;

    /// `callback` is called on a handler thread soon after it is set if nothing is queued, after
    /// wake(), and each time all that was queued has been written. Calls for one stream never
    /// overlap. It replaces an earlier callback, and is let go when the stream ends. A handle kept
    /// inside it keeps the stream open. If it throws, the stream ends.
    void on_drain(std::function<void()> callback) const;

    /// Has the callback of on_drain() called as soon as nothing is queued. Never blocks.
    void wake() const;

    /// `callback` is called once, on a handler thread, when the stream has ended for whatever
    /// reason, after the last call of on_drain()'s; at once on this thread if it has ended already.
    /// It replaces an earlier callback.
    void on_close(std::function<void()> callback) const;

  private:
    std::shared_ptr<http::StreamHandle> handle_;
};

}  // namespace quipu
