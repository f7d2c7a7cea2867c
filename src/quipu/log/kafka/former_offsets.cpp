// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/former_offsets.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include "quipu/log/kafka/client.hpp"
#include "quipu/log/kafka/errors.hpp"
#include "quipu/log/kafka/records.hpp"

namespace quipu::kafka {
namespace {

constexpr int attempts = 3;
constexpr int attempt_timeout = 1000;  // ms

/// The error that the client has reported to its consumer, if any: the search for the coordinator
/// reports its errors there alone.
rd_kafka_resp_err_t reported_error(rd_kafka_t* client) {
    const Message message(rd_kafka_consumer_poll(client, 0));
    return message == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : message->err;
}

PartitionList with_offset(const rd_kafka_topic_partition_list_t* answer) {
    PartitionList found(rd_kafka_topic_partition_list_new(answer->cnt));
    for (const auto& element : elements(answer)) {
        if (element.offset >= 0) {
            rd_kafka_topic_partition_list_add(found.get(), element.topic, element.partition)
                ->offset = element.offset;
        }
    }
    return found;
}

rd_kafka_resp_err_t first_error(const rd_kafka_topic_partition_list_t* answer) {
    for (const auto& element : elements(answer)) {
        if (element.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return element.err;
        }
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

Result<PartitionList> committed_offsets_of(const Config& config, std::shared_ptr<Health> health,
                                           const std::string& group_id,
                                           const rd_kafka_topic_partition_list_t* partitions) {
    Conf conf = config.make(Role::consumer);
    rd_kafka_conf_set(conf.get(), "group.id", group_id.c_str(), nullptr, 0);
    const auto client = Client::create(Role::consumer, std::move(conf), std::move(health), nullptr);
    if (!client) {
        return std::unexpected(client.error());
    }
    rd_kafka_poll_set_consumer(client->get());
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const PartitionList answer(rd_kafka_topic_partition_list_copy(partitions));
        code = rd_kafka_committed(client->get(), answer.get(), attempt_timeout);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            code = first_error(answer.get());
        }
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return with_offset(answer.get());
        }
        if (const auto reported = reported_error(client->get());
            reported != RD_KAFKA_RESP_ERR_NO_ERROR) {
            code = reported;
        }
        if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) {
            // A user who may not describe a group cannot have been a member of it.
            return PartitionList(rd_kafka_topic_partition_list_new(0));
        }
    }
    return std::unexpected(call_error(code, "committed offsets of group " + group_id, {}));
}

}  // namespace quipu::kafka
