// SPDX-License-Identifier: Apache-2.0
#pragma once

// clang-format off: the second needs the first
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
// clang-format on

#include <array>

#include "log/kafka/live.hpp"

namespace quipu::test {

/// librdkafka's cluster of mock brokers, which can be made to answer with an error.
class KafkaMockTest : public KafkaLiveTest {
  protected:
    /// Numbers of Kafka's protocol.
    enum Request : std::int16_t { produce_request = 0, offset_commit = 8, offset_fetch = 9 };

    KafkaMockTest() : KafkaLiveTest("no variable") {
        std::array<char, 512> problem{};
        host_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, nullptr, problem.data(), problem.size()));
        EXPECT_NE(host_, nullptr) << problem.data();
        cluster_.reset(rd_kafka_mock_cluster_new(host_.get(), 1));
        brokers_ = rd_kafka_mock_cluster_bootstraps(cluster_.get());
    }
    void TearDown() override {
        log_.reset();
        KafkaLiveTest::TearDown();
    }
    void make_topic(const std::string& type, int partitions) {
        rd_kafka_mock_topic_create(cluster_.get(), (prefix_ + type).c_str(), partitions, 1);
    }
    /// What the brokers' metadata says of a topic from now on.
    void declare(const std::string& type, rd_kafka_resp_err_t code) {
        rd_kafka_mock_topic_set_error(cluster_.get(), (prefix_ + type).c_str(), code);
    }
    /// The next request of this kind gets this answer.
    void refuse_next(Request request, rd_kafka_resp_err_t code) {
        rd_kafka_mock_push_request_errors(cluster_.get(), request, 1, code);
    }

    std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)> host_{nullptr, rd_kafka_destroy};
    std::unique_ptr<rd_kafka_mock_cluster_t, decltype(&rd_kafka_mock_cluster_destroy)> cluster_{
        nullptr, rd_kafka_mock_cluster_destroy};
};

}  // namespace quipu::test
