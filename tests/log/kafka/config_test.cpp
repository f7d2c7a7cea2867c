// SPDX-License-Identifier: Apache-2.0
#include <librdkafka/rdkafka.h>

#include "log/kafka/support.hpp"
#include "quipu/log/kafka/config.hpp"
#include "quipu/log/kafka/properties.hpp"
#include "quipu/log/kafka/secrets.hpp"

namespace quipu::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Result<kafka::Config> check(std::vector<std::pair<std::string, std::string>> properties,
                            std::string brokers = "localhost:9092") {
    KafkaOptions options;
    options.brokers = std::move(brokers);
    options.properties = std::move(properties);
    return kafka::Config::check(options);
}

std::string fault(const Result<kafka::Config>& config) {
    return config ? ""
                  : std::string(to_string(config.error().code)) + ": " + config.error().message;
}

std::string value(const kafka::Config& config, kafka::Role role, const char* name) {
    const auto conf = config.make(role);
    std::array<char, 512> text{};
    std::size_t size = text.size();
    if (rd_kafka_conf_get(conf.get(), name, text.data(), &size) == RD_KAFKA_CONF_OK) {
        return text.data();
    }
    return "unset";
}

TEST(KafkaConfig, PropertiesArePassedOnByName) {
    const auto config = check({{"linger.ms", "7"}, {"compression.type", "gzip"}});
    ASSERT_TRUE(config) << fault(config);
    EXPECT_EQ(value(*config, kafka::Role::producer, "linger.ms"), "7");
    EXPECT_EQ(value(*config, kafka::Role::producer, "compression.codec"), "gzip");
    EXPECT_EQ(value(*check({}), kafka::Role::producer, "linger.ms"), "1");
}

TEST(KafkaConfig, PropertyIsPassedOnlyToClientsThatKnowIt) {
    const auto config = check({{"fetch.min.bytes", "17"}, {"queue.buffering.max.messages", "170"}});
    ASSERT_TRUE(config) << fault(config);
    EXPECT_EQ(value(*config, kafka::Role::consumer, "fetch.min.bytes"), "17");
    EXPECT_EQ(value(*config, kafka::Role::producer, "fetch.min.bytes"), "1");
    EXPECT_EQ(value(*config, kafka::Role::producer, "queue.buffering.max.messages"), "170");
    EXPECT_EQ(value(*config, kafka::Role::consumer, "queue.buffering.max.messages"), "100000");
}

TEST(KafkaConfig, PropertiesThatDeliveryNeedsAreRejected) {
    const auto config = check({});
    EXPECT_EQ(value(*config, kafka::Role::producer, "enable.idempotence"), "true");
    EXPECT_EQ(value(*config, kafka::Role::consumer, "enable.auto.commit"), "false");
    EXPECT_EQ(value(*config, kafka::Role::consumer, "enable.auto.offset.store"), "false");
    EXPECT_EQ(value(*config, kafka::Role::consumer, "partition.assignment.strategy"), "range");
    EXPECT_EQ(value(*config, kafka::Role::consumer, "isolation.level"), "read_committed");
    for (const auto role : {kafka::Role::producer, kafka::Role::consumer, kafka::Role::control}) {
        EXPECT_EQ(value(*config, role, "allow.auto.create.topics"), "false");
    }
    for (const char* name :
         {"enable.idempotence", "acks", "request.required.acks", "enable.auto.commit",
          "enable.auto.offset.store", "group.id", "bootstrap.servers", "metadata.broker.list",
          "partition.assignment.strategy", "delivery.timeout.ms", "message.timeout.ms",
          "allow.auto.create.topics", "dr_msg_cb", "rebalance_cb", "opaque", "isolation.level"}) {
        EXPECT_THAT(fault(check({{name, "1"}})),
                    AllOf(HasSubstr("invalid: "), HasSubstr(name), HasSubstr("cannot be set: ")));
        EXPECT_TRUE(kafka::property_sides(name)) << name;
    }
}

TEST(KafkaConfig, PollIntervalLimitsTheWaitForALostJoinRequest) {
    const auto interval = [](std::vector<std::pair<std::string, std::string>> properties) {
        return value(*check(std::move(properties)), kafka::Role::consumer, "max.poll.interval.ms");
    };
    EXPECT_EQ(interval({}), "60000");
    EXPECT_EQ(interval({{"max.poll.interval.ms", "300000"}}), "300000");
    EXPECT_EQ(interval({{"session.timeout.ms", "90000"}}), "90000");
    EXPECT_EQ(interval({{"session.timeout.ms", "6000"}}), "60000");
}

TEST(KafkaConfig, UnknownPropertyGetsASuggestion) {
    EXPECT_EQ(fault(check({{"linger.msec", "1"}})),
              "invalid: there is no Kafka property linger.msec; did you mean linger.ms?");
    EXPECT_EQ(fault(check({{"sasl.pasword", "s3cret"}})),
              "invalid: there is no Kafka property sasl.pasword; did you mean sasl.password?");
    EXPECT_EQ(fault(check({{"zzzzzzzzzzzzzzzzzzzzzzzz", "1"}})),
              "invalid: there is no Kafka property zzzzzzzzzzzzzzzzzzzzzzzz");
    EXPECT_THAT(fault(check({{"ssl.truststore.location", "x.jks"}})), HasSubstr("ssl.ca.location"));
}

TEST(KafkaConfig, WrongValuesAreRefused) {
    EXPECT_THAT(fault(check({{"linger.ms", "soon"}})),
                AllOf(HasSubstr("invalid: "), HasSubstr("linger.ms")));
    EXPECT_THAT(fault(check({{"security.protocol", "secure"}})), HasSubstr("security.protocol"));
}

TEST(KafkaConfig, BrokerListIsValidated) {
    EXPECT_TRUE(check({}, "a:1,b.example:65535,[::1]:9092"));
    EXPECT_THAT(fault(check({}, "")), HasSubstr("'' is not host:port"));
    EXPECT_THAT(fault(check({}, "localhost")), HasSubstr("'localhost' is not host:port"));
    EXPECT_THAT(fault(check({}, "a:1,")), HasSubstr("'' is not host:port"));
    EXPECT_THAT(fault(check({}, "a:0")), HasSubstr("'0' is not a port"));
    EXPECT_THAT(fault(check({}, "a:65536")), HasSubstr("'65536' is not a port"));
    EXPECT_THAT(fault(check({}, "a:b")), HasSubstr("'b' is not a port"));
    EXPECT_THAT(fault(check({}, "::1:9092")), HasSubstr("'::1' is not a host"));
    EXPECT_THAT(fault(check({}, "kafka://a:1")), HasSubstr("write host:port"));
    EXPECT_THAT(fault(check({}, "me:hush@a:1")),
                AllOf(HasSubstr("sasl.username"), Not(HasSubstr("hush"))));
}

TEST(KafkaConfig, SettingsThatContradictEachOtherAreAnError) {
    KafkaOptions options;
    options.brokers = "127.0.0.1:1";
    options.properties = {{"max.in.flight", "50"}};
    const auto log = open_kafka_log(std::move(options));
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, ErrorCode::invalid);
    EXPECT_THAT(log.error().message, HasSubstr("max.in.flight"));
}

TEST(KafkaSecrets, AreMaskedAnywhereInAText) {
    kafka::Secrets secrets;
    secrets.add("");
    secrets.add("pass");
    secrets.add("password");
    EXPECT_EQ(secrets.mask("a password, a pass, passpass"), "a ***, a ***, ******");
    EXPECT_EQ(secrets.mask(""), "");
}

}  // namespace
}  // namespace quipu::test
