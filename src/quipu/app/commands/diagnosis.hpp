// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quipu/app/commands/group_report.hpp"
#include "quipu/app/commands/invocation.hpp"
#include "quipu/app/control/client.hpp"

namespace quipu {

namespace views {

struct Fact {
    std::string name;
    std::string value;
};

struct StoreView {
    std::string location;
    std::string engine;
    std::string durability;
    std::int64_t last_position = 0;
    std::int64_t events = 0;
    std::int64_t bytes = 0;
    std::int64_t wal_bytes = 0;
    std::int64_t free_bytes = 0;  ///< on the file system; 0 without a file
    std::string mode;             ///< of the file, octal; empty without a file
};

/// A log beside the store.
struct LogView {
    std::string location;
    std::string engine;
    bool reachable = false;
    std::vector<std::string> topic_differences;
};

struct Diagnosis {
    std::string program;
    std::string version;
    std::vector<Fact> versions;
    std::string file;  ///< or the store's URL, without secrets
    std::optional<StoreView> store;
    std::optional<LogView> log;
    std::optional<ProgramStatus> running;
    std::vector<GroupRow> groups;
    std::vector<Fact> services;
    std::vector<std::string> problems;
};

}  // namespace views

/// Examines the program's store, log, groups and services, and the running program if there is one.
/// What cannot be examined is reported as a problem.
[[nodiscard]] views::Diagnosis diagnose(const Invocation& invocation);

}  // namespace quipu
