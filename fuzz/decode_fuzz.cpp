// SPDX-License-Identifier: Apache-2.0
// Any bytes as an event of the 57 and as a plain struct. What is taken must write back, and that
// must read back to the same text; strict mode takes nothing that lax mode refuses.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "check.hpp"
#include "integr8s/events/catalogue.hpp"
#include "quipu/base/text.hpp"
#include "quipu/codec/json.hpp"

namespace {

using fuzz::check;
using integr8s::Events;

struct Everything {
    quipu::Default<bool> flag = false;
    quipu::Default<std::int8_t> tiny = std::int8_t{0};
    quipu::Default<std::uint64_t> huge = std::uint64_t{0};
    quipu::Default<double> real = 0.0;
    std::optional<quipu::Time> when = {};
    std::map<std::string, std::vector<std::optional<std::string>>> map = {};
    quipu::Json any = {};
    quipu::Extra extra = {};
};

std::string canonical(std::string_view bytes) {
    Events::AnyEvent any;
    const auto text =
        quipu::detail::canonical_event(bytes, Events::types(), &Events::emplace, &any);
    return text ? *text : std::string();
}

void check_event(std::string_view bytes) {
    const auto lax = quipu::decode<Events>(bytes);
    quipu::DecodeOptions options;
    options.strict = true;
    const auto strict = quipu::decode<Events>(bytes, options);
    check(lax.has_value() || !strict.has_value());
    if (!lax) {
        check(!lax.error().list.empty());
        check(quipu::is_valid_utf8(lax.error().summary()));
    }
    const std::string once = canonical(bytes);
    // NaN and the infinities are written as null, which cannot be decoded as a double.
    if (once.empty() || once.find("_seconds\":null") != std::string::npos) return;
    check(canonical(once) == (fuzz::planted() ? once + ' ' : once));
}

void check_struct(std::string_view bytes) {
    const auto read = quipu::from_json<Everything>(bytes);
    if (!read || !std::isfinite(read->real)) return;
    const auto text = quipu::to_json(*read);
    check(text.has_value());
    const auto back = quipu::from_json<Everything>(*text);
    check(back.has_value());
    check(*quipu::to_json(*back) == *text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check_event(bytes);
    check_struct(bytes);
    std::string quoted;
    quipu::append_json_string(quoted, bytes);
    check(quipu::is_valid_utf8(quoted));
    return 0;
}
