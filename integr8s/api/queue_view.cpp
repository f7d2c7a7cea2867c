// SPDX-License-Identifier: Apache-2.0
#include "integr8s/api/queue_view.hpp"

#include <utility>

#include "integr8s/coordinator/documents.hpp"
#include "quipu/codec/json.hpp"

namespace integr8s::api {
namespace {

constexpr std::size_t slots_max = 1000;  // far more than any limit
constexpr std::size_t priority_count = static_cast<std::size_t>(QueuePriority::background) + 1;

}  // namespace

quipu::Result<QueueView> read_queue(quipu::Store& store, std::int64_t limit) {
    QueueView view;
    view.limit = limit;
    const auto slots = store.documents(SlotRow::collection, "", "", slots_max);
    if (!slots) return std::unexpected(slots.error());
    view.active = static_cast<std::int64_t>(slots->size());
    const auto document = store.document(QueueState::collection, "state");
    if (!document) return std::unexpected(document.error());
    QueueState state;
    if (*document) {
        auto read = quipu::from_json<QueueState>((*document)->body);
        if (!read) return quipu::fail(quipu::ErrorCode::corrupt, read.error().summary());
        state = std::move(*read);
    }
    for (std::size_t i = 0; i < priority_count; ++i) {
        const std::int64_t count = i < state.waiting.size() ? state.waiting[i] : 0;
        view.waiting += count;
        view.by_priority.push_back({static_cast<QueuePriority>(i), count});
    }
    return view;
}

}  // namespace integr8s::api
