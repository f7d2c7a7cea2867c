#include <sys/stat.h>
#include <sys/statvfs.h>

#include <fmt/core.h>

#include <optional>

#include "quipu/app/control_client.hpp"
#include "quipu/app/group_report.hpp"
#include "quipu/app/program.hpp"
#include "quipu/app/store_access.hpp"
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
    std::int64_t free_bytes = 0;  ///< on the file system
    std::string mode;             ///< of the file, octal
};

struct DoctorView {
    std::string program;
    std::string version;
    std::vector<Fact> versions;
    std::string file;
    std::optional<StoreView> store;
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
    const std::filesystem::path& file = program.arguments.common.file;
    if (!std::filesystem::exists(file)) return;
    auto store = open_to_read(file, program.definition.name);
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
                         .free_bytes = free_bytes(file),
                         .mode = {}};
    check_mode(view, *view.store, file);
    look_at_groups(program.definition, view, **store);
}

void look_for_program(const Program& program, views::DoctorView& view) {
    auto status = ControlClient(program.arguments.common.file).status();
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
    view.file = program.arguments.common.file.string();
    for (auto& [name, version] : library_versions()) view.versions.push_back({name, version});
    look_for_program(program, view);
    look_at_store(program, view);
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

void print(const Program& program, const views::DoctorView& view) {
    std::ostream& out = program.out;
    const auto line = [&](std::string_view name, std::string_view value) {
        out << fmt::format("{:<16}{}\n", name, printable(value));
    };
    line(view.program, view.version);
    for (const views::Fact& fact : view.versions) line("  " + fact.name, fact.value);
    line("file", view.store ? view.store->location : view.file + " (not made yet)");
    if (view.store) {
        const views::StoreView& store = *view.store;
        line("  engine", store.engine + ", durability " + store.durability);
        line("  events", fmt::format("{}, last position {}", store.events, store.last_position));
        line("  size", format_bytes(store.bytes) + ", of it " + format_bytes(store.wal_bytes) +
                           " in the write-ahead log; " + format_bytes(store.free_bytes) +
                           " free on the disk");
        line("  mode", store.mode);
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
