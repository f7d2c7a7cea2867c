// SPDX-License-Identifier: Apache-2.0
#include "kafka_bare.hpp"

#include <fmt/core.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>

#include "measure.hpp"
#include "quipu/event/id.hpp"

namespace bench {
namespace {

template <auto function>
struct Destroy {
    template <class Handle>
    void operator()(Handle* handle) const noexcept {
        function(handle);
    }
};
using Client = std::unique_ptr<rd_kafka_t, Destroy<rd_kafka_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Destroy<rd_kafka_message_destroy>>;

using Properties = std::vector<std::pair<const char*, std::string>>;

rd_kafka_conf_t* make_conf(const std::string& brokers, const Properties& properties) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    const auto set = [&](const char* name, const std::string& value) {
        std::array<char, 256> text{};
        if (rd_kafka_conf_set(conf, name, value.c_str(), text.data(), text.size()) !=
            RD_KAFKA_CONF_OK) {
            give_up(text.data());
        }
    };
    set("bootstrap.servers", brokers);
    set("socket.nagle.disable", "true");
    for (const auto& [name, value] : properties) set(name, value);
    return conf;
}

Client make_client(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
    std::array<char, 256> text{};
    Client client(rd_kafka_new(type, conf, text.data(), text.size()));
    if (client == nullptr) give_up(text.data());
    return client;
}

class Producer {
  public:
    explicit Producer(const std::string& brokers, Reports reports = Reports::in_between) {
        rd_kafka_conf_t* conf = make_conf(brokers, {{"enable.idempotence", "true"},
                                                    {"acks", "all"},
                                                    {"message.timeout.ms", "0"},
                                                    {"linger.ms", "1"},
                                                    {"partitioner", "murmur2_random"},
                                                    {"queue.buffering.max.messages", "20000"},
                                                    {"queue.buffering.max.kbytes", "131072"}});
        rd_kafka_conf_set_opaque(conf, this);
        rd_kafka_conf_set_dr_msg_cb(
            conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
                if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                    give_up(rd_kafka_err2str(message->err));
                }
                auto* const self = static_cast<Producer*>(opaque);
                if (auto* const at = static_cast<std::int64_t*>(message->_private)) *at = now_ns();
                ++self->acknowledged_;
            });
        client_ = make_client(RD_KAFKA_PRODUCER, conf);
        if (reports == Reports::on_a_thread) {
            thread_ = std::jthread([this](const std::stop_token& stop) {
                while (!stop.stop_requested()) rd_kafka_poll(client_.get(), 50);
            });
        }
    }

    /// When it is acknowledged, the time is written to `at`.
    void produce(const std::string& topic, const quipu::LogRecord& record, const std::string& key,
                 std::int64_t* at = nullptr) {
        rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
        for (const auto& [name, value] : record.headers) {
            rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()),
                                value.data(), static_cast<ssize_t>(value.size()));
        }
        // librdkafka only reads what it is to copy.
        auto* value = const_cast<char*>(record.value.data());
        auto* text = const_cast<char*>(key.data());
        while (true) {
            const auto code = rd_kafka_producev(
                client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(text, key.size()),
                RD_KAFKA_V_VALUE(value, record.value.size()), RD_KAFKA_V_OPAQUE(at),
                RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
            if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
            if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) give_up(rd_kafka_err2str(code));
            serve(10);
        }
        if (!thread_.joinable()) rd_kafka_poll(client_.get(), 0);
    }
    void serve(int milliseconds) {
        if (thread_.joinable()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        } else {
            rd_kafka_poll(client_.get(), milliseconds);
        }
    }
    void wait_for(std::size_t count) {
        while (acknowledged_ < count) serve(10);
    }

  private:
    Client client_;
    std::atomic<std::size_t> acknowledged_ = 0;
    std::jthread thread_;
};

Client make_consumer(const std::string& brokers, const std::string& topic) {
    Client client =
        make_client(RD_KAFKA_CONSUMER, make_conf(brokers, {{"group.id", "bench-" + quipu::new_id()},
                                                           {"auto.offset.reset", "earliest"},
                                                           {"auto.commit.interval.ms", "500"}}));
    rd_kafka_poll_set_consumer(client.get());
    rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic.c_str(), RD_KAFKA_PARTITION_UA);
    const auto code = rd_kafka_subscribe(client.get(), topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) give_up(rd_kafka_err2str(code));
    return client;
}

unsigned touch(const rd_kafka_message_t& message) {
    const auto* bytes = static_cast<const unsigned char*>(message.payload);
    return std::accumulate(bytes, bytes + message.len, 0U);
}

unsigned touch_headers(const rd_kafka_message_t& message) {
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        give_up("no headers");
    }
    unsigned sum = 0;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t at = 0;
         rd_kafka_header_get_all(headers, at, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++at) {
        const auto* bytes = static_cast<const unsigned char*>(value);
        sum += std::accumulate(bytes, bytes + size, 0U);
    }
    return sum;
}

}  // namespace

void give_up(const std::string& message) {
    fmt::print(stderr, "kafka_program: {}\n", message);
    std::exit(1);
}

