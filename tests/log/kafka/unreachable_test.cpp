// SPDX-License-Identifier: Apache-2.0
// What a program sees of a broker that is not there.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <future>

#include "log/kafka/support.hpp"

namespace quipu::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

/// A port of this machine that is taken and answers nothing: a connection to it is refused.
class SilentPort {
  public:
    SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* raw = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_, raw, size), 0);
        EXPECT_EQ(::getsockname(socket_, raw, &size), 0);
        address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }
    ~SilentPort() { ::close(socket_); }
    SilentPort(const SilentPort&) = delete;
    SilentPort& operator=(const SilentPort&) = delete;

    [[nodiscard]] const std::string& address() const { return address_; }

  private:
    int socket_;
    std::string address_;
};

class KafkaUnreachable : public testing::Test {
  protected:
    std::unique_ptr<TopicLog> open(
        std::vector<std::pair<std::string, std::string>> properties = {}) {
        KafkaOptions options;
        options.brokers = port_.address();
        options.properties = std::move(properties);
        options.notice = notices_.sink();
        auto log = open_kafka_log(std::move(options));
        EXPECT_TRUE(log) << log.error().message;
        return log ? std::move(*log) : nullptr;
    }

    SilentPort port_;
    Notices notices_;
};

TEST_F(KafkaUnreachable, UnreachableBrokerShowsInHealthNotInOpen) {
    const auto log = open();
    ASSERT_TRUE(
        eventually([&] { return log->health().problem.find("refused") != std::string::npos; }));
    const auto health = log->health();
    EXPECT_FALSE(health.reachable);
    EXPECT_THAT(health.engine, HasSubstr("librdkafka "));
    EXPECT_EQ(health.location, port_.address());
    EXPECT_THAT(health.problem, AllOf(HasSubstr(port_.address() + " does not answer"),
                                      HasSubstr("is a broker running there")));
    EXPECT_THAT(notices_.lines(), testing::ElementsAre(HasSubstr("does not answer")));
}

TEST_F(KafkaUnreachable, RecordsWaitUntilPurged) {
    const auto log = open();
    std::atomic<int> unavailable = 0;
    for (int i = 0; i < 10; ++i) {
        log->produce(log_record("greeted", "k", "v"), [&](const Result<LogPlace>& place) {
            unavailable += !place && place.error().code == ErrorCode::unavailable ? 1 : 0;
        });
    }
    EXPECT_FALSE(log->flush(50ms));
    EXPECT_EQ(log->health().queued, 10);
    log->purge();
    EXPECT_EQ(unavailable, 10);
    EXPECT_EQ(log->health().queued, 0);
    EXPECT_TRUE(log->flush(0ms));
}

TEST_F(KafkaUnreachable, ClosingTheLogPurgesTheQueue) {
    auto log = open();
    std::atomic<int> unavailable = 0;
    for (int i = 0; i < 10; ++i) {
        log->produce(log_record("greeted", "k", "v"),
                     [&](const Result<LogPlace>& place) { unavailable += place ? 0 : 1; });
    }
    log.reset();
    EXPECT_EQ(unavailable, 10);
}

TEST_F(KafkaUnreachable, FullQueueBlocksTheCaller) {
    const auto log = open({{"queue.buffering.max.messages", "5"}});
    std::atomic<int> called = 0;
    std::atomic<int> done = 0;
    std::thread caller([&] {
        for (int i = 0; i < 8; ++i) {
            log->produce(log_record("greeted", "k", "v"), [&](const Result<LogPlace>&) { ++done; });
            ++called;
        }
    });
    EXPECT_TRUE(eventually([&] { return called == 5; }));
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(called, 5);
    // Those that did not fit into the queue are behind others that fail, so they fail, too; later
    // ones may wait in the next queue.
    EXPECT_TRUE(eventually([&] {
        log->purge();
        return done == 8;
    }));
    caller.join();
}

TEST_F(KafkaUnreachable, GroupReportsUnreachableBroker) {
    const auto log = open();
    LogConsumerOptions options;
    options.group = "g";
    options.event_types = {"greeted"};
    const auto consumer = log->consume(std::move(options));
    ASSERT_TRUE(consumer) << consumer.error().message;
    Result<std::vector<ReceivedRecord>> records;
    ASSERT_TRUE(eventually([&] {
        records = (*consumer)->poll(50ms, 10);
        return !records;
    }));
    EXPECT_EQ(records.error().code, ErrorCode::unavailable);
    EXPECT_THAT(records.error().message, HasSubstr(port_.address()));
    EXPECT_EQ((*consumer)->lag(), 0);
    (*consumer)->close();
    (*consumer)->close();
    EXPECT_FALSE((*consumer)->poll(0ms, 1));
}

TEST_F(KafkaUnreachable, AdministrativeCallsReportUnreachableBroker) {
    const auto log = open();
    ASSERT_TRUE(eventually([&] { return !log->health().problem.empty(); }));
    const auto topics = log->topics({"greeted"});
    ASSERT_FALSE(topics);
    EXPECT_EQ(topics.error().code, ErrorCode::unavailable);
    EXPECT_THAT(topics.error().message, HasSubstr("does not answer"));
}

TEST_F(KafkaUnreachable, UnresolvableNameIsReported) {
    KafkaOptions options;
    options.brokers = "no-such-host.invalid:9092";
    const auto log = open_kafka_log(std::move(options));
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_TRUE(eventually([&] {
        return (*log)->health().problem.find("check the host name") != std::string::npos;
    })) << (*log)->health().problem;
}

TEST_F(KafkaUnreachable, SecretsAppearInNoText) {
    testing::internal::CaptureStderr();
    const auto use = [&] {
        const auto log = open({{"debug", "all"},
                               {"security.protocol", "sasl_plaintext"},
                               {"sasl.mechanism", "PLAIN"},
                               {"sasl.username", "ada"},
                               {"sasl.password", "planted-password"},
                               {"ssl.key.password", "planted-key"},
                               {"ssl.keystore.password", "planted-store"},
                               {"sasl.oauthbearer.config", "principal=planted-config"}});
        ASSERT_TRUE(log);
        LogConsumerOptions options;
        options.group = "g";
        options.event_types = {"greeted"};
        const auto consumer = log->consume(std::move(options));
        ASSERT_TRUE(consumer) << consumer.error().message;
        const auto polled = (*consumer)->poll(500ms, 1);
        log->produce(log_record("greeted", "k", "v"), [](const Result<LogPlace>&) {});
        ASSERT_TRUE(
            eventually([&] { return log->health().problem.find("refused") != std::string::npos; }));
        EXPECT_THAT(log->health().problem, Not(HasSubstr("planted")));
    };
    use();
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    const auto lines = notices_.lines();
    EXPECT_THAT(lines, Contains(HasSubstr("debug: ")));
    EXPECT_THAT(lines, Each(Not(HasSubstr("planted"))));
}

}  // namespace
}  // namespace quipu::test
