// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "quipu/app/commands/bulk_result.hpp"
#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/commands/store_changes.hpp"
#include "quipu/app/engines/store_access.hpp"
#include "quipu/base/text.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
namespace views {

struct ParkedAttempt {
    Time at{};
    std::string error;
};

/// A parked event as --json shows it.
struct ParkedView {
    std::string group;
    std::int64_t position = 0;
    std::string key;
    std::string state;           ///< retry, held, behind
    std::optional<Time> due_at;  ///< of the next attempt; null for held and behind
    std::vector<ParkedAttempt> attempts;
    std::optional<std::int64_t> dead_letter;
    std::string source;
    std::optional<std::int64_t> behind = {};  ///< position; only in `show`
};

struct RetryView {
    std::string group;
    std::int64_t position = 0;
    bool ok = false;
    std::string error;
};

}  // namespace views

namespace {

constexpr std::size_t page = 500;

struct ListOptions {
    std::string group;
    std::optional<std::string> key;
    std::size_t limit = 100;  ///< 0: all
};

struct RetryOptions {
    std::string group;
    std::vector<std::int64_t> positions;
    bool all = false;
};

views::ParkedView view_of(const Parked& entry, bool first_of_key) {
    views::ParkedView view{.group = to_valid_utf8(entry.group),
                           .position = entry.position,
                           .key = to_valid_utf8(entry.key),
                           .state = "retry",
                           .due_at = entry.due_at,
                           .attempts = {},
                           .dead_letter = {},
                           .source = to_valid_utf8(entry.source)};
    if (entry.letter != 0) view.dead_letter = entry.letter;
    if (entry.held() || !first_of_key) {
        view.state = entry.held() ? "held" : "behind";
        view.due_at.reset();
    }
    for (const Attempt& attempt : entry.attempts) {
        view.attempts.push_back({attempt.at, to_valid_utf8(attempt.error)});
    }
    return view;
}

/// Calls `visit` with each entry, by position, and whether it is the first of its key, until it
/// says false.
Result<void> each_parked(Store& store, const std::string& group,
                         const std::optional<std::string>& key,
                         const std::function<bool(const Parked&, bool)>& visit) {
    std::set<std::string> keys;
    for (std::int64_t after = 0;;) {
        const auto entries =
            key ? store.parked_of_key(group, *key, after, page) : store.parked(group, after, page);
        if (!entries) return std::unexpected(entries.error());
        if (entries->empty()) return {};
        after = entries->back().position;
        for (const Parked& entry : *entries) {
            const bool first = entry.key.empty() || keys.insert(entry.key).second;
            if (!visit(entry, first)) return {};
        }
    }
}

Result<std::vector<std::string>> groups_of(Store& store, const std::string& group) {
    if (!group.empty()) return std::vector{group};
    const auto groups = store.groups();
    if (!groups) return std::unexpected(groups.error());
    std::vector<std::string> names;
    for (const GroupPosition& each : *groups) names.push_back(each.group);
    return names;
}

std::string due_text(const views::ParkedView& view) {
    return view.due_at ? format_time(*view.due_at) : "-";
}

int list(const Invocation& invocation, const ListOptions& options) {
    auto opened = open_to_read(invocation.definition, invocation.engines);
    if (!opened) return invocation.fail(opened.error());
    Store& store = **opened;
    const auto groups = groups_of(store, options.group);
    if (!groups) return invocation.fail(groups.error());
    Table table({"GROUP", "POSITION", "KEY", "STATE", "ATTEMPTS", "NEXT ATTEMPT", "ERROR"});
    std::size_t count = 0;
    bool more = false;
    for (const std::string& group : *groups) {
        const auto listed =
            each_parked(store, group, options.key, [&](const Parked& entry, bool first_of_key) {
                if (options.limit != 0 && count == options.limit) {
                    more = true;
                    return false;
                }
                ++count;
                const views::ParkedView view = view_of(entry, first_of_key);
                if (invocation.json) {
                    invocation.print_json(view);
                } else {
                    table.add({view.group, std::to_string(view.position), view.key, view.state,
                               std::to_string(view.attempts.size()), due_text(view),
                               view.attempts.empty() ? "" : view.attempts.back().error});
                }
                return true;
            });
        if (!listed) return invocation.fail(listed.error());
    }
    if (!invocation.json) {
        if (count == 0) {
            invocation.out << "Nothing is parked.\n";
        } else {
            table.print(invocation.out);
        }
    }
    if (more) invocation.err << "There are more parked events; --limit 0 lists all\n";
    return to_int(ExitCode::done);
}

Error nothing_parked(const std::string& group, std::int64_t position) {
    return {ErrorCode::not_found,
            "group " + group + " has nothing parked at position " + std::to_string(position)};
}

Result<Parked> find_entry(Store& store, const std::string& group, std::int64_t position) {
    auto found = store.parked(group, position - 1, 1);
    if (!found) return std::unexpected(std::move(found.error()));
    if (found->empty() || found->front().position != position) {
        return std::unexpected(nothing_parked(group, position));
    }
    return std::move(found->front());
}

/// The first entry of its key, which it waits for; nothing when it is that itself.
Result<std::optional<Parked>> find_head(Store& store, const Parked& entry) {
    if (entry.key.empty()) return std::nullopt;
    auto found = store.parked_of_key(entry.group, entry.key, 0, 1);
    if (!found) return std::unexpected(std::move(found.error()));
    if (found->empty() || found->front().position >= entry.position) return std::nullopt;
    return std::move(found->front());
}

std::string describe_head(const Parked& head) {
    const std::string position = "position " + std::to_string(head.position);
    if (head.held()) {
        return position + ", which is held by dead letter " + std::to_string(head.letter);
    }
    return position + ", whose next attempt is at " + format_time(head.due_at);
}

std::string state_text(const Parked& entry, const std::optional<Parked>& head) {
    if (entry.held()) {
        return "held by dead letter " + std::to_string(entry.letter) + ", see 'dead-letters show " +
               std::to_string(entry.letter) + "'";
    }
    if (head) return "waits behind " + describe_head(*head);
    return "next attempt at " + format_time(entry.due_at);
}

int show(const Invocation& invocation, const std::string& group, std::int64_t position) {
    auto store = open_to_read(invocation.definition, invocation.engines);
    if (!store) return invocation.fail(store.error());
    const auto entry = find_entry(**store, group, position);
    if (!entry) return invocation.fail(entry.error());
    const auto head = find_head(**store, *entry);
    if (!head) return invocation.fail(head.error());
    views::ParkedView view = view_of(*entry, !head->has_value());
    if (*head) view.behind = (*head)->position;
    if (invocation.json) return invocation.print_json(view);
    std::ostream& out = invocation.out;
    out << "position " << position << " of group " << printable(group) << ", key "
        << (entry->key.empty() ? "none" : printable(entry->key)) << '\n';
    out << state_text(*entry, *head) << '\n';
    if (entry->letter != 0 && !entry->held()) {
        out << "requeued from dead letter " << entry->letter << '\n';
    }
    for (const views::ParkedAttempt& attempt : view.attempts) {
        out << "  " << format_time(attempt.at) << "  attempt failed: " << printable(attempt.error)
            << '\n';
    }
    return to_int(ExitCode::done);
}

/// Those that wait for an attempt, when `all`; else those that are named.
Result<std::vector<std::int64_t>> chosen(Store& store, const RetryOptions& options) {
    if (!options.all) return options.positions;
    std::vector<std::int64_t> positions;
    auto found =
        each_parked(store, options.group, std::nullopt, [&](const Parked& entry, bool first) {
            if (first && !entry.held()) positions.push_back(entry.position);
            return true;
        });
    if (!found) return std::unexpected(std::move(found.error()));
    return positions;
}

/// Whether a retry of it would have an effect; what holds it says the store, too.
Result<void> check_retry(const Invocation& invocation, Store& store, const std::string& group,
                         std::int64_t position) {
    const auto entry = find_entry(store, group, position);
    if (!entry) return std::unexpected(entry.error());
    if (entry->held()) {
        const std::string letter = std::to_string(entry->letter);
        return fail(ErrorCode::conflict, "position " + std::to_string(position) + " of group " +
                                             group + " is held by dead letter " + letter +
                                             "; run '" + invocation.definition.name +
                                             " dead-letters requeue " + letter + "'");
    }
    const auto head = find_head(store, *entry);
    if (!head) return std::unexpected(head.error());
    if (!*head) return {};
    return fail(ErrorCode::conflict, "position " + std::to_string(position) + " of group " + group +
                                         " waits behind " + describe_head(**head));
}

int retry(const Invocation& invocation, const RetryOptions& options) {
    auto store = open_to_read(invocation.definition, invocation.engines);
    if (!store) return invocation.fail(store.error());
    const auto positions = chosen(**store, options);
    if (!positions) return invocation.fail(positions.error());
    auto changes = open_store_changes(invocation.definition, invocation.engines, false);
    if (!changes) return invocation.fail(changes.error());
    BulkResult result(invocation);
    for (const std::int64_t position : *positions) {
        auto done = check_retry(invocation, **store, options.group, position);
        if (done) done = (*changes)->retry_now(options.group, position);
        // With --all it may have been handled since it was chosen.
        if (!done && options.all && done.error().code == ErrorCode::not_found) continue;
        result.add(done);
        if (invocation.json) {
            invocation.print_json(
                views::RetryView{.group = to_valid_utf8(options.group),
                                 .position = position,
                                 .ok = done.has_value(),
                                 .error = done ? std::string{} : done.error().message});
        }
        if (!BulkResult::goes_on(done)) break;
    }
    return result.finish(positions->size(), "made due now");
}

constexpr std::string_view examples =
    "  $P parked list\n"
    "  $P parked list --group billing --key o-1\n"
    "  $P parked show billing 17\n"
    "  $P parked retry billing 17\n"
    "  $P parked retry billing --all";
constexpr SharedOptions shared{.store = true, .json = true};

void add_list(CommandSet& commands, CommandLine::Command above,
              const std::shared_ptr<ListOptions>& options) {
    CommandLine::Command command = commands.add_below(
        above,
        {.name = "list",
         .summary = "List parked events, by group and position",
         .examples = examples,
         .shared = shared,
         .run = [options](const Invocation& invocation) { return list(invocation, *options); }});
    command.add("--group", options->group, "Only those of this group").placeholder("NAME");
    command.add("--key", options->key, "Only those of this key").placeholder("KEY");
    command.add("--limit", options->limit, "At most N parked events; 0 for all (100)")
        .placeholder("N");
}

void add_show_entry(CommandSet& commands, CommandLine::Command above) {
    struct Place {
        std::string group;
        std::int64_t position = 0;
    };
    const auto place = std::make_shared<Place>();
    CommandLine::Command command = commands.add_below(
        above, {.name = "show",
                .summary = "Show a parked event: its attempts, the next one, what it waits behind",
                .examples = examples,
                .shared = shared,
                .run = [place](const Invocation& invocation) {
                    return show(invocation, place->group, place->position);
                }});
    command.add("GROUP", place->group, "The group").required();
    command.add("POSITION", place->position, "Position of the event").required();
}

void add_retry(CommandSet& commands, CommandLine::Command above) {
    const auto options = std::make_shared<RetryOptions>();
    CommandLine::Command command = commands.add_below(
        above,
        {.name = "retry",
         .summary = "Make the next attempt of parked events due now",
         .examples = examples,
         .shared = shared,
         .run = [options](const Invocation& invocation) { return retry(invocation, *options); },
         .check = [options]() -> CommandLine::Taken {
             if (options->all != options->positions.empty()) {
                 return std::unexpected("give either positions or --all");
             }
             return {};
         }});
    command.add("GROUP", options->group, "The group").required();
    command.add("POSITION", options->positions, "Positions of parked events");
    command.add_flag("--all", options->all, "All that wait for an attempt");
}

}  // namespace

void add_parked(CommandSet& commands) {
    const auto listed = std::make_shared<ListOptions>();
    CommandLine::Command command = commands.add(
        {.name = "parked",
         .summary = "Inspect or retry events that wait for another attempt",
         .examples = examples,
         .shared = shared,
         .run = [listed](const Invocation& invocation) { return list(invocation, *listed); }});
    add_list(commands, command, listed);
    add_show_entry(commands, command);
    add_retry(commands, command);
}

}  // namespace quipu
