// SPDX-License-Identifier: Apache-2.0
// What the server's input and output do when the system has no more room.
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "http/testing.hpp"
#include "quipu/http/listen.hpp"
#include "quipu/http/socket.hpp"

namespace quipu::http {
namespace {

using http_testing::RawConnection;

TEST(HttpAcceptor, ContinuesAfterAConnectionThatCouldNotBeAccepted) {
    auto listener = listen_tcp({});
    ASSERT_TRUE(listener);
    Loop loop;
    int taken = 0;
    Acceptor acceptor(loop, std::move(listener->descriptor), [&](Descriptor connection) {
        if (++taken == 1) throw std::runtime_error("no room");
        EXPECT_EQ(::send(connection.get(), "hello", 5, MSG_NOSIGNAL), 5);
        loop.quit();
    });
    const std::jthread thread([&] { loop.run(); });
    RawConnection first(listener->port);
    RawConnection second(listener->port);
    EXPECT_EQ(first.read_all(), "");
    EXPECT_EQ(second.read_all(), "hello");
}

}  // namespace
}  // namespace quipu::http
