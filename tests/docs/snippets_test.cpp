// SPDX-License-Identifier: Apache-2.0
// The C++ snippets of the documentation, in the order in which a reader meets them, and what the
// pages claim about them. snippets.py extracts them from the pages.
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "quipu/delivery/runtime.hpp"
#include "quipu/event/id.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"
#include "support/temp_directory.hpp"

// clang-format off
#include "define-an-event/order_placed.inc"
#include "define-an-event/catalogue.inc"
namespace with_index {
#include "define-an-event/indexed.inc"
}
namespace with_categories {
#include "define-an-event/category.inc"
}
#include "handle-events/billing.inc"
#include "handle-events/reminders.inc"
namespace changed {
#include "upgrade/new_field.inc"
}
// clang-format on

namespace {

TEST(DefineAnEvent, IndexedFieldsAreKnown) {
    EXPECT_THAT(quipu::Catalogue<with_index::OrderShipped>::types().indexed_fields(),
                testing::ElementsAre("carrier", "order_id"));
}

OrderPlaced example_order() {
#include "define-an-event/make_an_order.inc"
    return order;
}

std::string read_page(const std::string& name) {
    std::ifstream file(std::filesystem::path(QUIPU_DOCS) / name);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

// The one block of a page that begins with this fence, without its last line break.
std::string block_of(const std::string& page, const std::string& fence) {
    const std::string text = read_page(page);
    const std::size_t begin = text.find("\n```" + fence + '\n');
    if (begin == std::string::npos) return {};
    const std::size_t first = begin + fence.size() + 5;
    return text.substr(first, text.find("\n```", first) - first);
}

std::string without_field(std::string json, const std::string& field) {
    const std::size_t at = json.find(field);
    EXPECT_NE(at, std::string::npos) << field;
    return at == std::string::npos ? json : json.erase(at, field.size());
}

TEST(DefineAnEvent, TheWireFormatIsTheOneShown) {
    quipu::Event<OrderPlaced> event;
    event.header.event_id = "019b7d2c-1f00-7000-8000-000000000001";
    event.header.timestamp = *quipu::parse_time("2026-01-02T03:04:05Z");
    event.header.metadata = {.service_name = "shop", .service_version = "1.0"};
    event.data = example_order();
    EXPECT_EQ(*quipu::encode(event), block_of("define-an-event.md", "json"));
}

TEST(DefineAnEvent, AListWithAnInitialiserAloneIsRequiredOnTheWire) {
    struct Plain {
        std::vector<Channel> channels = {};
    };
    struct Defaulted {
        quipu::Default<std::vector<Channel>> channels = {};
    };
    const auto plain = quipu::from_json<Plain>("{}");
    ASSERT_FALSE(plain);
    EXPECT_EQ(plain.error().summary(), "channels: field required");
    const auto defaulted = quipu::from_json<Defaulted>("{}");
    ASSERT_TRUE(defaulted);
    EXPECT_TRUE(defaulted->channels.empty());
    const auto json = block_of("define-an-event.md", "json");
    EXPECT_TRUE(quipu::decode_as<OrderPlaced>(without_field(json, R"("channels":[],)")));
}

TEST(DefineAnEvent, TheTypeOfAFieldDecidesWhatIsAccepted) {
    struct Fields {
        std::int64_t required;
        std::optional<std::int64_t> nullable = {};
        quipu::Default<std::int64_t> defaulted = 3;
        quipu::Nullable<std::int64_t> must_be_given;
        quipu::Omittable<std::int64_t> omittable = {};
    };
    const auto least = quipu::from_json<Fields>(R"({"required":1,"must_be_given":null})");
    ASSERT_TRUE(least);
    EXPECT_EQ(*quipu::to_json(*least),
              R"({"required":1,"nullable":null,"defaulted":3,"must_be_given":null})");
    const auto nothing = quipu::from_json<Fields>("{}");
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().summary(), "required: field required; must_be_given: field required");
    const auto nulls = quipu::from_json<Fields>(
        R"({"required":null,"nullable":null,"defaulted":null,"must_be_given":1,"omittable":null})");
    ASSERT_FALSE(nulls);
    EXPECT_EQ(nulls.error().list.size(), 3U);
}

TEST(DefineAnEvent, EveryFaultIsReportedAsShown) {
    const std::string json = block_of("define-an-event.md", "json");
    const std::string bytes =
        without_field(without_field(json, R"("order_id":"o-1",)"), R"("total_cents":1250,)");
    const std::string shown = block_of("define-an-event.md", "cpp name=decode");
    std::ostringstream printed;
    auto* const before = std::cerr.rdbuf(printed.rdbuf());
    {
#include "define-an-event/decode.inc"
    }
    std::cerr.rdbuf(before);
    EXPECT_EQ(printed.str(), shown.substr(shown.find("// ") + 3) + '\n');
}

TEST(DefineAnEvent, TheCategoryGivesItsEventsTheirPolicy) {
    const quipu::EventTypes& types = with_categories::Events::types();
    EXPECT_EQ(types.find("order_placed")->category, "order");
    EXPECT_EQ(types.find("order_placed")->topic.partitions, 6);
    EXPECT_EQ(types.find("invoice_sent")->category, quipu::DefaultPolicy::name);

    using Nested = quipu::Catalogue<
        quipu::Category<with_categories::OrderPolicy,
                        quipu::Category<quipu::DefaultPolicy, quipu::Terminal<InvoiceSent>>>>;
    EXPECT_EQ(Nested::types().find("invoice_sent")->category, quipu::DefaultPolicy::name);
}

// What a program of before has written, and what one of now makes of it.
namespace before {
struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
    std::string order_id;
};
}  // namespace before
namespace with_required_field {
struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
    std::string order_id;
    std::string warehouse;
};
}  // namespace with_required_field

