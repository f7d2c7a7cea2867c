// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <thread>

#include "quipu/app/commands/bulk_result.hpp"
#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/commands/event_output.hpp"
#include "quipu/app/commands/later_events.hpp"
#include "quipu/app/commands/store_changes.hpp"
#include "quipu/app/engines/store_access.hpp"
#include "quipu/base/text.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
namespace views {

struct AttemptView {
    Time at{};
    std::string error;
};

struct StepView {
    std::string what;
    Time at{};
    std::string by;
    std::string reason;
};

/// A dead letter as --json shows it; `record` only in `show`.
struct LetterView {
    std::int64_t id = 0;
    std::string group;
    std::string event_type;
    std::string event_id;
    std::int64_t position = 0;
    std::string status;
    bool holds_key = false;
    Time failed_at{};
    std::string error;
    std::vector<AttemptView> attempts;
    std::vector<StepView> history;
    std::string note;
    Omittable<EventView> record = {};
};

struct ChangeView {
    std::int64_t id = 0;
    bool ok = false;
    std::string error;
};

}  // namespace views

namespace {

/// Which dead letters are meant: by number, or all open ones that the filters leave.
struct LetterFilter {
    std::vector<std::int64_t> ids;
    bool all = false;
    std::string group;
    std::string event_type;
};

struct ListOptions {
    LetterFilter filter;
    std::string status = "open";
    std::size_t limit = 100;  ///< 0: all
};

struct ChangeOptions {
    LetterFilter filter;
    double rate = 100;  ///< requeue, per second
    std::string reason;
    bool out_of_order = false;
};

views::LetterView view_of(const DeadLetter& letter) {
    views::LetterView view{.id = letter.id,
                           .group = to_valid_utf8(letter.group),
                           .event_type = to_valid_utf8(letter.record->event_type),
                           .event_id = to_valid_utf8(letter.record->event_id),
                           .position = letter.record->position,
                           .status = to_string(letter.status),
                           .holds_key = letter.holds_key,
                           .failed_at = letter.failed_at,
                           .error = to_valid_utf8(letter.error),
                           .attempts = {},
                           .history = {},
                           .note = to_valid_utf8(letter.note)};
    for (const Attempt& attempt : letter.attempts) {
        view.attempts.push_back({attempt.at, to_valid_utf8(attempt.error)});
    }
    for (const DeadLetter::Step& step : letter.history) {
        view.history.push_back({to_string(step.what), step.at, to_valid_utf8(step.decision.by),
                                to_valid_utf8(step.decision.reason)});
    }
    return view;
}

/// Calls `visit` for each letter that the filter leaves, oldest first, until it says false.
Result<void> each_letter(const LetterFilter& filter, Store& store,
                         std::optional<DeadLetter::Status> status,
                         const std::function<bool(const DeadLetter&)>& visit) {
    constexpr std::size_t page = 100;
    for (std::int64_t after = 0;;) {
        const auto letters = store.dead_letters(filter.group, status, after, page);
        if (!letters) return std::unexpected(letters.error());
        if (letters->empty()) return {};
        after = letters->back().id;
        for (const DeadLetter& letter : *letters) {
            if (!filter.event_type.empty() && letter.record->event_type != filter.event_type) {
                continue;
            }
            if (!visit(letter)) return {};
        }
    }
}

std::optional<DeadLetter::Status> status_named(std::string_view name) {
    if (name == "open") return DeadLetter::Status::open;
    if (name == "requeued") return DeadLetter::Status::requeued;
    if (name == "discarded") return DeadLetter::Status::discarded;
    if (name == "resolved") return DeadLetter::Status::resolved;
    return std::nullopt;
}

int list(const Invocation& invocation, const ListOptions& options) {
    auto opened = open_to_read(invocation.definition, invocation.engines);
    if (!opened) return invocation.fail(opened.error());
    Store& store = **opened;
    Table table(
        {"ID", "GROUP", "EVENT TYPE", "FAILED AT", "ATTEMPTS", "STATUS", "HOLDS KEY", "ERROR"});
    std::size_t count = 0;
    bool more = false;
    const auto status = status_named(options.status);
    const auto listed = each_letter(options.filter, store, status, [&](const auto& letter) {
        if (options.limit != 0 && count == options.limit) {
            more = true;
            return false;
        }
        ++count;
        if (invocation.json) {
            invocation.print_json(view_of(letter));
        } else {
            table.add({std::to_string(letter.id), letter.group, letter.record->event_type,
                       format_time(letter.failed_at), std::to_string(letter.attempts.size()),
                       to_string(letter.status), letter.holds_key ? "yes" : "no", letter.error});
        }
        return true;
    });
    if (!listed) return invocation.fail(listed.error());
    if (!invocation.json) {
        if (count == 0) {
            invocation.out << "No dead letters.\n";
        } else {
            table.print(invocation.out);
        }
    }
    if (more) invocation.err << "There are more dead letters; --limit 0 lists all\n";
    return to_int(ExitCode::done);
}

/// Attempts and decisions, in the order in which they happened.
void print_story(std::ostream& out, const views::LetterView& view) {
    std::multimap<Time, std::string> story;
    for (const views::AttemptView& attempt : view.attempts) {
        story.emplace(attempt.at, "attempt failed: " + printable(attempt.error));
    }
    for (const views::StepView& step : view.history) {
        // The attempt that failed says it already.
        if (step.what == to_string(DeadLetter::Step::What::failed_again)) continue;
        story.emplace(step.at, step.what + (step.by.empty() ? "" : " by " + printable(step.by)) +
                                   (step.reason.empty() ? "" : ": " + printable(step.reason)));
    }
    for (const auto& [at, what] : story) out << "  " << format_time(at) << "  " << what << '\n';
}

int show(const Invocation& invocation, std::int64_t id) {
    auto store = open_to_read(invocation.definition, invocation.engines);
    if (!store) return invocation.fail(store.error());
    const auto letter = (*store)->dead_letter(id);
    if (!letter) return invocation.fail(letter.error());
    if (!*letter) {
        return invocation.fail(
            {ErrorCode::not_found, "there is no dead letter " + std::to_string(id)});
    }
    views::LetterView view = view_of(**letter);
    const Record& record = *(*letter)->record;
    if (invocation.json) {
        view.record.emplace(view_of(record));
        return invocation.print_json(view);
    }
    std::ostream& out = invocation.out;
    out << "dead letter " << id << " of group " << printable(view.group) << ", " << view.status
        << (view.holds_key ? ", holds its key" : "") << '\n';
    if (!view.note.empty()) out << "note: " << printable(view.note) << '\n';
    out << "error: " << printable(view.error) << '\n';
    print_story(out, view);
    EventPrinter(invocation, false).print(record);
    out << pretty_json(record.body) << '\n';
    return to_int(ExitCode::done);
}

Result<std::vector<std::int64_t>> chosen(const Invocation& invocation, const LetterFilter& filter) {
    if (!filter.ids.empty()) return filter.ids;
    auto store = open_to_read(invocation.definition, invocation.engines);
    if (!store) return std::unexpected(std::move(store.error()));
    std::vector<std::int64_t> ids;
    auto found =
        each_letter(filter, **store, DeadLetter::Status::open, [&](const DeadLetter& letter) {
            ids.push_back(letter.id);
            return true;
        });
    if (!found) return std::unexpected(std::move(found.error()));
    return ids;
}

/// Why one dead letter is not changed, and what the command's caller is told by it.
struct Refusal {
    Error error;
    ExitCode code = ExitCode::done;
};
using Changed = std::expected<void, Refusal>;

Changed changed(Result<void> done) {
    if (done) return {};
    const ExitCode code = exit_code_of(done.error().code);
    return std::unexpected(Refusal{std::move(done.error()), code});
}

/// Requeues or discards, one after the other, no faster than --rate.
int change(const Invocation& invocation, const ChangeOptions& options, std::string_view done_word,
           const std::function<Changed(StoreChanges&, std::int64_t)>& action) {
    const auto ids = chosen(invocation, options.filter);
    if (!ids) return invocation.fail(ids.error());
    auto changes = open_store_changes(invocation.definition, invocation.engines, false);
    if (!changes) return invocation.fail(changes.error());
    const std::chrono::duration<double> pause(1 / options.rate);
    auto next = std::chrono::steady_clock::now();
    BulkResult result(invocation);
    for (const std::int64_t id : *ids) {
        std::this_thread::sleep_until(next);
        next += std::chrono::duration_cast<std::chrono::steady_clock::duration>(pause);
        const Changed done = action(**changes, id);
        if (done) {
            result.add({});
        } else {
            result.add_failure(done.error().error, done.error().code);
        }
        if (invocation.json) {
            invocation.print_json(
                views::ChangeView{.id = id,
                                  .ok = done.has_value(),
                                  .error = done ? std::string{} : done.error().error.message});
        }
        if (!done && done.error().error.retryable()) break;
    }
    return result.finish(ids->size(), done_word);
}

/// A letter that did not hold its key is handled out of order now if later events of the key have
/// been handled.
Changed check_order(const Invocation& invocation, std::int64_t id) {
    auto store = open_to_read(invocation.definition, invocation.engines);
    if (!store) return changed(std::unexpected(std::move(store.error())));
    const auto letter = (*store)->dead_letter(id);
    if (!letter) return changed(std::unexpected(letter.error()));
    // What is not there, not open or held is left to the store to answer.
    if (!*letter || (*letter)->status != DeadLetter::Status::open || (*letter)->holds_key) {
        return {};
    }
    const auto later = later_events_handled(invocation.definition, **store, **letter);
    if (!later) return changed(std::unexpected(later.error()));
    if (later->handled == 0 && later->counted_all) return {};
    const std::string count =
        (later->counted_all ? "" : "at least ") + std::to_string(later->handled);
    return std::unexpected(Refusal{
        {ErrorCode::conflict, "dead letter " + std::to_string(id) +
                                  " did not hold its key, and group " + (*letter)->group +
                                  " has handled " + count + " later event" +
                                  (later->handled == 1 ? "" : "s") +
                                  " of that key already; --out-of-order requeues it all the same"},
        ExitCode::no});
}

int requeue(const Invocation& invocation, const ChangeOptions& options) {
    return change(invocation, options, "requeued", [&](StoreChanges& store, std::int64_t id) {
        if (!options.out_of_order) {
            if (auto in_order = check_order(invocation, id); !in_order) return in_order;
        }
        return changed(store.requeue(id, options.reason));
    });
}

int discard(const Invocation& invocation, const ChangeOptions& options) {
    return change(invocation, options, "discarded", [&](StoreChanges& store, std::int64_t id) {
        return changed(store.discard(id, options.reason));
    });
}

constexpr std::string_view examples =
    "  $P dead-letters list\n"
    "  $P dead-letters show 3\n"
    "  $P dead-letters requeue 3 4 --reason \"the address is corrected\"\n"
    "  $P dead-letters requeue --all --type $T --rate 20\n"
    "  $P dead-letters discard 5 --reason \"test data\"";
constexpr SharedOptions shared{.store = true, .json = true};

void add_filters(CommandLine::Command command, LetterFilter& filter) {
    command.add("--group", filter.group, "Only dead letters of this group").placeholder("NAME");
    command.add("--type", filter.event_type, "Only dead letters of this event type")
        .placeholder("TYPE");
}

/// What `requeue` and `discard` have in common.
void add_choice(CommandLine::Command command, LetterFilter& filter) {
    command.add("ID", filter.ids, "Numbers of dead letters");
    command.add_flag("--all", filter.all, "All open ones that match --group and --type");
    add_filters(command, filter);
}

std::function<CommandLine::Taken()> check_choice(const std::shared_ptr<ChangeOptions>& options) {
    return [options]() -> CommandLine::Taken {
        const LetterFilter& filter = options->filter;
        const bool bulk = filter.all || !filter.group.empty() || !filter.event_type.empty();
        if (bulk != filter.ids.empty()) {
            return std::unexpected(
                bulk ? "give either numbers or --all, --group, --type, not both"
                     : "give the numbers of dead letters, or --all, --group NAME, --type TYPE");
        }
        return {};
    };
}

void add_list(CommandSet& commands, CommandLine::Command above,
              const std::shared_ptr<ListOptions>& options) {
    CommandLine::Command command = commands.add_below(
        above,
        {.name = "list",
         .summary = "List dead letters (open ones)",
         .examples = examples,
         .shared = shared,
         .run = [options](const Invocation& invocation) { return list(invocation, *options); }});
    command
        .add("--status",
             CommandLine::Value::one_of(options->status,
                                        {"open", "requeued", "resolved", "discarded", "any"}),
             "open, requeued, resolved, discarded or any (open)")
        .placeholder("STATUS");
    command.add("--limit", options->limit, "At most N dead letters; 0 for all (100)")
        .placeholder("N");
    add_filters(command, options->filter);
}

void add_show_letter(CommandSet& commands, CommandLine::Command above) {
    const auto id = std::make_shared<std::int64_t>(0);
    CommandLine::Command command = commands.add_below(
        above, {.name = "show",
                .summary = "Show a dead letter with its event and every attempt's error",
                .examples = examples,
                .shared = shared,
                .run = [id](const Invocation& invocation) { return show(invocation, *id); }});
    command.add("ID", *id, "Number of the dead letter").required();
}

void add_requeue(CommandSet& commands, CommandLine::Command above) {
    const auto options = std::make_shared<ChangeOptions>();
    CommandLine::Command command = commands.add_below(
        above,
        {.name = "requeue",
         .summary = "Hand dead letters to their group again",
         .examples = examples,
         .shared = shared,
         .run = [options](const Invocation& invocation) { return requeue(invocation, *options); },
         .check = check_choice(options)});
    add_choice(command, options->filter);
    command.add("--reason", options->reason, "Why, for those who look later").placeholder("TEXT");
    command.add_flag("--out-of-order", options->out_of_order,
                     "Also a dead letter whose key has gone on without it");
    command.add("--rate", {options->rate, {0.01, 100'000}}, "At most N per second (100)")
        .placeholder("N");
}

void add_discard(CommandSet& commands, CommandLine::Command above) {
    const auto options = std::make_shared<ChangeOptions>();
    CommandLine::Command command = commands.add_below(
        above,
        {.name = "discard",
         .summary = "Set dead letters aside for good",
         .examples = examples,
         .shared = shared,
         .run = [options](const Invocation& invocation) { return discard(invocation, *options); },
         .check = check_choice(options)});
    add_choice(command, options->filter);
    command.add("--reason", options->reason, "Why, for those who look later").placeholder("TEXT");
}

}  // namespace

void add_dead_letters(CommandSet& commands) {
    const auto listed = std::make_shared<ListOptions>();
    CommandLine::Command command = commands.add(
        {.name = "dead-letters",
         .summary = "Inspect, requeue or discard dead letters",
         .examples = examples,
         .shared = shared,
         .run = [listed](const Invocation& invocation) { return list(invocation, *listed); }});
    add_list(commands, command, listed);
    add_show_letter(commands, command);
    add_requeue(commands, command);
    add_discard(commands, command);
}

}  // namespace quipu
