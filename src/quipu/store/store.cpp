// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/store.hpp"

#include <future>

namespace quipu {

const char* to_string(DeadLetter::Status status) noexcept {
    switch (status) {
        case DeadLetter::Status::open: return "open";
        case DeadLetter::Status::requeued: return "requeued";
        case DeadLetter::Status::discarded: return "discarded";
    }
    return "open";
}

Result<Committed> Store::commit(Transaction transaction) {
    std::promise<Result<Committed>> promise;
    auto answer = promise.get_future();
    submit(std::move(transaction),
           [&promise](Result<Committed> result) { promise.set_value(std::move(result)); });
    return answer.get();
}

Result<std::vector<std::string>> Store::collections() {
    return fail(ErrorCode::invalid, "this store does not list its collections");
}

Result<void> Store::restore(const RestoreBatch& /*batch*/) {
    return fail(ErrorCode::invalid, "nothing can be promoted to this store");
}

}  // namespace quipu
