// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace quipu::http {

using Task = std::function<void()>;

/// The event loop (libuv) of the thread that does a server's input and output. Timers, sockets and
/// acceptors must be destroyed before their loop and are used by its thread only.
class Loop {
  public:
    /// Throws std::system_error if the process is out of descriptors. libuv needs six, and aborts
    /// the program if the first loop finds only one or two.
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Runs events and tasks until quit().
    void run();
    /// Makes run() return after the current task. For the loop's thread.
    void quit();

    /// Runs `task` soon, but never within this call. For the loop's thread.
    void defer(Task task);

    /// Passes tasks to the loop's thread, in order. Thread-safe. A copy may outlive the loop; it
    /// then drops the tasks that it gets.
    class Poster {
      public:
        void operator()(Task task) const;

      private:
        friend class Loop;
        struct Mailbox;
        explicit Poster(std::shared_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}
        std::shared_ptr<Mailbox> mailbox_;
    };
    [[nodiscard]] const Poster& post() const noexcept { return post_; }

  private:
    friend class Timer;
    friend class Watch;
    struct Impl;

    std::unique_ptr<Impl> impl_;
    Poster post_;
};

/// Runs a task once, at a point in time.
class Timer {
  public:
    using Clock = std::chrono::steady_clock;

    explicit Timer(Loop& loop);
    ~Timer() { close(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// Starts the timer, or restarts it with a new time. It may fire up to 2 ms early.
    void start(Clock::time_point at, Task task);
    /// Ends the timer for good.
    void close();

  private:
    struct State;
    State* state_;  ///< the loop destroys it, after close()
};

/// Reports when a descriptor becomes readable or writable.
class Watch {
  public:
    struct Ready {
        bool read, write;
    };
    /// Called with both set after an error on the descriptor; reading or writing then returns it.
    using Notify = std::function<void(Ready)>;

    /// `descriptor` must stay open until close().
    Watch(Loop& loop, int descriptor, Notify notify);
    ~Watch() { close(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// Selects what is reported. A report is repeated while the condition holds.
    void want(bool read, bool write);
    /// Ends all reports.
    void close();

  private:
    struct State;
    State* state_;  ///< the loop destroys it, after close()
};

}  // namespace quipu::http