Cost bare_produce(const std::string& brokers, const std::string& topic,
                  const std::vector<quipu::LogRecord>& pool, std::size_t count, Reports reports) {
    Producer producer(brokers, reports);
    // The first record waits for the topic's metadata.
    producer.produce(topic, pool.front(), *pool.front().key);
    producer.wait_for(1);
    const double cpu = process_seconds();
    const auto begin = Clock::now();
    for (std::size_t number = 0; number < count; ++number) {
        const quipu::LogRecord& record = pool[number % pool.size()];
        producer.produce(topic, record, *record.key);
    }
    producer.wait_for(count + 1);
    const double took = seconds(Clock::now() - begin);
    return {static_cast<double>(count) / took,
            (process_seconds() - cpu) * 1e6 / static_cast<double>(count)};
}

Cost bare_consume(const std::string& brokers, const std::string& topic, std::size_t count,
                  Headers headers) {
    const Client consumer = make_consumer(brokers, topic);
    std::size_t seen = 0;
    unsigned sum = 0;
    double cpu = 0;
    Clock::time_point begin;
    while (seen < count) {
        const Message message(rd_kafka_consumer_poll(consumer.get(), 1000));
        if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        if (seen++ == 0) {
            begin = Clock::now();
            cpu = process_seconds();
        }
        sum += touch(*message);
        if (headers == Headers::read) sum += touch_headers(*message);
    }
    const double took = seconds(Clock::now() - begin);
    cpu = process_seconds() - cpu;
    rd_kafka_consumer_close(consumer.get());
    if (sum == 0) give_up("empty records");
    return {static_cast<double>(count) / took, cpu * 1e6 / static_cast<double>(count)};
}

Latency bare_latency(const std::string& brokers, const std::string& topic,
                     const std::vector<quipu::LogRecord>& pool, std::size_t per_second,
                     std::size_t for_seconds) {
    const std::size_t count = per_second * for_seconds;
    std::vector<std::atomic<std::int64_t>> sent(count);
    std::vector<double> milliseconds;
    std::atomic<bool> ready = false;
    std::thread reader([&] {
        const Client consumer = make_consumer(brokers, topic);
        while (milliseconds.size() < count) {
            const Message message(rd_kafka_consumer_poll(consumer.get(), 1000));
            if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
            const std::string key(static_cast<const char*>(message->key), message->key_len);
            if (key == "first") {
                ready = true;
                continue;
            }
            milliseconds.push_back(
                static_cast<double>(now_ns() - sent[std::strtoull(key.c_str(), nullptr, 10)]) /
                1e6);
        }
        rd_kafka_consumer_close(consumer.get());
    });
    Producer producer(brokers);
    producer.produce(topic, pool.front(), "first");
    while (!ready) producer.serve(10);
    const auto begin = Clock::now();
    for (std::size_t number = 0; number < count; ++number) {
        std::this_thread::sleep_until(begin + number * std::chrono::nanoseconds(1'000'000'000) /
                                                  per_second);
        sent[number] = now_ns();
        producer.produce(topic, pool[number % pool.size()], std::to_string(number));
    }
    const double took = seconds(Clock::now() - begin);
    producer.wait_for(count + 1);
    reader.join();
    return {quantile(milliseconds, 0.5), quantile(milliseconds, 0.99),
            static_cast<double>(count) / took};
}

Latency bare_acknowledgement(const std::string& brokers, const std::string& topic,
                             const std::vector<quipu::LogRecord>& pool, std::size_t per_second,
                             std::size_t for_seconds) {
    constexpr std::size_t warm_up = 1000;
    const std::size_t count = per_second * for_seconds;
    std::vector<std::int64_t> sent(count);
    std::vector<std::int64_t> acknowledged(count);
    Producer producer(brokers, Reports::on_a_thread);
    for (std::size_t number = 0; number < warm_up; ++number) {
        const quipu::LogRecord& record = pool[number % pool.size()];
        producer.produce(topic, record, *record.key);
    }
    producer.wait_for(warm_up);
    const double took = offer(count, per_second, [&](std::size_t number) {
        const quipu::LogRecord& record = pool[number % pool.size()];
        sent[number] = now_ns();
        producer.produce(topic, record, *record.key, &acknowledged[number]);
    });
    producer.wait_for(warm_up + count);
    std::vector<double> milliseconds;
    for (std::size_t at = 0; at < count; ++at) {
        milliseconds.push_back(static_cast<double>(acknowledged[at] - sent[at]) / 1e6);
    }
    return {quantile(milliseconds, 0.5), quantile(milliseconds, 0.99),
            static_cast<double>(count) / took};
}

void delete_topics(const std::string& brokers, const std::vector<std::string>& topics) {
    const Client client = make_client(RD_KAFKA_PRODUCER, make_conf(brokers, {}));
    std::vector<rd_kafka_DeleteTopic_t*> wanted;
    for (const std::string& topic : topics) {
        wanted.push_back(rd_kafka_DeleteTopic_new(topic.c_str()));
    }
    rd_kafka_queue_t* queue = rd_kafka_queue_new(client.get());
    rd_kafka_DeleteTopics(client.get(), wanted.data(), wanted.size(), nullptr, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 10'000);
    if (event == nullptr || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fmt::print(stderr, "kafka_program: the topics were not deleted\n");
    }
    if (event != nullptr) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteTopic_destroy_array(wanted.data(), wanted.size());
}

}  // namespace bench
