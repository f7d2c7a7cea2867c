// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/server_status.hpp"

namespace quipu::mongo {

void ServerStatus::succeeded(bool written) {
    const MutexLock lock(mutex_);
    if (!problem_.empty() && (written || !access_denied_)) {
        problem_.clear();
        if (options_.notice) {
            options_.notice("warning", "the MongoDB server answers again");
        }
    }
}

void ServerStatus::failed(const ServerError& error) {
    const MutexLock lock(mutex_);
    const bool first = problem_.empty();
    problem_ = error.what();
    access_denied_ = error.kind() == ServerError::Kind::access;
    if (first && options_.notice) {
        options_.notice("error", problem_);
    }
}

std::string ServerStatus::problem() const {
    const MutexLock lock(mutex_);
    return problem_;
}

}  // namespace quipu::mongo
