// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "quipu/base/descriptor.hpp"
#include "quipu/http/loop.hpp"

namespace quipu::http {

/// A connected socket, for the loop's thread. At most one read and one write are under way.
class Socket {
  public:
    /// An error number of the system or 0, and how many bytes. Never called inside of the call that
    /// it belongs to; may still be called once after close(), for what was done before.
    using Done = std::function<void(int error, std::size_t size)>;

    /// `descriptor` does not block. Throws std::system_error when it cannot be watched.
    Socket(Loop& loop, Descriptor descriptor);

    /// `done` gets at least one byte, or an error: EPIPE at the end of what the peer sends. `into`
    /// stays where it is until then.
    void read_some(std::span<char> into, Done done);
    /// As much of `bytes` as the system takes, at least one if there is one; they stay where they
    /// are until `done`.
    void write_some(std::string_view bytes, Done done);
    /// Tells the peer that nothing follows.
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

    /// Something that has been done, and who is to be told.
    struct Outcome {
        Done done;
        int error = 0;
        std::size_t size = 0;
        void tell() const {
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
    bool watch_reads_ = false;  ///< goes on between two reads: each change costs a system call
    Write write_;
};

/// Takes connections from a listening socket.
class Acceptor {
  public:
    using Accepted = std::function<void(Descriptor)>;

    /// `listening` does not block, nor do the descriptors that `accepted` gets. When that throws,
    /// nothing is accepted for a moment. Throws std::system_error when it cannot be watched.
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
