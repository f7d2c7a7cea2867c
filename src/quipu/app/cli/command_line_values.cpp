// SPDX-License-Identifier: Apache-2.0
// How the texts of a command line become values.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "quipu/app/cli/text_output.hpp"
#include "quipu/app/command_line.hpp"

namespace quipu {
namespace {

using Range = CommandLine::Range;
using Taken = CommandLine::Taken;
using Texts = CommandLine::Texts;

/// The text in quotes, shortened and made printable.
std::string shown(std::string_view text) {
    return '\'' + printable(text.substr(0, 100)) + '\'';
}

std::string bound(double value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.begin(), text.end(), value, std::chars_format::fixed);
    return {text.data(), end.ptr};
}

std::string fault_of(Range range) {
    if (range.least == Range{}.least) return "must be at most " + bound(range.most);
    if (range.most == Range{}.most) return "must be at least " + bound(range.least);
    return "must be between " + bound(range.least) + " and " + bound(range.most);
}

template <class Number>
Taken take_number(const std::string& text, Number& to, Range range, const char* kind) {
    Number number{};
    const char* const end = text.data() + text.size();
    const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
    const auto read = std::from_chars(text.data() + (plus ? 1 : 0), end, number);
    if (read.ec == std::errc::result_out_of_range) {
        return std::unexpected(shown(text) + " is out of range");
    }
    const auto value = static_cast<double>(number);
    if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(value)) {
        return std::unexpected(shown(text) + " is not a " + kind);
    }
    if (value < range.least || value > range.most) return std::unexpected(fault_of(range));
    to = number;
    return {};
}

template <class Number>
CommandLine::Take take_whole(Number& to, Range range) {
    return [&to, range](const Texts& texts) {
        return take_number(texts.front(), to, range, "whole number");
    };
}

Range not_negative(Range range) {
    return {std::max(range.least, 0.0), range.most};
}

}  // namespace

CommandLine::Value::Value(std::string& to)
    : Value([&to](const Texts& texts) { return to = texts.front(), Taken(); }, false) {}

CommandLine::Value::Value(std::optional<std::string>& to)
    : Value([&to](const Texts& texts) { return to = texts.front(), Taken(); }, false) {}

CommandLine::Value::Value(std::filesystem::path& to)
    : Value([&to](const Texts& texts) { return to = texts.front(), Taken(); }, false) {}

CommandLine::Value::Value(int& to, Range range) : Value(take_whole(to, range), false, "INT") {}

CommandLine::Value::Value(std::int64_t& to, Range range)
    : Value(take_whole(to, range), false, "INT") {}

CommandLine::Value::Value(std::optional<std::int64_t>& to, Range range)
    : Value(
          [&to, range](const Texts& texts) -> Taken {
              std::int64_t number = 0;
              auto taken = take_number(texts.front(), number, range, "whole number");
              if (taken) to = number;
              return taken;
          },
          false, "INT") {}

CommandLine::Value::Value(std::size_t& to, Range range)
    : Value(
          [&to, range](const Texts& texts) -> Taken {
              std::int64_t number = 0;
              auto taken = take_number(texts.front(), number, not_negative(range), "whole number");
              if (taken) to = static_cast<std::size_t>(number);
              return taken;
          },
          false, "UINT") {}

CommandLine::Value::Value(double& to, Range range)
    : Value([&to,
             range](const Texts& texts) { return take_number(texts.front(), to, range, "number"); },
            false, "FLOAT") {}

CommandLine::Value::Value(std::vector<std::string>& to)
    : Value([&to](const Texts& texts) { return to = texts, Taken(); }, true) {}

CommandLine::Value::Value(std::vector<std::int64_t>& to)
    : Value(
          [&to](const Texts& texts) -> Taken {
              to.clear();
              for (const std::string& text : texts) {
                  auto taken = take_number(text, to.emplace_back(), Range{}, "whole number");
                  if (!taken) return taken;
              }
              return {};
          },
          true, "INT") {}

CommandLine::Value CommandLine::Value::one_of(std::string& to, Texts names) {
    return {[&to, names = std::move(names)](const Texts& texts) -> Taken {
                if (std::ranges::find(names, texts.front()) == names.end()) {
                    std::string all;
                    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
                    return std::unexpected(shown(texts.front()) + " is not one of " + all);
                }
                to = texts.front();
                return {};
            },
            false};
}

}  // namespace quipu
