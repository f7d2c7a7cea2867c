// SPDX-License-Identifier: Apache-2.0
// Tokens for OAUTHBEARER, from files.
#include "quipu/log/kafka/token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/kafka/tokens.hpp"
#include "quipu/log/kafka/config.hpp"

namespace quipu::test {
namespace {

using kafka::parse_token;
using kafka::read_token;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string why_not(const std::string& text) {
    const auto token = parse_token(text);
    return token ? "" : token.error().message;
}

TEST(KafkaToken, HasPrincipalAndExpiry) {
    const std::string text = token_of(R"({"sub":"orders","exp":4102444800.5,"scope":["a"]})");
    const auto token = parse_token(text);
    ASSERT_TRUE(token) << token.error().message;
    EXPECT_EQ(token->text, text);
    EXPECT_EQ(token->principal, "orders");
    EXPECT_EQ(token->expires_ms, 4102444800500);
}

TEST(KafkaToken, IsDecodedFromBase64Url) {
    // Its bytes need both letters that this base64 has in the place of + and /.
    const std::string text = token_of(R"({"sub":"~~~?>~?>~","exp":4102444800})");
    ASSERT_THAT(text, AllOf(HasSubstr("-"), HasSubstr("_")));
    const auto token = parse_token(text);
    ASSERT_TRUE(token) << token.error().message;
    EXPECT_EQ(token->principal, "~~~?>~?>~");
}

TEST(KafkaToken, MalformedTokenIsRejectedWithoutShowingIt) {
    EXPECT_THAT(why_not("planted"), AllOf(HasSubstr("three parts"), Not(HasSubstr("planted"))));
    EXPECT_THAT(why_not("a.b.c.d"), HasSubstr("three parts"));
    EXPECT_THAT(why_not(""), HasSubstr("three parts"));
    EXPECT_THAT(why_not("e30.planted!.c"),
                AllOf(HasSubstr("base64url"), Not(HasSubstr("planted"))));
    EXPECT_THAT(why_not("e30.e30x1.c"), HasSubstr("base64url"));
    EXPECT_THAT(why_not(token_of("[1]")), HasSubstr("not a JSON object"));
    EXPECT_THAT(why_not(token_of("{\"sub\"")), HasSubstr("not a JSON object"));
    EXPECT_THAT(why_not(token_of(R"({"exp":4102444800})")), HasSubstr("claim sub"));
    EXPECT_THAT(why_not(token_of(R"({"sub":"","exp":4102444800})")), HasSubstr("claim sub"));
    EXPECT_THAT(why_not(token_of(R"({"sub":7,"exp":4102444800})")), HasSubstr("claim sub"));
    EXPECT_THAT(why_not(token_of(R"({"sub":"a"})")), HasSubstr("claim exp"));
    EXPECT_THAT(why_not(token_of(R"({"sub":"a","exp":"1"})")), HasSubstr("claim exp"));
    EXPECT_THAT(why_not(token_of(R"({"sub":"a","exp":-1})")), HasSubstr("claim exp"));
    EXPECT_THAT(why_not(token_of(R"({"sub":"a","exp":1e300})")), HasSubstr("claim exp"));
    EXPECT_THAT(why_not(token_of(R"({"sub":"a","exp":1000000000})")), HasSubstr("expired"));
}

class KafkaTokenFile : public testing::Test {
  protected:
    std::string why_not() {
        const auto token = read_token(file_.path());
        return token ? "" : token.error().message;
    }
    TokenFile file_;
};

TEST_F(KafkaTokenFile, MayEndWithALineBreak) {
    file_.write(token_of(R"({"sub":"a","exp":4102444800})") + "\r\n");
    EXPECT_EQ(why_not(), "");
}

TEST_F(KafkaTokenFile, ErrorsNameTheFile) {
    EXPECT_THAT(why_not(), AllOf(HasSubstr(file_.path()), HasSubstr("cannot be read")));
    file_.write("planted");
    EXPECT_THAT(why_not(), AllOf(HasSubstr(file_.path()), Not(HasSubstr("planted"))));
    file_.write(std::string(kafka::max_token_bytes + 1, 'a'));
    EXPECT_THAT(why_not(), HasSubstr("too large"));
    file_.write(std::string(kafka::max_token_bytes, 'a'));
    EXPECT_THAT(why_not(), HasSubstr("three parts"));
}

TEST_F(KafkaTokenFile, DirectoryIsRejected) {
    const auto token = read_token(file_.directory());
    ASSERT_FALSE(token);
    EXPECT_THAT(token.error().message, HasSubstr("cannot be read"));
}

TEST(KafkaTokenUrl, NeedsAnAbsolutePath) {
    EXPECT_EQ(kafka::token_path("file:///var/token"), "/var/token");
    EXPECT_EQ(kafka::token_path("https://example.org/token"), std::nullopt);
    for (const char* url : {"file:token", "file:", "file://", "file:///", "file://host/token"}) {
        EXPECT_FALSE(kafka::token_path(url)) << url;
    }
}

TEST(KafkaTokenUrl, RejectsPropertiesThatDescribeTokens) {
    KafkaOptions options;
    options.brokers = "localhost:9092";
    options.properties = {{"sasl.oauthbearer.config", "principal=sensitive"},
                          {"sasl.oauthbearer.token.endpoint.url", "file:///run/token"}};
    const auto config = kafka::Config::check(options);
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message,
                AllOf(HasSubstr("sasl.oauthbearer.config"), HasSubstr("leave it out"),
                      Not(HasSubstr("sensitive"))));
}

TEST(KafkaTokenUrl, OtherUrlsArePassedToLibrdkafka) {
    KafkaOptions options;
    options.brokers = "localhost:9092";
    options.properties = {{"sasl.oauthbearer.token.endpoint.url", "file:token"}};
    auto config = kafka::Config::check(options);
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message,
                AllOf(HasSubstr("sasl.oauthbearer.token.endpoint.url"), HasSubstr("file:///PATH")));
    options.properties = {{"sasl.oauthbearer.token.endpoint.url", "file:///token"}};
    EXPECT_TRUE(kafka::Config::check(options));
}

}  // namespace
}  // namespace quipu::test
