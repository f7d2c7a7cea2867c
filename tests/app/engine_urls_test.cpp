// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/engines/engine_urls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quipu/app/engines/secrets.hpp"

namespace quipu {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(StoreUrls, AcceptPathsAndFiles) {
    EXPECT_EQ(parse_store_url("orders.db")->file, "orders.db");
    EXPECT_EQ(parse_store_url("sqlite:a/b.db")->file, "a/b.db");
    EXPECT_EQ(parse_store_url("sqlite:/a:b.db")->file, "/a:b.db");
    EXPECT_EQ(parse_store_url("./a:b.db")->file, "./a:b.db");
}

TEST(StoreUrls, AcceptMongodb) {
    const auto url = parse_store_url("mongodb://u:p@a:1,b:2/orders?replicaSet=rs0&W=majority");
    ASSERT_TRUE(url.has_value()) << url.error();
    EXPECT_EQ(url->engine, StoreUrl::Engine::mongodb);
    EXPECT_EQ(url->shown(), "mongodb://u:***@a:1,b:2/orders?replicaSet=rs0&W=majority");
    EXPECT_TRUE(parse_store_url("mongodb+srv://u@cluster.example/orders").has_value());
}

TEST(StoreUrls, UnknownSchemeGetsASuggestion) {
    EXPECT_THAT(parse_store_url("mongo://h").error(), HasSubstr("the nearest is mongodb://HOST"));
    EXPECT_THAT(parse_store_url("sqlit:x").error(), HasSubstr("the nearest is sqlite:PATH"));
    EXPECT_THAT(parse_store_url("kafka://h").error(), HasSubstr("is a log, not a store"));
    EXPECT_THAT(parse_store_url("sqlite:").error(), HasSubstr("no path"));
    EXPECT_THAT(parse_store_url("sqlite://x.db").error(), HasSubstr("sqlite:PATH"));
    EXPECT_THAT(parse_store_url("mongodb:h").error(), HasSubstr("mongodb://HOST"));
    EXPECT_THAT(parse_store_url("mongodb://u:p@/x").error(), HasSubstr("no host"));
    EXPECT_THAT(parse_store_url("").error(), HasSubstr("empty"));
}

TEST(StoreUrls, UnknownOptionGetsASuggestion) {
    EXPECT_THAT(parse_store_url("mongodb://h/d?replicaset=a&replicSet=b").error(),
                AllOf(HasSubstr("no option 'replicSet'"), HasSubstr("the nearest is replicaSet")));
}

TEST(LogUrls, AcceptStoreAndKafka) {
    EXPECT_TRUE(parse_log_url("store")->in_store);
    const auto url = parse_log_url("kafka://a:9092,[::1]:9093/prod-?linger.ms=5&client.rack=a%20b");
    ASSERT_TRUE(url.has_value()) << url.error();
    EXPECT_EQ(url->brokers, "a:9092,[::1]:9093");
    EXPECT_EQ(url->prefix, "prod-");
    ASSERT_EQ(url->properties.size(), 2U);
    EXPECT_EQ(url->properties[1].second, "a b");
    EXPECT_EQ(url->shown(), "kafka://a:9092,[::1]:9093/prod-");
}

TEST(LogUrls, ErrorsSayWhatIsWrong) {
    EXPECT_THAT(parse_log_url("kafak://h").error(), HasSubstr("the nearest is kafka://HOST:PORT"));
    EXPECT_THAT(parse_log_url("stroe").error(), HasSubstr("the nearest is store"));
    EXPECT_THAT(parse_log_url("mongodb://h").error(), HasSubstr("is a store, not a log"));
    EXPECT_THAT(parse_log_url("kafka://").error(), HasSubstr("no host"));
    EXPECT_THAT(parse_log_url("kafka://h:x").error(), HasSubstr("port"));
    EXPECT_THAT(parse_log_url("kafka://h/orders-").error(), HasSubstr("write h:9092"));
    EXPECT_THAT(parse_log_url("kafka://a:1,[::1]").error(), HasSubstr("write [::1]:9092"));
    EXPECT_THAT(parse_log_url("kafka://h:70000").error(), HasSubstr("port"));
    EXPECT_THAT(parse_log_url("kafka://h:1/a/b").error(), HasSubstr("prefix"));
    EXPECT_THAT(parse_log_url("kafka:h").error(), HasSubstr("kafka://HOST"));
}

TEST(LogUrls, RejectSecretsWithoutRepeatingThem) {
    EXPECT_THAT(parse_log_url("kafka://u:hunter2@h:9092").error(),
                AllOf(HasSubstr("kafka.sasl.password"), Not(HasSubstr("hunter2"))));
    EXPECT_THAT(parse_log_url("kafka://h:1?sasl.password=hunter2").error(),
                AllOf(HasSubstr("does not belong in a URL"), Not(HasSubstr("hunter2"))));
}

TEST(Secrets, AreMaskedInUrls) {
    EXPECT_EQ(mask_url("mongodb://u:p@h/d"), "mongodb://u:***@h/d");
    EXPECT_EQ(mask_url("mongodb://u:p@ss w/rd@h/d"), "mongodb://u:***@h/d");
    EXPECT_EQ(mask_url("mongodb://u@h/d"), "mongodb://u@h/d");
    EXPECT_EQ(mask_url("mongodb://h:1/d"), "mongodb://h:1/d");
    EXPECT_EQ(mask_url("mongodb://h/d?tlsCertificateKeyFilePassword=x&w=1"),
              "mongodb://h/d?tlsCertificateKeyFilePassword=***&w=1");
    EXPECT_EQ(mask_url("orders.db"), "orders.db");
}

TEST(Secrets, AreMaskedWithinText) {
    EXPECT_EQ(mask_secrets("no answer from mongodb://u:p@h:1/d: refused, try 'mongodb://a:b@c'"),
              "no answer from mongodb://u:***@h:1/d: refused, try 'mongodb://a:***@c'");
    EXPECT_EQ(mask_secrets("nothing here"), "nothing here");
}

}  // namespace
}  // namespace quipu
