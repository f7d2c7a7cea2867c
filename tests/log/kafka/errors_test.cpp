// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/errors.hpp"

#include "log/kafka/support.hpp"

namespace quipu::kafka {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(KafkaErrors, ARefusedConnectionNamesTheAddress) {
    const auto found = explain(RD_KAFKA_RESP_ERR__TRANSPORT,
                               "sasl_ssl://10.0.0.1:9093/bootstrap: Connect to ipv4#10.0.0.1:9093 "
                               "failed: Connection refused (after 0ms in state CONNECT)");
    EXPECT_EQ(found.trouble, Trouble::unreachable);
    EXPECT_EQ(found.error.code, ErrorCode::unavailable);
    EXPECT_EQ(found.error.message,
              "10.0.0.1:9093 does not answer: Connect to ipv4#10.0.0.1:9093 failed: Connection "
              "refused; is a broker running there, and is the address right?");
}

TEST(KafkaErrors, RejectedLoginIsNotReportedAsUnreachable) {
    const auto found = explain(RD_KAFKA_RESP_ERR__AUTHENTICATION,
                               "sasl_plaintext://h:1/bootstrap: SASL authentication error: "
                               "Authentication failed (after 309ms in state AUTH_REQ)");
    EXPECT_EQ(found.trouble, Trouble::credentials);
    EXPECT_EQ(found.error.code, ErrorCode::invalid);
    EXPECT_THAT(found.error.message, AllOf(HasSubstr("h:1 rejects the login"),
                                           HasSubstr("sasl.password"), Not(HasSubstr("309ms"))));
}

TEST(KafkaErrors, AnUntrustedCertificateNamesTheProperty) {
    const auto found = explain(RD_KAFKA_RESP_ERR__SSL,
                               "ssl://h:1/bootstrap: SSL handshake failed: certificate verify "
                               "failed (after 4ms in state SSL_HANDSHAKE)");
    EXPECT_EQ(found.trouble, Trouble::tls);
    EXPECT_THAT(found.error.message, HasSubstr("set ssl.ca.location"));
}

TEST(KafkaErrors, PlainTextToATlsListenerIsRecognised) {
    const auto found = explain(
        RD_KAFKA_RESP_ERR__TRANSPORT,
        "h:1/bootstrap: Disconnected while requesting ApiVersion: might be caused by incorrect "
        "security.protocol configuration (connecting to a SSL listener?)");
    EXPECT_EQ(found.trouble, Trouble::tls);
    EXPECT_THAT(found.error.message, HasSubstr("does the broker speak TLS there?"));
}

TEST(KafkaErrors, UnknownErrorTextIsShownUnchanged) {
    EXPECT_THAT(explain(RD_KAFKA_RESP_ERR__TRANSPORT, "").error.message, HasSubstr("Kafka"));
    EXPECT_THAT(explain(RD_KAFKA_RESP_ERR__BAD_MSG, "a: b/c: d").error.message, HasSubstr("a: b"));
    EXPECT_EQ(explain(RD_KAFKA_RESP_ERR__BAD_MSG, "odd").trouble, Trouble::none);
}

TEST(KafkaErrors, FencedBrokersAreReportedAsUnavailable) {
    const auto refusal = [](std::string_view text) {
        return call_error(RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, "topic a", text);
    };
    const Error fenced =
        refusal("Unable to replicate the partition 1 time(s): All brokers are currently fenced.");
    EXPECT_EQ(fenced.code, ErrorCode::unavailable);
    EXPECT_EQ(fenced.message,
              "topic a: Unable to replicate the partition 1 time(s): All brokers are currently "
              "fenced; the brokers may have just started: try again in a moment");
    const Error few = refusal(
        "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot "
        "be reached because only 1 broker(s) are registered.");
    EXPECT_EQ(few.code, ErrorCode::invalid);
    EXPECT_THAT(few.message, HasSubstr("are registered; are there so many brokers?"));
}

TEST(KafkaErrors, DeliveryErrorsMapToCodes) {
    const auto code = [](rd_kafka_resp_err_t error) {
        return produce_error(error, "greeted", "app.greeted").code;
    };
    EXPECT_EQ(code(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), ErrorCode::limit);
    EXPECT_EQ(code(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC), ErrorCode::not_found);
    EXPECT_EQ(code(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), ErrorCode::not_found);
    EXPECT_EQ(code(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), ErrorCode::not_found);
    EXPECT_EQ(code(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP), ErrorCode::invalid);
    EXPECT_EQ(code(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT), ErrorCode::unavailable);
    EXPECT_EQ(code(RD_KAFKA_RESP_ERR__FATAL), ErrorCode::unavailable);
    EXPECT_THAT(
        produce_error(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "greeted", "app.greeted").message,
        AllOf(HasSubstr("app.greeted"), HasSubstr("message.max.bytes")));
}

}  // namespace
}  // namespace quipu::kafka
