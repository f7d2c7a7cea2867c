// SPDX-License-Identifier: Apache-2.0
#include "quipu/delivery/relay.hpp"

#include <utility>

#include "relay_impl.hpp"

namespace quipu {

Relay::Relay(Store& store, TopicLog& log, RelayOptions options)
    : impl_(std::make_shared<Impl>(store, log, std::move(options))) {}

Relay::~Relay() {
    impl_->stop(std::chrono::seconds{10});
}

Result<void> Relay::start() {
    return impl_->start();
}

void Relay::stop(std::chrono::milliseconds deadline) {
    impl_->stop(deadline);
}

bool Relay::wait_published(std::int64_t position, std::chrono::milliseconds timeout) {
    return impl_->wait_published(position, timeout);
}

RelayStatus Relay::status() const {
    return impl_->status();
}

}  // namespace quipu
