// SPDX-License-Identifier: Apache-2.0
#include "quipu/event/reflect.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "quipu/event/catalogue.hpp"
#include "quipu/event/header.hpp"

namespace {

using quipu::Kind;
using quipu::Presence;
using quipu::struct_info;

// Structs of 1 to 40 fields, a01 to a40, of sizes that leave gaps between them.
// NOLINTBEGIN(cppcoreguidelines-macro-usage)
#define MEMBERS_1 bool a01;
#define MEMBERS_2 MEMBERS_1 std::int64_t a02;
#define MEMBERS_3 MEMBERS_2 std::string a03;
#define MEMBERS_4 MEMBERS_3 double a04;
#define MEMBERS_5 MEMBERS_4 std::uint8_t a05;
#define MEMBERS_6 MEMBERS_5 std::vector<std::string> a06;
#define MEMBERS_7 MEMBERS_6 std::int32_t a07;
#define MEMBERS_8 MEMBERS_7 std::optional<double> a08;
#define MEMBERS_9 MEMBERS_8 bool a09;
#define MEMBERS_10 MEMBERS_9 std::int64_t a10;
#define MEMBERS_11 MEMBERS_10 std::string a11;
#define MEMBERS_12 MEMBERS_11 double a12;
#define MEMBERS_13 MEMBERS_12 std::uint8_t a13;
#define MEMBERS_14 MEMBERS_13 std::vector<std::string> a14;
#define MEMBERS_15 MEMBERS_14 std::int32_t a15;
#define MEMBERS_16 MEMBERS_15 std::optional<double> a16;
#define MEMBERS_17 MEMBERS_16 bool a17;
#define MEMBERS_18 MEMBERS_17 std::int64_t a18;
#define MEMBERS_19 MEMBERS_18 std::string a19;
#define MEMBERS_20 MEMBERS_19 double a20;
#define MEMBERS_21 MEMBERS_20 std::uint8_t a21;
#define MEMBERS_22 MEMBERS_21 std::vector<std::string> a22;
#define MEMBERS_23 MEMBERS_22 std::int32_t a23;
#define MEMBERS_24 MEMBERS_23 std::optional<double> a24;
#define MEMBERS_25 MEMBERS_24 bool a25;
#define MEMBERS_26 MEMBERS_25 std::int64_t a26;
#define MEMBERS_27 MEMBERS_26 std::string a27;
#define MEMBERS_28 MEMBERS_27 double a28;
#define MEMBERS_29 MEMBERS_28 std::uint8_t a29;
#define MEMBERS_30 MEMBERS_29 std::vector<std::string> a30;
#define MEMBERS_31 MEMBERS_30 std::int32_t a31;
#define MEMBERS_32 MEMBERS_31 std::optional<double> a32;
#define MEMBERS_33 MEMBERS_32 bool a33;
#define MEMBERS_34 MEMBERS_33 std::int64_t a34;
#define MEMBERS_35 MEMBERS_34 std::string a35;
#define MEMBERS_36 MEMBERS_35 double a36;
#define MEMBERS_37 MEMBERS_36 std::uint8_t a37;
#define MEMBERS_38 MEMBERS_37 std::vector<std::string> a38;
#define MEMBERS_39 MEMBERS_38 std::int32_t a39;
#define MEMBERS_40 MEMBERS_39 std::optional<double> a40;
struct S1 {
    MEMBERS_1
};
struct S2 {
    MEMBERS_2
};
struct S3 {
    MEMBERS_3
};
struct S4 {
    MEMBERS_4
};
struct S5 {
    MEMBERS_5
};
struct S6 {
    MEMBERS_6
};
struct S7 {
    MEMBERS_7
};
struct S8 {
    MEMBERS_8
};
struct S9 {
    MEMBERS_9
};
struct S10 {
    MEMBERS_10
};
struct S11 {
    MEMBERS_11
};
struct S12 {
    MEMBERS_12
};
struct S13 {
    MEMBERS_13
};
struct S14 {
    MEMBERS_14
};
struct S15 {
    MEMBERS_15
};
struct S16 {
    MEMBERS_16
};
struct S17 {
    MEMBERS_17
};
struct S18 {
    MEMBERS_18
};
struct S19 {
    MEMBERS_19
};
struct S20 {
    MEMBERS_20
};
struct S21 {
    MEMBERS_21
};
struct S22 {
    MEMBERS_22
};
struct S23 {
    MEMBERS_23
};
struct S24 {
    MEMBERS_24
};
struct S25 {
    MEMBERS_25
};
struct S26 {
    MEMBERS_26
};
struct S27 {
    MEMBERS_27
};
struct S28 {
    MEMBERS_28
};
struct S29 {
    MEMBERS_29
};
struct S30 {
    MEMBERS_30
};
struct S31 {
    MEMBERS_31
};
struct S32 {
    MEMBERS_32
};
struct S33 {
    MEMBERS_33
};
struct S34 {
    MEMBERS_34
};
struct S35 {
    MEMBERS_35
};
struct S36 {
    MEMBERS_36
};
struct S37 {
    MEMBERS_37
};
struct S38 {
    MEMBERS_38
};
struct S39 {
    MEMBERS_39
};
struct S40 {
    MEMBERS_40
};
// NOLINTEND(cppcoreguidelines-macro-usage)

using Sizes = std::tuple<S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, S12, S13, S14, S15, S16, S17,
                         S18, S19, S20, S21, S22, S23, S24, S25, S26, S27, S28, S29, S30, S31, S32,
                         S33, S34, S35, S36, S37, S38, S39, S40>;

template <class T>
void check_fields(std::size_t count) {
    const quipu::StructInfo& info = struct_info<T>();
    ASSERT_EQ(info.fields.size(), count);
    std::size_t end = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string name = (i < 9 ? "a0" : "a") + std::to_string(i + 1);
        const quipu::FieldInfo& field = info.fields[i];
        EXPECT_EQ(field.name, name);
        EXPECT_EQ(field.key, '"' + name + "\":");
        EXPECT_GE(field.offset, end);
        end = field.offset + 1;
        EXPECT_EQ(field.presence, i % 8 == 7 ? Presence::nullable : Presence::required);
    }
    EXPECT_LT(end, sizeof(T) + 1);
}

