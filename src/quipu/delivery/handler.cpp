// SPDX-License-Identifier: Apache-2.0
#include "quipu/delivery/handler.hpp"

#include <utility>

#include "quipu/codec/json.hpp"

namespace quipu::detail {

void decode_record(const Record& record, const EventTypes& types, Emplace emplace, void* event) {
    Unknown unknown;
    auto read =
        decode_event(record.body, types, emplace, event, unknown, {.allow_unknown_types = false});
    if (!read) throw Undecodable(std::move(read.error()));
}

}  // namespace quipu::detail
