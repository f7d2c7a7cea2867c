// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/store.hpp"

#include <future>
#include <iterator>

namespace quipu {

const char* to_string(DeadLetter::Status status) noexcept {
    switch (status) {
        case DeadLetter::Status::open: return "open";
        case DeadLetter::Status::requeued: return "requeued";
        case DeadLetter::Status::discarded: return "discarded";
        case DeadLetter::Status::resolved: return "resolved";
    }
    return "open";
}

const char* to_string(DeadLetter::Step::What what) noexcept {
    switch (what) {
        case DeadLetter::Step::What::requeued: return "requeued";
        case DeadLetter::Step::What::discarded: return "discarded";
        case DeadLetter::Step::What::failed_again: return "failed again";
        case DeadLetter::Step::What::resolved: return "resolved";
    }
    return "requeued";
}

Result<std::vector<Parked>> Store::parked(const std::string& group) {
    constexpr std::size_t page = 1000;
    std::vector<Parked> all;
    while (true) {
        auto next = parked(group, all.empty() ? 0 : all.back().position, page);
        if (!next) return next;
        const bool last = next->size() < page;
        all.insert(all.end(), std::make_move_iterator(next->begin()),
                   std::make_move_iterator(next->end()));
        if (last) return all;
    }
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
