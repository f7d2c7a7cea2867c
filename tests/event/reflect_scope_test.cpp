// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "quipu/event/reflect.hpp"

// Names must come out the same wherever a type is declared: compilers print scopes with brackets
// and commas of their own.
namespace {

using ::testing::ElementsAre;

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

std::vector<std::string_view> field_names(const quipu::StructInfo& info) {
    std::vector<std::string_view> names;
    for (const quipu::FieldInfo& field : info.fields) names.push_back(field.name);
    return names;
}

TEST(ReflectScope, AnonymousNamespace) {
    const quipu::StructInfo& info = quipu::struct_info<Hidden>();
    ASSERT_THAT(field_names(info), ElementsAre("name", "colour", "items"));
    EXPECT_THAT(info.fields[1].type->enumeration->values, ElementsAre("red", "green"));
    EXPECT_THAT(field_names(info.fields[2].type->element->structure()),
                ElementsAre("first", "second"));
}

TEST(ReflectScope, InsideAFunction) {
    enum class Size { small, large };
    struct Local {
        std::string field;
        Size size;
    };
    const quipu::StructInfo& info = quipu::struct_info<Local>();
    ASSERT_THAT(field_names(info), ElementsAre("field", "size"));
    EXPECT_THAT(info.fields[1].type->enumeration->values, ElementsAre("small", "large"));
}

TEST(ReflectScope, InsideATemplate) {
    const quipu::StructInfo& info = quipu::struct_info<Scope<std::string, Hidden>::Inner>();
    EXPECT_THAT(field_names(info), ElementsAre("first", "second"));
}

}  // namespace
