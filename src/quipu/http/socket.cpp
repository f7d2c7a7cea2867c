// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/socket.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

namespace quipu::http {
namespace {

constexpr std::chrono::milliseconds accept_pause{100};
constexpr int accepts_in_a_row = 64;  // before other connections get their turn

bool to_be_tried_again(int error) {
    return error == EAGAIN || error == EINTR;
}

}  // namespace

Socket::Socket(Loop& loop, Descriptor descriptor)
    : loop_(loop),
      descriptor_(std::move(descriptor)),
      watch_(loop, descriptor_.get(), [this](Watch::Ready ready) { on_ready(ready); }) {}

void Socket::read_some(std::span<char> into, Done done) {
    read_ = {into, std::move(done)};
    watch_reads_ = true;
    watch();
}

// Usually the system accepts all bytes at once, so writing is tried before waiting.
void Socket::write_some(std::string_view bytes, Done done) {
    write_ = {bytes, std::move(done)};
    if (Outcome outcome = try_write(); outcome.done) {
        loop_.defer([written = std::move(outcome)] { written.notify(); });
    }
    watch();
}

void Socket::shutdown_send() noexcept {
    ::shutdown(descriptor_.get(), SHUT_WR);
}

void Socket::close() {
    watch_.close();
    descriptor_.close();
    const Read read = std::exchange(read_, {});
    const Write write = std::exchange(write_, {});
}

void Socket::on_ready(Watch::Ready ready) {
    if (ready.read && !read_.done) watch_reads_ = false;
    const Outcome read = ready.read ? try_read() : Outcome{};
    const Outcome written = ready.write ? try_write() : Outcome{};
    watch();
    // The callback may destroy this socket.
    read.notify();
    written.notify();
}

Socket::Outcome Socket::try_read() {
    if (!read_.done) return {};
    const auto size = ::recv(descriptor_.get(), read_.into.data(), read_.into.size(), 0);
    if (size < 0 && to_be_tried_again(errno)) return {};
    if (size > 0) return {std::exchange(read_.done, nullptr), 0, static_cast<std::size_t>(size)};
    return {std::exchange(read_.done, nullptr), size == 0 ? EPIPE : errno};
}

Socket::Outcome Socket::try_write() {
    if (!write_.done) return {};
    const std::string_view bytes = write_.bytes;
    const auto size = ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && to_be_tried_again(errno)) return {};
    if (size < 0) return {std::exchange(write_.done, nullptr), errno};
    return {std::exchange(write_.done, nullptr), 0, static_cast<std::size_t>(size)};
}

void Socket::watch() {
    watch_.want(watch_reads_, write_.done != nullptr);
}

Acceptor::Acceptor(Loop& loop, Descriptor listening, Accepted accepted)
    : listening_(std::move(listening)),
      accepted_(std::move(accepted)),
      watch_(loop, listening_.get(), [this](Watch::Ready) { accept(); }),
      pause_(loop) {
    watch_.want(true, false);
}

void Acceptor::accept() {
    for (int taken = 0; taken < accepts_in_a_row; ++taken) {
        Descriptor connection(
            ::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (connection.get() < 0) {
            const int error = errno;
            watch_.want(true, false);
            // For example out of descriptors: the connection stays in the backlog until some are
            // free.
            if (!to_be_tried_again(error) && error != ECONNABORTED) pause();
            return;
        }
        try {
            accepted_(std::move(connection));
        } catch (const std::exception&) {  // for example if no more descriptors can be watched
            pause();
            return;
        }
    }
}

void Acceptor::pause() {
    watch_.want(false, false);
    pause_.start(Timer::Clock::now() + accept_pause, [this] { watch_.want(true, false); });
}

}  // namespace quipu::http
