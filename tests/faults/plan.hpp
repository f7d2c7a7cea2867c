// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace quipu::faults {

/// What a child process is to do; given to it as words name=value.
struct Plan {
    std::filesystem::path directory;  ///< of this history: the store's file, acknowledgements
    std::string mongo;                ///< a server's address; empty for SQLite
    std::string database;
    std::string brokers;
    std::string prefix;         ///< of topics and groups
    std::string member;         ///< for static membership; empty for a dynamic one
    std::string board;          ///< name of its board in the directory
    std::int64_t epoch_ms = 0;  ///< time stamp of the events' number 0
    int first_customer = 0;     ///< it publishes for these
    int customers = 0;
    int pause_us = 6000;           ///< between two events of one thread
    int members = 1;               ///< runtimes of both groups
    int storm = 0;                 ///< so many members come and go, up to this
    std::int64_t limit = 100'000;  ///< numbers of one customer, at most
    int patience = 120;            ///< seconds to become idle in
    int socket_timeout_ms = 10'000;
    int duplicates = 0;  ///< percent of records that are published twice, and late
    int delay_ms = 0;    ///< deliveries wait up to this
    std::string point;   ///< where it dies; empty for nowhere
    int after = 0;       ///< how often that point is passed before
    std::string plant;   ///< a fault that the checker must find
    unsigned seed = 1;

    [[nodiscard]] std::vector<std::string> words() const;
    void take(std::string_view word);
    [[nodiscard]] std::filesystem::path acknowledgements() const { return directory / "acks"; }
};

}  // namespace quipu::faults
