// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quipu/app/app.hpp"
#include "quipu/app/engines/engines.hpp"
#include "quipu/app/settings/settings.hpp"
#include "quipu/event/time.hpp"
#include "quipu/store/transaction.hpp"

namespace quipu {

/// Options that every command takes.
struct CommonArguments {
    EngineOptions engines;
    std::string http;  ///< "host:port"; empty for none
    bool json = false;
    bool quiet = false;
    std::string log_level = "info";
};

struct RunArguments {
    bool once = false;
    bool crash_only = false;  ///< durability against the death of the process only
    bool allow_remote = false;
    std::vector<std::string> allowed_hosts;
    std::chrono::seconds drain_timeout{30};
    std::chrono::seconds stuck_after{60};
};

struct PublishArguments {
    std::string event_type;
    std::string json = "{}";
    std::string key;
    std::string event_id;
    std::optional<std::string> aggregate_id;
    std::optional<std::string> user_id;
    std::optional<std::int64_t> expected_sequence;
    bool wait_for_log = false;
    std::chrono::seconds wait_timeout{30};
};

struct TailArguments {
    std::vector<std::string> event_types;
    std::optional<std::int64_t> after;  ///< position
    std::int64_t last = 10;
    std::optional<std::int64_t> count;
    bool follow = true;
    bool body = false;
};

struct EventsArguments {
    std::vector<std::string> event_types;
    std::string aggregate_id;
    std::string execution_id;
    std::string user_id;
    std::optional<Time> from;
    std::optional<Time> until;
    std::vector<std::pair<std::string, std::string>> members;
    bool newest_first = false;
    std::size_t limit = 100;  ///< 0: all
    std::string cursor;
    bool body = false;
};

struct DeadLettersArguments {
    enum class Action { list, show, requeue, discard } action = Action::list;
    std::vector<std::int64_t> ids;
    bool all = false;
    std::string group;
    std::string event_type;
    std::optional<DeadLetter::Status> status = DeadLetter::Status::open;  ///< list: nothing for any
    std::size_t limit = 100;                                              ///< list; 0: all
    double rate = 100;                                                    ///< requeue, per second
    std::string reason;
};

struct TopicsArguments {
    enum class Action { plan, diff, apply } action = Action::plan;
};

struct PromoteArguments {
    std::filesystem::path file;
    std::string published_until;  ///< a position, or "end"; empty: nothing is published yet
};

/// A command line that was understood.
struct Arguments {
    std::string command;
    Settings settings;  ///< all of them; what commands need of them stands below, too
    CommonArguments common;
    RunArguments run;
    PublishArguments publish;
    TailArguments tail;
    EventsArguments events;
    DeadLettersArguments dead_letters;
    TopicsArguments topics;
    PromoteArguments promote;
    bool reference = false;        ///< config: describe the settings
    std::string event_id;          ///< show: id or position
    std::vector<std::string> own;  ///< for a command of the program
};

/// Reads the command line of a program whose name, types and commands are complete in
/// `definition`. When there is nothing to do but to print (help, version, a mistake), prints it and
/// gives the exit code in place of the arguments.
[[nodiscard]] std::expected<Arguments, int> parse_arguments(int argc, char** argv,
                                                            const AppDefinition& definition,
                                                            std::ostream& out, std::ostream& err);

}  // namespace quipu
