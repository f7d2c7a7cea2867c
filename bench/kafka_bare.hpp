// SPDX-License-Identifier: Apache-2.0
// The yardstick: librdkafka's C API with the settings that the library's log uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "quipu/log/topic_log.hpp"

namespace bench {

/// What one round has cost.
struct Cost {
    double per_second = 0;
    double cpu_us = 0;  ///< of this process, all threads, for one event
};

struct Latency {
    double p50_ms = 0;
    double p99_ms = 0;
    double per_second = 0;  ///< what was reached of the offered rate
};

/// Where a bare producer asks for its delivery reports: in between its own calls, which a library
/// with callbacks cannot, or on a thread of its own.
enum class Reports { in_between, on_a_thread };

/// librdkafka parses a record's headers when they are first requested.
enum class Headers { left, read };

/// Sends `count` records, those of `pool` again and again, until all are acknowledged.
[[nodiscard]] Cost bare_produce(const std::string& brokers, const std::string& topic,
                                const std::vector<quipu::LogRecord>& pool, std::size_t count,
                                Reports reports = Reports::in_between);

/// Reads `count` records from the beginning and every byte of their values.
[[nodiscard]] Cost bare_consume(const std::string& brokers, const std::string& topic,
                                std::size_t count, Headers headers);

/// Sends records at a rate for some seconds and reads them in another thread.
[[nodiscard]] Latency bare_latency(const std::string& brokers, const std::string& topic,
                                   const std::vector<quipu::LogRecord>& pool,
                                   std::size_t per_second, std::size_t seconds);

/// From the call that sends a record to the broker's acknowledgement.
[[nodiscard]] Latency bare_acknowledgement(const std::string& brokers, const std::string& topic,
                                           const std::vector<quipu::LogRecord>& pool,
                                           std::size_t per_second, std::size_t seconds);

void delete_topics(const std::string& brokers, const std::vector<std::string>& topics);

/// Ends the program with a message.
[[noreturn]] void give_up(const std::string& message);

}  // namespace bench
