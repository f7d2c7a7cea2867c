// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/codec/json.hpp"
#include "quipu/event/catalogue.hpp"

namespace everything {

// A struct with a field of every kind and presence, and random values of it.

enum class Color { red, green, default_, blue };
enum class Small : std::uint8_t { one, two };

struct Point {
    double x;
    quipu::Default<double> y = 2.5;

    friend bool operator==(const Point&, const Point&) = default;
};

struct Tree {
    std::string name;
    quipu::Default<std::vector<Tree>> children = {};

    friend bool operator==(const Tree&, const Tree&) = default;
};

struct Everything {
    static constexpr std::string_view event_type = "everything";
    bool flag;
    std::int8_t tiny;
    std::uint8_t byte;
    std::int16_t small;
    std::uint16_t word;
    std::int32_t medium;
    std::uint32_t dword;
    std::int64_t large;
    std::uint64_t huge;
    double real;
    std::string text;
    quipu::Time when;
    Color color;
    Small narrow;
    quipu::EventTypeName other;
    Point point;
    Tree tree;
    std::vector<std::string> words;
    std::vector<Point> points;
    std::vector<std::optional<std::int64_t>> holes;
    std::map<std::string, std::int64_t> counts;
    std::map<std::string, std::vector<Point>> routes;
    quipu::Json any;
    std::optional<std::string> perhaps = {};
    std::optional<Point> where = {};
    quipu::Default<std::string> name_ = "unnamed";
    quipu::Default<Color> shade = Color::blue;
    quipu::Default<std::vector<std::int64_t>> series = std::vector<std::int64_t>{1, 2};
    quipu::Nullable<std::string> told;
    quipu::Omittable<std::string> hint = {};
    quipu::Omittable<Point> corner = {};
    quipu::Extra extra = {};

    friend bool operator==(const Everything&, const Everything&) = default;
};

struct Tiny {
    static constexpr std::string_view event_type = "tiny";
    std::string text;
    quipu::Default<std::int64_t> count = 7;

    friend bool operator==(const Tiny&, const Tiny&) = default;
};

struct Events : quipu::Catalogue<Everything, Tiny> {};

class Random {
  public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t bits() { return engine_(); }
    std::size_t below(std::size_t limit) { return engine_() % limit; }
    bool chance(unsigned percent) { return below(100) < percent; }

    std::string text() {
        static const std::vector<std::string> pieces{"a",
                                                     "hello",
                                                     "\"",
                                                     "\\",
                                                     "/",
                                                     "\n",
                                                     "\t",
                                                     "\b",
                                                     "\x01",
                                                     "\x1f",
                                                     "\x7f",
                                                     "é",
                                                     "日本",
                                                     "🎉",
                                                     "0",
                                                     "{",
                                                     "}\r\n,",
                                                     ":",
                                                     "\u2028",
                                                     "longer words ",
                                                     std::string(1, '\0'),
                                                     " ",
                                                     "</x>",
                                                     "\xEF\xBF\xBD",
                                                     "sixteen characters and more"};
        std::string out;
        for (std::size_t n = below(chance(10) ? 40 : 4); n > 0; --n)
            out += pieces[below(pieces.size())];
        return out;
    }
    double real() {
        switch (below(5)) {
            case 0: return static_cast<double>(static_cast<std::int64_t>(bits()));
            case 1: return static_cast<double>(below(100000)) / 1000.0;
            case 2: return 0.0;
            case 3: return -static_cast<double>(below(1000));
            default: break;
        }
        for (;;) {
            const std::uint64_t word = bits();
            double value = 0;
            static_assert(sizeof value == sizeof word);
            __builtin_memcpy(&value, &word, sizeof value);
            if (value - value == 0) return value;
        }
    }
    template <class Integer>
    Integer integer() {
        switch (below(4)) {
            case 0: return std::numeric_limits<Integer>::min();
            case 1: return std::numeric_limits<Integer>::max();
            case 2: return static_cast<Integer>(below(100));
            default: return static_cast<Integer>(bits());
        }
    }
    quipu::Time time() {
        constexpr std::int64_t first = -62135596800LL * 1'000'000;
        constexpr std::uint64_t span = 315537897600ULL * 1'000'000;
        auto micros = first + static_cast<std::int64_t>(bits() % span);
        if (chance(50)) micros -= micros % 1'000'000;
        return quipu::Time{std::chrono::microseconds{micros}};
    }
    Point point() { return {real(), real()}; }
    Tree tree(unsigned depth) {
        Tree out{text(), {}};
        while (depth > 0 && chance(50)) out.children.push_back(tree(depth - 1));
        return out;
    }
    std::string json() {
        static const std::vector<std::string> values{"null",
                                                     "true",
                                                     "1",
                                                     "-12",
                                                     "1.5",
                                                     "1e+16",
                                                     "\"x\"",
                                                     "\"é\\n\"",
                                                     "[]",
                                                     "{}",
                                                     "[1,[2,{\"a\":null}]]",
                                                     "{\"a\":{\"b\":\"\"}}",
                                                     "123456789012345678901234567890"};
        return values[below(values.size())];
    }
    Everything everything();
    quipu::Event<Everything> event();

