// SPDX-License-Identifier: Apache-2.0
// Logins, TLS and access rules of a real broker.
#include "log/kafka/live.hpp"
#include "log/kafka/tokens.hpp"

namespace quipu::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

class KafkaSecurity : public KafkaLiveTest {
  protected:
    KafkaSecurity() : KafkaLiveTest("QUIPU_TEST_KAFKA_SASL") {}

    Properties default_properties() override {
        return login("rich", environment("QUIPU_TEST_KAFKA_PASSWORD"));
    }
    static Properties login(const std::string& user, const std::string& password,
                            const std::string& mechanism = "SCRAM-SHA-256",
                            const std::string& protocol = "sasl_plaintext") {
        return {{"security.protocol", protocol},
                {"sasl.mechanism", mechanism},
                {"sasl.username", user},
                {"sasl.password", password}};
    }
    static Properties poor() {
        return login("poor", environment("QUIPU_TEST_KAFKA_POOR_PASSWORD"));
    }
    static Properties token(const TokenFile& file) {
        return {{"security.protocol", "sasl_plaintext"},
                {"sasl.mechanism", "OAUTHBEARER"},
                {"sasl.oauthbearer.token.endpoint.url", file.url()}};
    }
    /// The problem of a log that does not work.
    std::string problem(TopicLog& log, const std::string& part) {
        EXPECT_TRUE(
            eventually([&] { return log.health().problem.find(part) != std::string::npos; }, 20s))
            << log.health().problem;
        EXPECT_FALSE(log.health().reachable);
        return log.health().problem;
    }
    void expect_works(TopicLog& log) {
        const auto place = produce(log, log_record("greeted", "k", "v"));
        EXPECT_TRUE(place) << place.error().message;
        EXPECT_TRUE(eventually([&] { return log.health().reachable; }));
        EXPECT_EQ(log.health().problem, "");
    }
};

TEST_F(KafkaSecurity, PasswordsLogIn) {
    create("greeted");
    expect_works(*log_);
    const auto plain = open(login("rich", environment("QUIPU_TEST_KAFKA_PASSWORD"), "PLAIN"));
    expect_works(*plain);
}

TEST_F(KafkaSecurity, TokensLogIn) {
    create("greeted");
    const auto log = open({{"security.protocol", "sasl_plaintext"},
                           {"sasl.mechanism", "OAUTHBEARER"},
                           {"enable.sasl.oauthbearer.unsecure.jwt", "true"},
                           {"sasl.oauthbearer.config", "principal=token"}});
    expect_works(*log);
    auto consumer = log->consume(group({"greeted"}));
    ASSERT_TRUE(consumer);
    EXPECT_EQ(read(**consumer, 1)[0].value, "v");
}

TEST_F(KafkaSecurity, TokenFromAFileLogsIn) {
    create("greeted");
    const TokenFile file;
    const std::string secret = token_for("token", 1h);
    file.write(secret + "\n");
    auto properties = token(file);
    properties.emplace_back("debug", "all");
    const auto log = open(properties);
    expect_works(*log);
    auto consumer = log->consume(group({"greeted"}));
    ASSERT_TRUE(consumer);
    EXPECT_EQ(read(**consumer, 1)[0].value, "v");
    EXPECT_THAT(notices_.lines(), Each(Not(HasSubstr(secret))));
}

TEST_F(KafkaSecurity, MissingTokenFileIsWaitedFor) {
    create("greeted");
    const TokenFile file;
    const auto log = open(token(file));
    EXPECT_THAT(problem(*log, "no token to log in"),
                AllOf(HasSubstr(file.path()), HasSubstr("cannot be read")));
    file.write(token_for("token", 1h));
    expect_works(*log);
}

TEST_F(KafkaSecurity, ATokenIsReadAgainBeforeItExpires) {
    create("greeted");
    const TokenFile file;
    file.write(token_for("token", 5s));
    const auto log = open(token(file));
    expect_works(*log);
    file.write("planted");
    EXPECT_TRUE(eventually([&] {
        return std::ranges::any_of(notices_.lines(), [&](const std::string& line) {
            return line.contains(file.path() + ": no JSON Web Token");
        });
    }));
    EXPECT_THAT(notices_.lines(), Each(Not(HasSubstr("planted"))));
    file.write(token_for("token", 1h));
    EXPECT_TRUE(eventually([&] { return log->health().problem.empty(); }));
    expect_works(*log);
}

TEST_F(KafkaSecurity, WrongPasswordIsDistinguishedFromAnUnreachableBroker) {
    const auto log = open(login("rich", "planted-password"));
    EXPECT_THAT(problem(*log, "rejects the login"),
                AllOf(HasSubstr(brokers_), HasSubstr("sasl.password")));
    auto consumer = log->consume(group({"greeted"}));
    ASSERT_TRUE(consumer);
    Result<std::vector<ReceivedRecord>> records;
    ASSERT_TRUE(eventually([&] {
        records = (*consumer)->poll(50ms, 1);
        return !records;
    }));
    EXPECT_EQ(records.error().code, ErrorCode::invalid) << records.error().message;
    EXPECT_THAT(notices_.lines(), Contains(HasSubstr("error: " + brokers_ + " rejects the login")));
}

