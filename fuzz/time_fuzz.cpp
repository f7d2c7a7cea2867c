// SPDX-License-Identifier: Apache-2.0
// Any text and number as a time. What is taken must be within the calendar and read back equal.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "check.hpp"
#include "quipu/event/time.hpp"
#include "quipu/event/time_text.hpp"

namespace {

using fuzz::check;

void check_time(quipu::Time time) {
    const std::string text = quipu::format_time(time);
    check(text.size() == 20 || text.size() == 27);
    check(quipu::parse_time(fuzz::planted() ? "1970-01-01T00:00:00Z" : text) == time);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto time = quipu::parse_time(text);
    if (time) check_time(*time);
    quipu::Time read;
    if (quipu::read_time(text, true, read) == quipu::TimeReading::ok) check_time(read);
    check(!time || *time == read);
    if (size >= 8) {
        double number = 0;
        std::int64_t integer = 0;
        std::memcpy(&number, data, sizeof number);
        std::memcpy(&integer, data, sizeof integer);
        if (const auto at = quipu::time_from_number(number)) check_time(*at);
        if (const auto at = quipu::time_from_number(integer)) check_time(*at);
        static_cast<void>(quipu::format_time(quipu::Time{std::chrono::microseconds{integer}}));
    }
    return 0;
}
