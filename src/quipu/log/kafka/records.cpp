// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/records.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace quipu::kafka {
namespace {

std::string_view bytes(const void* data, std::size_t size) {
    return data == nullptr ? std::string_view()
                           : std::string_view(static_cast<const char*>(data), size);
}

RecordHeaders read_headers(const rd_kafka_message_t& message) {
    RecordHeaders headers;
    rd_kafka_headers_t* list = nullptr;
    if (rd_kafka_message_headers(&message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return headers;
    }
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(list, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
        headers.add(name, bytes(value, size));
    }
    return headers;
}

/// Owns librdkafka's message, which must be destroyed before the client.
class Received final : public ReceivedRecord::Bytes {
  public:
    Received(Message message, std::shared_ptr<rd_kafka_t> client)
        : client_(std::move(client)), message_(std::move(message)) {}
    const RecordHeaders& headers() override {
        if (!headers_) {
            headers_ = read_headers(*message_);
        }
        return *headers_;
    }

  private:
    const std::shared_ptr<rd_kafka_t> client_;
    const Message message_;
    std::optional<RecordHeaders> headers_;
};

}  // namespace

ReceivedRecord receive(Message message, std::shared_ptr<const LogPartition> partition,
                       std::shared_ptr<rd_kafka_t> client) {
    ReceivedRecord::View view;
    view.partition = std::move(partition);
    view.offset = message->offset;
    if (message->key != nullptr) {
        view.key = bytes(message->key, message->key_len);
    }
    view.value = bytes(message->payload, message->len);
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    if (const auto milliseconds = rd_kafka_message_timestamp(message.get(), &type);
        milliseconds > 0) {
        view.timestamp = Time(std::chrono::milliseconds(milliseconds));
    }
    return {std::move(view), std::make_unique<Received>(std::move(message), std::move(client))};
}

std::span<const rd_kafka_topic_partition_t> elements(const rd_kafka_topic_partition_list_t* list) {
    return list == nullptr ? std::span<const rd_kafka_topic_partition_t>()
                           : std::span<const rd_kafka_topic_partition_t>(
                                 list->elems, static_cast<std::size_t>(list->cnt));
}

LogPlace place_of(const rd_kafka_topic_partition_t& element, const Config& config) {
    return {{config.event_type(element.topic), element.partition}, element.offset};
}

std::vector<LogPartition> partitions_of(const rd_kafka_topic_partition_list_t* list,
                                        const Config& config) {
    std::vector<LogPartition> partitions;
    for (const auto& element : elements(list)) {
        partitions.push_back({config.event_type(element.topic), element.partition});
    }
    return partitions;
}

PartitionList make_list(const std::vector<LogPlace>& places, const Config& config) {
    PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(places.size())));
    for (const LogPlace& place : places) {
        rd_kafka_topic_partition_list_add(
            list.get(), config.topic(place.partition.event_type).c_str(), place.partition.partition)
            ->offset = place.offset;
    }
    return list;
}

}  // namespace quipu::kafka