TEST_F(KafkaSecurity, UnknownMechanismIsReported) {
    const auto log = open(login("rich", "planted-password", "SCRAM-SHA-512"));
    EXPECT_THAT(problem(*log, "rejects the login"), HasSubstr("sasl.mechanism"));
}

TEST_F(KafkaSecurity, NoTextContainsASecret) {
    for (const char* mechanism : {"PLAIN", "SCRAM-SHA-256"}) {
        auto properties = login("rich", "planted-password", mechanism);
        properties.emplace_back("debug", "all");
        const auto log = open(properties);
        EXPECT_THAT(problem(*log, "rejects the login"), Not(HasSubstr("planted")));
    }
    const auto lines = notices_.lines();
    EXPECT_THAT(lines, Contains(HasSubstr("debug: ")));
    EXPECT_THAT(lines, Each(Not(HasSubstr("planted"))));
}

TEST_F(KafkaSecurity, TlsAcceptsTheSigningAuthority) {
    create("greeted");
    auto properties =
        login("rich", environment("QUIPU_TEST_KAFKA_PASSWORD"), "SCRAM-SHA-256", "sasl_ssl");
    properties.emplace_back("ssl.ca.location", environment("QUIPU_TEST_KAFKA_CA"));
    brokers_ = environment("QUIPU_TEST_KAFKA_TLS");
    const auto log = open(properties);
    expect_works(*log);
    auto consumer = log->consume(group({"greeted"}));
    ASSERT_TRUE(consumer);
    EXPECT_EQ(read(**consumer, 1)[0].value, "v");
}

TEST_F(KafkaSecurity, TlsRejectsOtherAuthorities) {
    auto properties =
        login("rich", environment("QUIPU_TEST_KAFKA_PASSWORD"), "SCRAM-SHA-256", "sasl_ssl");
    properties.emplace_back("ssl.ca.location", environment("QUIPU_TEST_KAFKA_OTHER_CA"));
    brokers_ = environment("QUIPU_TEST_KAFKA_TLS");
    const auto log = open(properties);
    EXPECT_THAT(problem(*log, "cannot be connected to securely"), HasSubstr("ssl.ca.location"));
}

TEST_F(KafkaSecurity, ProtocolMismatchIsRecognised) {
    const auto password = environment("QUIPU_TEST_KAFKA_PASSWORD");
    // TLS to a listener without it.
    auto properties = login("rich", password, "SCRAM-SHA-256", "sasl_ssl");
    properties.emplace_back("ssl.ca.location", environment("QUIPU_TEST_KAFKA_CA"));
    const auto to_plain = open(properties);
    EXPECT_THAT(problem(*to_plain, "cannot be connected to securely"),
                HasSubstr("security.protocol"));
    // And the other way round.
    brokers_ = environment("QUIPU_TEST_KAFKA_TLS");
    const auto to_tls = open(login("rich", password));
    EXPECT_THAT(problem(*to_tls, "cannot be connected to securely"),
                HasSubstr("security.protocol"));
}

TEST_F(KafkaSecurity, AMissingCertificateFileIsAnErrorOfOpen) {
    auto wrong = options({{"security.protocol", "ssl"}, {"ssl.ca.location", "no/such/file.pem"}});
    const auto log = open_kafka_log(std::move(wrong));
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, ErrorCode::invalid);
    EXPECT_THAT(log.error().message, HasSubstr("ssl.ca.location"));
}

TEST_F(KafkaSecurity, AccessDeniedByRulesIsDistinguished) {
    create("greeted");
    const auto log = open(poor());
    const auto place = produce(*log, log_record("greeted", "k", "v"));
    ASSERT_FALSE(place);
    EXPECT_EQ(place.error().code, ErrorCode::not_found) << place.error().message;
    EXPECT_THAT(place.error().message, AllOf(HasSubstr("greeted"), HasSubstr("access rules")));
    auto consumer = log->consume(group({"greeted"}));
    ASSERT_TRUE(consumer);
    Result<std::vector<ReceivedRecord>> records;
    ASSERT_TRUE(eventually([&] {
        records = (*consumer)->poll(50ms, 1);
        return !records;
    }));
    EXPECT_EQ(records.error().code, ErrorCode::invalid) << records.error().message;
    EXPECT_THAT(records.error().message, HasSubstr("access rules"));
    const auto results = log->apply(plan_topics({{"other", 1, 1h, 1}}, {}));
    ASSERT_TRUE(results) << results.error().message;
    ASSERT_TRUE((*results)[0].error);
    EXPECT_EQ((*results)[0].error->code, ErrorCode::invalid);
    EXPECT_THAT(log->health().problem, HasSubstr("access rules"));
}

}  // namespace
}  // namespace quipu::test
