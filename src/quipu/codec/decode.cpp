// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/decoder.hpp"
#include "quipu/codec/json.hpp"

namespace quipu::detail {

std::expected<std::size_t, Faults> decode_event(std::string_view bytes, const EventTypes& types,
                                                Emplace emplace, void* any, Unknown& unknown,
                                                const DecodeOptions& options) {
    return codec::Decoder(bytes, &types, options).read_event(emplace, any, unknown);
}

std::expected<void, Faults> decode_struct(std::string_view bytes, const StructInfo& info,
                                          void* object, const DecodeOptions& options) {
    return codec::Decoder(bytes, nullptr, options).read_struct(info, object);
}

}  // namespace quipu::detail