TEST(Reflect, StructsOfOneToFortyFields) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (check_fields<std::tuple_element_t<I, Sizes>>(I + 1), ...);
    }(std::make_index_sequence<std::tuple_size_v<Sizes>>{});
}

TEST(Reflect, FieldOffsetsMatchTheTable) {
    S8 object{};
    const quipu::StructInfo& info = struct_info<S8>();
    EXPECT_EQ(info.fields[0].in(&object), &object.a01);
    EXPECT_EQ(info.fields[1].in(&object), &object.a02);
    EXPECT_EQ(info.fields[2].in(&object), &object.a03);
    EXPECT_EQ(info.fields[5].in(&object), &object.a06);
    EXPECT_EQ(info.fields[7].in(&object), &object.a08);
}

struct None {};

TEST(Reflect, AStructWithoutFields) {
    EXPECT_TRUE(struct_info<None>().fields.empty());
}

enum class Word { class_, namespace_, plain };
enum class Wide : std::uint64_t { a, b };

struct Named {
    std::string namespace_;
    std::string stdout_;
    std::string a_b_c;
    Word word;
    quipu::Default<Word> defaulted = Word::plain;
    quipu::Nullable<Wide> wide;
    quipu::Omittable<std::vector<Word>> words;
    std::map<std::string, std::optional<Word>> map;
    quipu::Extra extra;
    quipu::Json json;
};

TEST(Reflect, DropsTheUnderscoreThatOnlyAvoidsAKeyword) {
    const quipu::StructInfo& info = struct_info<Named>();
    EXPECT_EQ(info.fields[0].name, "namespace");
    EXPECT_EQ(info.fields[1].name, "stdout");
    EXPECT_EQ(info.fields[2].name, "a_b_c");
    const std::vector<std::string_view> words{"class", "namespace", "plain"};
    EXPECT_EQ(info.fields[3].type->enumeration->values, words);
}

TEST(Reflect, KnowsKindsAndPresences) {
    const quipu::StructInfo& info = struct_info<Named>();
    ASSERT_EQ(info.fields.size(), 9U);
    const Named object{};
    EXPECT_EQ(reinterpret_cast<const char*>(&object) + info.extra_offset,
              reinterpret_cast<const char*>(&object.extra));
    EXPECT_EQ(info.fields[4].presence, Presence::defaulted);
    EXPECT_EQ(info.fields[5].presence, Presence::required_nullable);
    EXPECT_EQ(info.fields[5].type->enumeration->bytes, 8U);
    EXPECT_EQ(info.fields[6].presence, Presence::omittable);
    EXPECT_EQ(info.fields[6].type->kind, Kind::list);
    EXPECT_EQ(info.fields[6].type->element->kind, Kind::enumeration);
    EXPECT_EQ(info.fields[7].type->kind, Kind::map);
    EXPECT_NE(info.fields[7].type->element->optional, nullptr);
    EXPECT_EQ(info.fields[8].type->kind, Kind::json);
}

TEST(Reflect, DefaultsAreThoseOfTheInitialisers) {
    const auto& defaults = *static_cast<const Named*>(struct_info<Named>().defaults);
    EXPECT_EQ(defaults.defaulted, Word::plain);
    EXPECT_EQ(defaults.word, Word::class_);
}

TEST(Reflect, EnumsAreReadAndWrittenInTheirSize) {
    Wide wide = Wide::a;
    const quipu::EnumInfo& info = *struct_info<Named>().fields[5].type->enumeration;
    info.write(&wide, 1);
    EXPECT_EQ(wide, Wide::b);
    EXPECT_EQ(info.read(&wide), 1U);
}

TEST(Reflect, EventTypeIsTheSecondHeaderField) {
    const quipu::StructInfo& info = quipu::header_info();
    std::string names;
    for (const quipu::FieldInfo& field : info.fields) names += std::string(field.key);
    EXPECT_EQ(names,
              R"("event_id":"event_type":"event_version":"timestamp":"aggregate_id":"metadata":)");
    EXPECT_EQ(info.fields[1].type, nullptr);
    EXPECT_EQ(info.fields[0].presence, Presence::generated);
    EXPECT_EQ(info.fields[3].presence, Presence::generated);
}

}  // namespace