template <class T>
std::string encoded(T data) {
    quipu::Event<T> event;
    event.header.event_id = quipu::new_id();
    event.header.metadata = {.service_name = "shop", .service_version = "1.0"};
    event.data = std::move(data);
    return quipu::encode(event).value();
}

TEST(Upgrade, ANewRequiredFieldMakesStoredEventsUnreadable) {
    const std::string stored = encoded(before::OrderPlaced{.order_id = "o-1"});
    const auto event = quipu::decode_as<with_required_field::OrderPlaced>(stored);
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error().summary(), "order_placed.warehouse: field required");
}

TEST(Upgrade, ANewDefaultedOrOptionalFieldIsReadInBothDirections) {
    const std::string stored = encoded(before::OrderPlaced{.order_id = "o-1"});
    const auto read_now = quipu::decode_as<changed::OrderPlaced>(stored);
    ASSERT_TRUE(read_now) << read_now.error().summary();
    EXPECT_EQ((*read_now)->warehouse, "lima");
    EXPECT_FALSE((*read_now)->sales_person);

    const std::string sent = encoded(changed::OrderPlaced{.order_id = "o-2"});
    const auto read_before = quipu::decode_as<before::OrderPlaced>(sent);
    ASSERT_TRUE(read_before) << read_before.error().summary();
    EXPECT_EQ(*quipu::encode(*read_before), sent);
}

TEST(Upgrade, ARemovedRequiredFieldIsMissedByOldPrograms) {
    const std::string sent = encoded(before::OrderPlaced{.order_id = "o-1"});
    EXPECT_FALSE(quipu::decode_as<with_required_field::OrderPlaced>(sent));
    const std::string stored =
        encoded(with_required_field::OrderPlaced{.order_id = "o-1", .warehouse = "lima"});
    EXPECT_TRUE(quipu::decode_as<before::OrderPlaced>(stored));
}

// A store in a directory of its own, and what a program offers its services.
class HandleEvents : public testing::Test, public quipu::Running {
  protected:
    void SetUp() override {
        auto opened = quipu::open_sqlite_store({.path = directory_.path() / "orders.db"});
        ASSERT_TRUE(opened) << opened.error().message;
        store_ = std::move(*opened);
        raw_ = std::make_unique<quipu::RawPublisher>(*store_, Events::types(), producer_);
    }
    void TearDown() override {
        delivery_.reset();
        raw_.reset();
        store_.reset();
    }

    quipu::RawPublisher& publisher() override { return *raw_; }
    quipu::Store& store() override { return *store_; }
    quipu::DeliveryRuntime& delivery() override { return *delivery_; }
    quipu::HttpServer* http() override { return nullptr; }
    void log(std::string_view, std::string_view) override {}

    template <class... Groups>
    void handle(Groups&... groups) {
        quipu::RuntimeOptions options;
        options.producer = producer_;
        delivery_ = std::make_unique<quipu::DeliveryRuntime>(
            *store_, Events::types(),
            std::vector<quipu::GroupBinding>{quipu::bind_group<Events>(groups)...},
            std::move(options));
        ASSERT_TRUE(delivery_->start());
        ASSERT_TRUE(delivery_->drain(std::chrono::seconds{60}));
        delivery_->stop();
    }

    template <class T>
    std::optional<T> document(const std::string& key) {
        const auto found = store_->document(T::collection, key);
        if (!found || !*found) return std::nullopt;
        return *quipu::from_json<T>((*found)->body);
    }

    [[nodiscard]] quipu::RawPublisher* raw() { return raw_.get(); }

    std::string publish_as_shown() {
        Running& running = *this;
        const OrderPlaced order = example_order();
#include "handle-events/publish.inc"
        return published->event_id;
    }

  private:
    const quipu::Producer producer_{"shop", "1.0", quipu::Environment::test};
    quipu::test::TempDirectory directory_;
    std::unique_ptr<quipu::Store> store_;
    std::unique_ptr<quipu::RawPublisher> raw_;
    std::unique_ptr<quipu::DeliveryRuntime> delivery_;
};

TEST_F(HandleEvents, TheGroupsDoWhatThePageSays) {
    static_assert(quipu::check_groups<Events, Billing, Reminders>());
    const std::string id = publish_as_shown();
    Billing billing;
    Reminders reminders;
    handle(billing, reminders);

    EXPECT_EQ(document<Account>("ada")->owed_cents, 1250);
    EXPECT_GT(document<Deadline>("o-1")->due, quipu::now());
    const auto invoice = store().at(2);
    ASSERT_TRUE(invoice);
    ASSERT_TRUE(*invoice);
    EXPECT_EQ((*invoice)->event_type, "invoice_sent");
    EXPECT_EQ((*invoice)->key, "o-1");
    EXPECT_EQ((*store().find(id))->position, 1);
}

TEST_F(HandleEvents, ATickFindsADeadlineThatHasPassed) {
    const OrderPlaced order = example_order();
    quipu::Publisher<Events> publisher(*raw());
#include "handle-events/transact.inc"
    ASSERT_TRUE(committed);
    EXPECT_EQ(committed->appended.size(), 1U);
    ASSERT_TRUE(document<Deadline>("o-1"));

    Reminders reminders;
    auto binding = quipu::bind_group<Events>(reminders);
    ASSERT_NE(binding.tick, nullptr);
    ASSERT_TRUE(
        raw()->transact([&](quipu::Effects& effects) { binding.tick(&reminders, effects); }));
    EXPECT_FALSE(document<Deadline>("o-1"));
    EXPECT_EQ((*store().at(2))->event_type, "payment_overdue");
}

}  // namespace