  private:
    std::mt19937_64 engine_;
};

inline Everything Random::everything() {
    Everything out{};
    out.flag = chance(50);
    out.tiny = integer<std::int8_t>();
    out.byte = integer<std::uint8_t>();
    out.small = integer<std::int16_t>();
    out.word = integer<std::uint16_t>();
    out.medium = integer<std::int32_t>();
    out.dword = integer<std::uint32_t>();
    out.large = integer<std::int64_t>();
    out.huge = integer<std::uint64_t>();
    out.real = real();
    out.text = text();
    out.when = time();
    out.color = static_cast<Color>(below(4));
    out.narrow = static_cast<Small>(below(2));
    out.other = chance(50) ? "tiny" : "everything";
    out.point = point();
    out.tree = tree(4);
    for (std::size_t n = below(4); n > 0; --n) out.words.push_back(text());
    for (std::size_t n = below(4); n > 0; --n) out.points.push_back(point());
    for (std::size_t n = below(4); n > 0; --n) {
        out.holes.push_back(chance(50) ? std::optional<std::int64_t>(integer<std::int64_t>())
                                       : std::nullopt);
    }
    for (std::size_t n = below(4); n > 0; --n) out.counts[text()] = integer<std::int64_t>();
    for (std::size_t n = below(3); n > 0; --n) out.routes[text()] = {point(), point()};
    out.any.text = json();
    if (chance(50)) out.perhaps = text();
    if (chance(50)) out.where = point();
    out.name_ = text();
    out.shade = static_cast<Color>(below(4));
    out.series.clear();
    for (std::size_t n = below(4); n > 0; --n) out.series.push_back(integer<std::int64_t>());
    if (chance(50)) out.told = text();
    if (chance(50)) out.hint = text();
    if (chance(50)) out.corner = point();
    if (chance(50)) out.extra.set("zz" + std::to_string(below(9)), json());
    if (chance(30)) out.extra.set("é\n", json());
    return out;
}

inline quipu::Event<Everything> Random::event() {
    quipu::Event<Everything> out;
    out.header.event_id = text();
    out.header.event_version = text();
    out.header.timestamp = time();
    if (chance(50)) out.header.aggregate_id = text();
    out.header.metadata.service_name = text();
    out.header.metadata.service_version = text();
    if (chance(50)) out.header.metadata.user_id = text();
    out.header.metadata.environment = static_cast<quipu::Environment>(below(4));
    out.data = everything();
    return out;
}

/// The text of a `tiny` event, with fields of its own and others after them.
inline std::string tiny(std::string_view more = R"(,"text":"t")") {
    return std::string(R"({"event_id":"i","event_type":"tiny","event_version":"1.0",)"
                       R"("timestamp":"2026-01-02T03:04:05Z","aggregate_id":null,"metadata":)"
                       R"({"service_name":"s","service_version":"1","environment":"test"})") +
           std::string(more) + "}";
}

}  // namespace everything
