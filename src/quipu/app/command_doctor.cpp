#include <sys/stat.h>
#include <sys/statvfs.h>

#include <fmt/core.h>

#include <optional>

#include "quipu/app/control_client.hpp"
#include "quipu/app/group_report.hpp"
#include "quipu/app/program.hpp"
#include "quipu/app/store_access.hpp"
#include "quipu/app/topic_plan.hpp"
#include "quipu/app/versions.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
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

struct DoctorView {
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

namespace {

std::int64_t free_bytes(const std::filesystem::path& file) {
    struct statvfs info{};
    if (::statvfs(file.c_str(), &info) != 0) return 0;
    return static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize);
}

void check_mode(views::DoctorView& view, views::StoreView& store,
                const std::filesystem::path& file) {
    struct stat info{};
    if (::stat(file.c_str(), &info) != 0) return;
    store.mode = fmt::format("{:04o}", info.st_mode & 07777U);
    if ((info.st_mode & 077U) != 0) {
        view.problems.push_back("others may open the store (mode " + store.mode +
                                "); run 'chmod 600 " + file.string() + "'");
    }
}

void look_at_groups(const AppDefinition& definition, views::DoctorView& view, Store& store) {
    auto rows = group_report(definition, store, view.running);
    if (!rows) {
        view.problems.push_back(rows.error().message);
        return;
    }
    view.groups = std::move(*rows);
    for (const GroupRow& row : view.groups) {
        if (row.dead_letters > 0) {
            view.problems.push_back("group " + row.group + " has " +
                                    std::to_string(row.dead_letters) + " open dead letters; run '" +
                                    definition.name + " dead-letters list --group " + row.group +
                                    "'");
        }
        if (row.problem) view.problems.push_back("group " + row.group + ": " + *row.problem);
    }
}

void look_at_store(const Program& program, views::DoctorView& view) {
    const EngineOptions& engines = program.arguments.common.engines;
    const std::filesystem::path& file = engines.store.file;
    if (engines.one_writer() && !std::filesystem::exists(file)) return;
    auto store = open_to_read(program.definition, engines);
    if (!store) {
        view.problems.push_back(store.error().message);
        return;
    }
    const auto health = (*store)->health();
    if (!health) {
        view.problems.push_back(health.error().message);
        return;
    }
    view.store =
        views::StoreView{.location = health->location,
                         .engine = health->engine,
                         .durability = view.running ? view.running->durability : health->durability,
                         .last_position = health->last_position,
                         .events = health->events,
                         .bytes = health->bytes,
                         .wal_bytes = health->wal_bytes,
                         .free_bytes = engines.one_writer() ? free_bytes(file) : 0,
                         .mode = {}};
    if (engines.one_writer()) check_mode(view, *view.store, file);
    look_at_groups(program.definition, view, **store);
}

void look_at_log(const Program& program, views::DoctorView& view) {
    const EngineOptions& engines = program.arguments.common.engines;
    if (!engines.has_log()) return;
    views::LogView& shown = view.log.emplace();
    shown.location = engines.log.shown();
    auto log = open_log(engines, program.definition.name, {});
    if (!log) {
        view.problems.push_back(log.error().message);
        return;
    }
    // Waits for an answer, unlike health().
    auto changes = topic_changes(**log, *program.definition.types, engines.replication);
    shown.engine = (*log)->health().engine;
    shown.reachable = changes.has_value();
    if (!changes) {
        view.problems.push_back("log " + shown.location + ": " + changes.error().message);
        return;
    }
    for (const TopicChange& change : *changes) {
        shown.topic_differences.push_back(change.spec.event_type + ": " + describe(change));
    }
    if (const std::string missing = missing_topics(*changes); !missing.empty()) {
        view.problems.push_back("the log lacks the topics " + missing + "; run '" +
                                program.definition.name + " topics apply'");
    }
}

void look_for_program(const Program& program, views::DoctorView& view) {
    auto status = running_program(program.arguments.common.engines);
    if (status) {
        view.running = std::move(*status);
        for (const std::string& reason : view.running->not_ready_because) {
            view.problems.push_back("not ready: " + reason);
        }
    } else if (status.error().code != ErrorCode::unavailable) {
        view.problems.push_back(status.error().message);
    }
}

views::DoctorView examine(const Program& program) {
    const AppDefinition& definition = program.definition;
    views::DoctorView view;
    view.program = definition.name;
    view.version = definition.version;
    view.file = program.arguments.common.engines.store.shown();
    for (auto& [name, version] : library_versions()) view.versions.push_back({name, version});
    look_for_program(program, view);
    look_at_store(program, view);
    look_at_log(program, view);
    for (std::string& problem : view.problems) problem = mask_secrets(problem);
    for (Service* service : definition.services) {
        std::vector<std::pair<std::string, std::string>> facts;
        service->describe(facts);
        for (auto& [name, value] : facts) view.services.push_back({name, value});
    }
    return view;
}

std::string about(const ProgramStatus& running) {
    return running.program + " " + running.version + ", process " + std::to_string(running.pid) +
           " since " + format_time(running.started_at) +
           (running.http.empty() ? "" : ", http://" + running.http) +
           (running.ready ? ", ready" : ", not ready");
}

template <class Line>
void print_store(const Line& line, const views::StoreView& store) {
    line("  engine", store.engine + ", durability " + store.durability);
    line("  events", fmt::format("{}, last position {}", store.events, store.last_position));
    if (store.mode.empty()) {
        line("  size", format_bytes(store.bytes));
        return;
    }
    line("  size", format_bytes(store.bytes) + ", of it " + format_bytes(store.wal_bytes) +
                       " in the write-ahead log; " + format_bytes(store.free_bytes) +
                       " free on the disk");
    line("  mode", store.mode);
}

void print(const Program& program, const views::DoctorView& view) {
    std::ostream& out = program.out;
    const auto line = [&](std::string_view name, std::string_view value) {
        out << fmt::format("{:<16}{}\n", name, printable(value));
    };
    line(view.program, view.version);
    for (const views::Fact& fact : view.versions) line("  " + fact.name, fact.value);
    line("store", view.store ? view.store->location : view.file + " (not made yet)");
    if (view.store) print_store(line, *view.store);
    line("log", view.log ? view.log->location : "store");
    if (view.log) {
        line("  engine", view.log->engine + (view.log->reachable ? "" : ", does not answer"));
        for (const std::string& text : view.log->topic_differences) line("  topic", text);
    }
    line("running", view.running ? about(*view.running) : "no");
    for (const GroupRow& row : view.groups) {
        line("group", fmt::format("{}: position {}, lag {}, parked {}, dead letters {}{}",
                                  row.group, row.position, row.lag, row.parked, row.dead_letters,
                                  row.in_store ? "" : " (has not run yet)"));
    }
    for (const views::Fact& fact : view.services) line(fact.name, fact.value);
    for (const std::string& problem : view.problems) line("PROBLEM", problem);
    if (view.problems.empty()) out << "No problems found.\n";
}

}  // namespace

int doctor_command(const Program& program) {
    const views::DoctorView view = examine(program);
    const ExitCode code = view.problems.empty() ? ExitCode::done : ExitCode::no;
    if (program.arguments.common.json) return program.print_json(view, code);
    print(program, view);
    return to_int(code);
}

}  // namespace quipu
