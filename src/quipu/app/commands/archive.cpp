// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "quipu/app/commands/bulk_result.hpp"
#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/commands/store_changes.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
namespace views {

struct ArchiveResult {
    std::string event_id;
    bool ok = false;
    std::string error;
};

}  // namespace views

namespace {

struct ArchiveOptions {
    std::vector<std::string> ids;
    std::string reason;
};

int archive(const Invocation& invocation, const ArchiveOptions& options) {
    auto changes = open_store_changes(invocation.definition, invocation.engines, false);
    if (!changes) return invocation.fail(changes.error());
    BulkResult result(invocation);
    for (const std::string& id : options.ids) {
        const auto done = (*changes)->archive(id, options.reason);
        result.add(done);
        if (invocation.json) {
            invocation.print_json(
                views::ArchiveResult{.event_id = id,
                                     .ok = done.has_value(),
                                     .error = done ? std::string{} : done.error().message});
        }
        if (!BulkResult::goes_on(done)) break;
    }
    return result.finish(options.ids.size(), "archived");
}

}  // namespace

void add_archive(CommandSet& commands) {
    const auto options = std::make_shared<ArchiveOptions>();
    CommandLine::Command command = commands.add(
        {.name = "archive",
         .summary = "Take events out of the log: no group handles them any more",
         .examples = "  $P archive 0192f0c4-7c55-7000-8000-0123456789ab --reason \"test data\"",
         .shared = {.store = true, .json = true},
         .run = [options](const Invocation& invocation) { return archive(invocation, *options); },
         .check = [options]() -> CommandLine::Taken {
             if (options->reason.empty()) return std::unexpected("--reason TEXT is required");
             return {};
         }});
    command.add("ID", options->ids, "Ids of events").required();
    command.add("--reason", options->reason, "Why; it is kept with the event").placeholder("TEXT");
}

}  // namespace quipu
