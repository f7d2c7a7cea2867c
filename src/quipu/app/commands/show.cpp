// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <optional>

#include "quipu/app/commands/causal_tree.hpp"
#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/commands/event_output.hpp"
#include "quipu/app/engines/store_access.hpp"
#include "quipu/base/text.hpp"

namespace quipu {

// Reflection needs types with external linkage, so these are not in the unnamed namespace.
namespace views {

struct GroupOutcome {
    std::string group;
    std::string state;  ///< waiting, parked …, held by dead letter 3 …, finished …
    std::optional<std::int64_t> attempts;  ///< that failed, as far as the store knows
};

struct ArchiveView {
    Time deleted_at{};
    std::string deleted_by;
    std::string reason;
};

/// An event of a story, each after its cause.
struct TreeEvent {
    std::size_t depth = 0;
    std::int64_t position = 0;
    std::string event_id;
    std::string event_type;
    Time timestamp{};
    bool asked = false;
    bool cause_is_missing = false;
};

struct TreeView {
    std::vector<TreeEvent> events;
    bool complete = true;
};

struct ShowView {
    EventView record;
    std::vector<GroupOutcome> groups;
    std::optional<ArchiveView> archived;
};

}  // namespace views

namespace {

Result<std::optional<Record>> find(Store& store, const std::string& id) {
    auto found = store.find(id);
    if (!found || *found) return found;
    std::int64_t position = 0;
    const auto [end, problem] = std::from_chars(id.data(), id.data() + id.size(), position);
    if (problem != std::errc{} || end != id.data() + id.size()) return found;
    return store.at(position);
}

std::optional<DeadLetter> letter_of(Store& store, const std::string& group, std::int64_t position) {
    constexpr std::size_t page = 100;
    std::optional<DeadLetter> last;
    for (std::int64_t after = 0;;) {
        auto letters = store.dead_letters(group, std::nullopt, after, page);
        if (!letters || letters->empty()) return last;
        after = letters->back().id;
        for (DeadLetter& letter : *letters) {
            if (letter.record != nullptr && letter.record->position == position) last = letter;
        }
    }
}

std::string counted(std::size_t attempts) {
    return std::to_string(attempts) + (attempts == 1 ? " attempt" : " attempts");
}

std::string parked_state(const Parked& entry, const std::optional<DeadLetter>& letter) {
    const std::string name = letter ? "dead letter " + std::to_string(letter->id) : "dead letter";
    if (entry.held()) {
        return "held by " + name +
               (letter ? " after " + counted(letter->attempts.size()) : std::string{});
    }
    if (entry.letter != 0 && entry.attempts.empty()) {
        return name + " (requeued), next attempt at " + format_time(entry.due_at);
    }
    if (entry.attempts.empty()) return "parked behind an earlier event of its key";
    return "parked after " + counted(entry.attempts.size()) + ", next at " +
           format_time(entry.due_at);
}

std::string letter_state(const DeadLetter& letter) {
    const std::string name = "dead letter " + std::to_string(letter.id);
    if (letter.status == DeadLetter::Status::resolved) {
        return "finished after " + counted(letter.attempts.size()) + " that failed (" + name +
               ", resolved)";
    }
    return name + " (" + to_string(letter.status) + ") after " + counted(letter.attempts.size());
}

views::GroupOutcome outcome(Store& store, const GroupPosition& group, std::int64_t position) {
    views::GroupOutcome result{.group = group.group, .state = "waiting", .attempts = {}};
    const bool finished =
        position <= group.position ||
        std::ranges::find(group.finished_above, position) != group.finished_above.end();
    if (!finished) return result;
    const auto letter = letter_of(store, group.group, position);
    if (letter) result.attempts = std::ssize(letter->attempts);
    const auto parked = store.parked(group.group, position - 1, 1);
    if (parked && !parked->empty() && parked->front().position == position) {
        const Parked& entry = parked->front();
        result.attempts = result.attempts.value_or(0) + std::ssize(entry.attempts);
        if (entry.held() && letter) result.attempts = std::ssize(letter->attempts);
        result.state = parked_state(entry, letter);
    } else {
        result.state = letter ? letter_state(*letter) : "finished";
    }
    return result;
}

bool handles(const AppDefinition& definition, const std::string& group, const Record& record) {
    for (const GroupBinding& binding : definition.groups) {
        if (binding.group != group) continue;
        return std::ranges::any_of(binding.subscriptions, [&](const Subscription& subscription) {
            return subscription.event_type == record.event_type;
        });
    }
    return false;
}

std::vector<views::GroupOutcome> outcomes(const Invocation& invocation, Store& store,
                                          const Record& record) {
    std::vector<views::GroupOutcome> result;
    const auto groups = store.groups();
    if (!groups) return result;
    for (const GroupPosition& group : *groups) {
        if (!handles(invocation.definition, group.group, record)) continue;
        result.push_back(outcome(store, group, record.position));
    }
    return result;
}

void print(const Invocation& invocation, const Record& record, const views::ShowView& view) {
    std::ostream& out = invocation.out;
    const auto line = [&](std::string_view name, std::string_view value) {
        out << name << std::string(14 - name.size(), ' ') << printable(value) << '\n';
    };
    line("event_id", record.event_id);
    line("event_type", record.event_type);
    line("position", std::to_string(record.position));
    line("key", record.key);
    if (!record.aggregate_id.empty()) {
        line("aggregate_id", record.aggregate_id);
        line("sequence", std::to_string(record.sequence));
    }
    line("timestamp", format_time(record.timestamp));
    line("stored_at", format_time(record.stored_at));
    if (record.expires_at) line("expires_at", format_time(*record.expires_at));
    for (const auto& [name, value] : record.headers)
        line("header", std::string(name).append(": ").append(value));
    for (const views::GroupOutcome& group : view.groups)
        line("group", group.group + ": " + group.state);
    if (view.archived) {
        line("archived", format_time(view.archived->deleted_at) + " by " +
                             view.archived->deleted_by + ": " + view.archived->reason);
    }
    out << pretty_json(record.body) << '\n';
}

int show_tree(const Invocation& invocation, Store& store, const Record& record) {
    const auto tree = causal_tree(store, record);
    if (!tree) return invocation.fail(tree.error());
    if (invocation.json) {
        views::TreeView view{.events = {}, .complete = tree->complete};
        for (const CausalEvent& event : tree->events) {
            view.events.push_back({.depth = event.depth,
                                   .position = event.record.position,
                                   .event_id = to_valid_utf8(event.record.event_id),
                                   .event_type = to_valid_utf8(event.record.event_type),
                                   .timestamp = event.record.timestamp,
                                   .asked = event.asked,
                                   .cause_is_missing = event.orphan});
        }
        return invocation.print_json(view);
    }
    for (const CausalEvent& event : tree->events) {
        invocation.out << format_time(event.record.timestamp) << "  "
                       << std::string(2 * event.depth, ' ') << printable(event.record.event_type)
                       << ' ' << printable(event.record.event_id) << " at position "
                       << event.record.position << (event.asked ? "  <--" : "")
                       << (event.orphan ? "  (its cause is not stored)" : "") << '\n';
    }
    if (!tree->complete) invocation.err << "There are more events; 1000 are shown\n";
    return to_int(ExitCode::done);
}

int show_event(const Invocation& invocation, const std::string& id, bool tree) {
    auto store = open_to_read(invocation.definition, invocation.engines);
    if (!store) return invocation.fail(store.error());
    auto found = find(**store, id);
    if (!found) return invocation.fail(found.error());
    views::ShowView view;
    if (!*found) {
        auto archived = (*store)->archived(id);
        if (!archived) return invocation.fail(archived.error());
        if (!*archived) {
            return invocation.fail({ErrorCode::not_found, "no event has the id or position '" + id +
                                                              "' in " +
                                                              invocation.engines.store.shown()});
        }
        view.archived = views::ArchiveView{.deleted_at = (*archived)->deleted_at,
                                           .deleted_by = (*archived)->deleted_by,
                                           .reason = (*archived)->reason};
        *found = std::move((*archived)->record);
    } else {
        view.groups = outcomes(invocation, **store, **found);
    }
    if (tree) return show_tree(invocation, **store, **found);
    view.record = view_of(**found);
    if (invocation.json) return invocation.print_json(view);
    print(invocation, **found, view);
    return to_int(ExitCode::done);
}

}  // namespace

void add_show(CommandSet& commands) {
    const auto id = std::make_shared<std::string>();
    const auto tree = std::make_shared<bool>(false);
    CommandLine::Command command = commands.add(
        {.name = "show",
         .summary = "Show one event and what each group did with it",
         .examples = "  $P show 0198a6c2-7f5e-7c3b-9d53-1f0a4be0c001\n"
                     "  $P show 17                   the event at position 17\n"
                     "  $P show 17 --json\n"
                     "  $P show 17 --tree            what led to it, and what it has led to",
         .shared = {.store = true, .json = true},
         .run = [id, tree](const Invocation& invocation) {
             return show_event(invocation, *id, *tree);
         }});
    command.add("ID", *id, "Id or position of the event").required();
    command.add_flag("--tree", *tree, "Show the events of its story: each below its cause");
}

}  // namespace quipu
