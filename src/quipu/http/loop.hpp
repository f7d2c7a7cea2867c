// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace quipu::http {

using Task = std::function<void()>;

/// The event loop (libuv) of the one thread that does a server's input and output. What is made on
/// a loop (timers, sockets, acceptors) is destroyed before it, and is used by its thread alone.
class Loop {
  public:
    /// Throws std::system_error when the system has no descriptors left; libuv needs six, and ends
    /// the program when its first loop finds but one or two.
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Runs what is due, until quit().
    void run();
    /// For the loop's thread: run() returns when the task that calls this has.
    void quit();

    /// Runs `task` soon, but never inside of the call. For the loop's thread.
    void defer(Task task);

    /// Hands tasks to the loop's thread, in order, from any thread. A copy may outlive the loop;
    /// what it is given then is dropped.
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

    /// Takes the place of what it was started for before. It may fire up to 2 ms early.
    void start(Clock::time_point at, Task task);
    /// Ends it: nothing starts it again.
    void close();

  private:
    struct State;
    State* state_;  ///< the loop destroys it, after close()
};

/// Tells when a descriptor can be read or written.
class Watch {
  public:
    struct Ready {
        bool read, write;
    };
    /// Called with both set after an error on the descriptor, which reading or writing then tells.
    using Notify = std::function<void(Ready)>;

    /// `descriptor` stays open until close().
    Watch(Loop& loop, int descriptor, Notify notify);
    ~Watch() { close(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// What is told, again and again for as long as it is so.
    void want(bool read, bool write);
    /// Tells nothing from here on, whatever is wanted.
    void close();

  private:
    struct State;
    State* state_;  ///< the loop destroys it, after close()
};

}  // namespace quipu::http
