// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "quipu/base/descriptor.hpp"
#include "quipu/http/loop.hpp"

namespace quipu::http {

/// A connected socket, for the loop's thread. At most one read and one write are pending.
class Socket {
  public:
    /// Gets an error number of the system or 0, and the number of bytes. Never called within the
    /// call that starts the operation. May be called once after close(), for an operation that
    /// ended before it.
    using Done = std::function<void(int error, std::size_t size)>;

    /// `descriptor` must be non-blocking. Throws std::system_error if it cannot be watched.
    Socket(Loop& loop, Descriptor descriptor);

    /// Reads at least one byte, or fails; EPIPE means that the peer has stopped sending. `into`
    /// must stay valid until `done` is called.
    void read_some(std::span<char> into, Done done);
    /// Writes as many of `bytes` as the system accepts, at least one unless `bytes` is empty. They
    /// must stay valid until `done` is called.
    void write_some(std::string_view bytes, Done done);
    /// Signals the peer that nothing more follows.
    void shutdown_send() noexcept;
    void close();

    [[nodiscard]] const Loop::Poster& post() const noexcept { return loop_.post(); }

  private:
    struct Read {
        std::span<char> into;
        Done done;
    };
    struct Write {
        std::string_view bytes;
        Done done;
    };

    /// A finished operation and the callback that learns of it.
    struct Outcome {
        Done done;
        int error = 0;
        std::size_t size = 0;
        void notify() const {
            if (done) done(error, size);
        }
    };

    void on_ready(Watch::Ready ready);
    [[nodiscard]] Outcome try_read();
    [[nodiscard]] Outcome try_write();
    void watch();

    Loop& loop_;
    Descriptor descriptor_;
    Watch watch_;
    Read read_;
    bool watch_reads_ = false;  ///< kept between two reads: each change costs a system call
    Write write_;
};

/// Accepts connections of a listening socket.
class Acceptor {
  public:
    using Accepted = std::function<void(Descriptor)>;

    /// `listening` must be non-blocking, and so are the descriptors that `accepted` gets. If
    /// `accepted` throws, accepting pauses for a moment. Throws std::system_error if `listening`
    /// cannot be watched.
    Acceptor(Loop& loop, Descriptor listening, Accepted accepted);

  private:
    void accept();
    void pause();

    Descriptor listening_;
    Accepted accepted_;
    Watch watch_;
    Timer pause_;
};

}  // namespace quipu::http
