// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "quipu/codec/json.hpp"

// Names must come out the same wherever a type is declared: compilers print scopes with brackets
// and commas of their own.
namespace {

enum class Colour { red, green };

template <class... T>
struct Scope {
    struct Inner {
        std::string first;
        int second;
    };
};

struct Hidden {
    std::string name;
    Colour colour;
    std::vector<Scope<int, Colour>::Inner> items;
};

TEST(ReflectScope, AnonymousNamespace) {
    const Hidden hidden{"a", Colour::green, {{"x", 1}}};
    const auto text = quipu::to_json(hidden);
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, R"({"name":"a","colour":"green","items":[{"first":"x","second":1}]})");
    const auto read = quipu::from_json<Hidden>(*text);
    ASSERT_TRUE(read) << read.error().summary();
    EXPECT_EQ(read->colour, Colour::green);
}

TEST(ReflectScope, InsideAFunction) {
    enum class Size { small, large };
    struct Local {
        std::string field;
        Size size;
    };
    const auto text = quipu::to_json(Local{"a", Size::large});
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, R"({"field":"a","size":"large"})");
}

TEST(ReflectScope, InsideATemplate) {
    const auto text = quipu::to_json(Scope<std::string, Hidden>::Inner{"a", 2});
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, R"({"first":"a","second":2})");
}

}  // namespace
