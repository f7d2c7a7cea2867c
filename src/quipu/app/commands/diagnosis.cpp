// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <fmt/core.h>

#include "quipu/app/commands/diagnosis.hpp"
#include "quipu/app/commands/versions.hpp"
#include "quipu/app/engines/store_access.hpp"
#include "quipu/app/engines/topic_plan.hpp"

namespace quipu {

namespace {

std::int64_t free_bytes(const std::filesystem::path& file) {
    struct statvfs info{};
    if (::statvfs(file.c_str(), &info) != 0) return 0;
    return static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize);
}

void check_mode(views::Diagnosis& view, views::StoreView& store,
                const std::filesystem::path& file) {
    struct stat info{};
    if (::stat(file.c_str(), &info) != 0) return;
    store.mode = fmt::format("{:04o}", info.st_mode & 07777U);
    if ((info.st_mode & 077U) != 0) {
        view.problems.push_back("other users can open the store (mode " + store.mode +
                                "); run 'chmod 600 " + file.string() + "'");
    }
}

void look_at_groups(const AppDefinition& definition, views::Diagnosis& view, Store& store) {
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

void look_at_store(const Invocation& invocation, views::Diagnosis& view) {
    const EngineOptions& engines = invocation.engines;
    const std::filesystem::path& file = engines.store.file;
    if (engines.one_writer() && !std::filesystem::exists(file)) return;
    auto store = open_to_read(invocation.definition, engines);
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
    look_at_groups(invocation.definition, view, **store);
}

void look_at_log(const Invocation& invocation, views::Diagnosis& view) {
    const EngineOptions& engines = invocation.engines;
    if (!engines.has_log()) return;
    views::LogView& shown = view.log.emplace();
    shown.location = engines.log.shown();
    auto log = open_log(engines, invocation.definition.name, {});
    if (!log) {
        view.problems.push_back(log.error().message);
        return;
    }
    // Unlike health(), this waits for an answer.
    auto changes = topic_changes(**log, *invocation.definition.types, engines.replication);
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
                                invocation.definition.name + " topics apply'");
    }
}

void look_for_program(const Invocation& invocation, views::Diagnosis& view) {
    auto status = running_program(invocation.engines);
    if (status) {
        view.running = std::move(*status);
        for (const std::string& reason : view.running->not_ready_because) {
            view.problems.push_back("not ready: " + reason);
        }
    } else if (status.error().code != ErrorCode::unavailable) {
        view.problems.push_back(status.error().message);
    }
}

}  // namespace

views::Diagnosis diagnose(const Invocation& invocation) {
    const AppDefinition& definition = invocation.definition;
    views::Diagnosis view;
    view.program = definition.name;
    view.version = definition.version;
    view.file = invocation.engines.store.shown();
    for (auto& [name, version] : library_versions()) view.versions.push_back({name, version});
    look_for_program(invocation, view);
    look_at_store(invocation, view);
    look_at_log(invocation, view);
    for (std::string& problem : view.problems) problem = mask_secrets(problem);
    for (Service* service : definition.services) {
        std::vector<std::pair<std::string, std::string>> facts;
        service->describe(facts);
        for (auto& [name, value] : facts) view.services.push_back({name, value});
    }
    return view;
}

}  // namespace quipu
