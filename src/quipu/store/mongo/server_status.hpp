// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "quipu/base/mutex.hpp"
#include "quipu/store/mongo/mongo_store.hpp"
#include "quipu/store/mongo/server.hpp"

namespace quipu::mongo {

/// Whether the server answers, as Store::health reports it; a notice for the operator at each
/// change. Thread-safe.
class ServerStatus {
  public:
    /// `options` must outlive it.
    explicit ServerStatus(const MongoOptions& options) : options_(options) {}
    /// A call succeeded. That a user may read does not mean that it may write.
    void succeeded(bool written);
    void failed(const ServerError& error);
    /// Empty when there is none.
    [[nodiscard]] std::string problem() const;

  private:
    const MongoOptions& options_;
    mutable Mutex mutex_;
    std::string problem_ QUIPU_GUARDED_BY(mutex_);
    bool access_denied_ QUIPU_GUARDED_BY(mutex_) = false;
};

}  // namespace quipu::mongo
