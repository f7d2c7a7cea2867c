// SPDX-License-Identifier: Apache-2.0
// Any bytes as an event of the 57: what decodes becomes BSON that libbson finds valid.

#include <bson/bson.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "check.hpp"
#include "integr8s/events/catalogue.hpp"
#include "quipu/codec/bson.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view json(reinterpret_cast<const char*>(data), size);
    std::string document = quipu::event_document(integr8s::Events::types(), json);
    if (document.empty()) return 0;
    if (fuzz::planted()) document.pop_back();
    bson_t bson;
    const bool sound =
        bson_init_static(&bson, reinterpret_cast<const std::uint8_t*>(document.data()),
                         document.size()) &&
        bson_validate(
            &bson,
            static_cast<bson_validate_flags_t>(BSON_VALIDATE_UTF8 | BSON_VALIDATE_UTF8_ALLOW_NULL |
                                               BSON_VALIDATE_DOLLAR_KEYS | BSON_VALIDATE_DOT_KEYS),
            nullptr);
    fuzz::check(sound);
    return 0;
}
