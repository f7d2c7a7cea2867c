// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/flow.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quipu/app/commands/help_examples.hpp"

namespace quipu {

namespace flow_test {

enum class Size { small, large };
struct Address {
    std::string street;
    std::optional<std::string> house = {};
};
struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
    std::string order_id;
    Size size;
    Address address;
    std::vector<Address> more;
    Nullable<double> price;
    Time at;
    EventTypeName cause;
    Default<int> count = 1;
};
struct Ticked {
    static constexpr std::string_view event_type = "end";  // a word of Mermaid
};
struct Clock {
    static constexpr std::string_view group = "clock";
    static constexpr GroupOptions options{.tick_interval = std::chrono::seconds{1}};
    void on(const Event<OrderPlaced>&, Publishes<Ticked>&) {}
    void tick(Publishes<Ticked>&) {}
};
using Events = Catalogue<OrderPlaced, Terminal<Ticked>>;

}  // namespace flow_test

namespace {

using namespace flow_test;

AppDefinition definition(Clock& clock) {
    AppDefinition result;
    result.name = "program";
    result.types = &Events::types();
    result.groups = {bind_group<Events>(clock)};
    return result;
}

TEST(Flow, HoldsHandlersAndTicks) {
    Clock clock;
    const Flow flow = flow_of(definition(clock));
    ASSERT_EQ(flow.groups.size(), 1U);
    EXPECT_EQ(flow.groups[0].handles[0].event_type, "order_placed");
    EXPECT_THAT(flow.groups[0].handles[0].publishes, testing::ElementsAre("end"));
    EXPECT_THAT(flow.groups[0].tick_publishes, testing::ElementsAre("end"));
    EXPECT_TRUE(flow.events[1].terminal);
}

TEST(Flow, MermaidDrawsEachEdgeOnce) {
    Clock clock;
    EXPECT_EQ(to_mermaid(flow_of(definition(clock))),
              "flowchart LR\n"
              "    e0([\"order_placed\"])\n"
              "    e1([\"end\"]):::terminal\n"
              "    g0[\"clock\"]\n"
              "    e0 --> g0\n"
              "    g0 --> e1\n"
              "    classDef terminal stroke-width:3px\n"
              "    classDef external stroke-dasharray:4 4\n");
}

TEST(ExampleJson, HoldsEachMemberThatMustBePresent) {
    const std::string json = example_json(struct_info<OrderPlaced>(), Events::types());
    EXPECT_EQ(json, R"({"order_id":"abc","size":"small","address":{"street":"abc"},"more":[],)"
                    R"("price":1.5,"at":"2026-01-02T03:04:05Z","cause":"order_placed"})");
    EXPECT_TRUE(check_json(Events::types(), {}, "order_placed", json).has_value());
}

TEST(HelpExamples, UseTheProgramsNameAndItsShortestEvent) {
    const HelpExamples examples("program", Events::types());
    EXPECT_EQ(examples.filled("  $P publish $T '$J'"), "Examples:\n  program publish end '{}'");
}

}  // namespace
}  // namespace quipu
