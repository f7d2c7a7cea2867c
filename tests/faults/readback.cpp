// SPDX-License-Identifier: Apache-2.0
#include "faults/readback.hpp"

#include <array>
#include <chrono>

#include "quipu/log/kafka/handles.hpp"

namespace quipu::faults {

namespace {

constexpr int wait_ms = 20'000;

struct DestroyClient {
    void operator()(rd_kafka_t* client) const noexcept { rd_kafka_destroy(client); }
};
using Client = std::unique_ptr<rd_kafka_t, DestroyClient>;

Result<Client> make_client(const std::string& brokers, const std::string& group) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    const std::array<std::pair<const char*, const char*>, 5> settings{
        {{"bootstrap.servers", brokers.c_str()},
         {"group.id", group.c_str()},
         {"enable.auto.commit", "false"},
         {"enable.partition.eof", "true"},
         {"auto.offset.reset", "earliest"}}};
    for (const auto& [name, value] : settings) {
        rd_kafka_conf_set(conf, name, value, nullptr, 0);
    }
    std::array<char, 256> text{};
    rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text.data(), text.size());
    if (client == nullptr) return fail(ErrorCode::internal, text.data());
    return Client(client);
}

std::unexpected<Error> failed(rd_kafka_resp_err_t code) {
    return fail(ErrorCode::unavailable, rd_kafka_err2str(code));
}

Result<std::int32_t> partitions_of(rd_kafka_t* client, const std::string& topic) {
    rd_kafka_topic_t* handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
    const rd_kafka_metadata_t* raw = nullptr;
    const auto code = rd_kafka_metadata(client, 0, handle, &raw, wait_ms);
    rd_kafka_topic_destroy(handle);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(code);
    const kafka::Metadata metadata(raw);
    return metadata->topics[0].partition_cnt;
}

Result<void> read_all(rd_kafka_t* client, const std::string& topic, Topic& out) {
    const kafka::PartitionList list(rd_kafka_topic_partition_list_new(8));
    for (const auto& [partition, end] : out.ends) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    }
    if (const auto code = rd_kafka_assign(client, list.get())) return failed(code);
    std::size_t ended = 0;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (ended < out.ends.size()) {
        if (std::chrono::steady_clock::now() > until) {
            return fail(ErrorCode::unavailable, "the topic cannot be read to its end");
        }
        const kafka::Message message(rd_kafka_consumer_poll(client, 500));
        if (message == nullptr) continue;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            ++ended;
            continue;
        }
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        const auto text = [](const void* bytes, std::size_t size) {
            return std::string(static_cast<const char*>(bytes), size);
        };
        out.records.push_back({message->partition, message->offset,
                               text(message->key, message->key_len),
                               text(message->payload, message->len)});
    }
    return {};
}

}  // namespace

Result<Topic> read_topic(const std::string& brokers, const std::string& topic,
                         const std::vector<std::string>& groups) {
    Topic out;
    auto reader = make_client(brokers, "nobody");
    if (!reader) return std::unexpected(std::move(reader.error()));
    const auto count = partitions_of(reader->get(), topic);
    if (!count) return std::unexpected(count.error());
    for (std::int32_t partition = 0; partition < *count; ++partition) {
        std::int64_t low = 0;
        if (const auto code = rd_kafka_query_watermark_offsets(
                reader->get(), topic.c_str(), partition, &low, &out.ends[partition], wait_ms)) {
            return failed(code);
        }
    }
    if (auto read = read_all(reader->get(), topic, out); !read) {
        return std::unexpected(std::move(read.error()));
    }
    for (const std::string& group : groups) {
        auto client = make_client(brokers, group);
        if (!client) return std::unexpected(std::move(client.error()));
        const kafka::PartitionList list(rd_kafka_topic_partition_list_new(8));
        rd_kafka_topic_partition_list_add_range(list.get(), topic.c_str(), 0, *count - 1);
        if (const auto code = rd_kafka_committed(client->get(), list.get(), wait_ms)) {
            return failed(code);
        }
        for (int each = 0; each < list->cnt; ++each) {
            const auto& element = list->elems[each];
            out.committed[group][element.partition] = element.offset;
        }
    }
    return out;
}

}  // namespace quipu::faults
