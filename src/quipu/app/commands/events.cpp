// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/argument_values.hpp"
#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/commands/event_output.hpp"
#include "quipu/app/engines/store_access.hpp"

namespace quipu {

namespace {

constexpr std::size_t page_max = 1000;

struct EventsOptions {
    std::vector<std::string> event_types;
    std::string aggregate_id;
    std::optional<Time> from;
    std::optional<Time> until;
    std::vector<FieldCondition> where;
    bool newest_first = false;
    std::size_t limit = 100;  ///< 0: all
    std::string cursor;
    bool body = false;
};

CommandLine::Take take_instant(std::optional<Time>& to) {
    return [&to](const CommandLine::Texts& texts) -> CommandLine::Taken {
        auto time = parse_instant(texts.front());
        if (!time) return std::unexpected(std::move(time.error()));
        to = *time;
        return {};
    };
}

CommandLine::Take take_conditions(std::vector<FieldCondition>& to) {
    return [&to](const CommandLine::Texts& texts) -> CommandLine::Taken {
        for (const std::string& text : texts) {
            auto condition = parse_condition(text);
            if (!condition) return std::unexpected(std::move(condition.error()));
            to.push_back(std::move(*condition));
        }
        return {};
    };
}

/// Adds an option whose text `make` turns into a condition.
template <class Make>
CommandLine::Take take_condition(std::vector<FieldCondition>& to, Make make) {
    return [&to, make = std::move(make)](const CommandLine::Texts& texts) -> CommandLine::Taken {
        to.push_back(make(texts.front()));
        return {};
    };
}

EventQuery query_of(const EventsOptions& options) {
    EventQuery query;
    query.event_types = options.event_types;
    query.aggregate_id = options.aggregate_id;
    query.from = options.from;
    query.until = options.until;
    query.where = options.where;
    query.newest_first = options.newest_first;
    query.cursor = options.cursor;
    return query;
}

int search(const Invocation& invocation, const EventsOptions& options) {
    auto store = open_to_read(invocation.definition, invocation.engines);
    if (!store) return invocation.fail(store.error());
    const EventPrinter printer(invocation, options.body);
    EventQuery query = query_of(options);
    std::string scan_reason;
    std::size_t found = 0;
    std::size_t damaged = 0;
    while (options.limit == 0 || found < options.limit) {
        query.limit = options.limit == 0 ? page_max : std::min(page_max, options.limit - found);
        const auto page = (*store)->query(query);
        if (!page) return invocation.fail(page.error());
        if (!page->scan_reason.empty() && scan_reason.empty()) {
            scan_reason = page->scan_reason;
            invocation.err << invocation.definition.name << ": reading every event, because "
                           << printable(scan_reason) << '\n';
        }
        for (const Record& record : page->records) printer.print(record);
        for (const std::int64_t position : page->damaged) {
            invocation.err << invocation.definition.name << ": the event at position " << position
                           << " is damaged; run 'verify'\n";
        }
        found += page->records.size();
        damaged += page->damaged.size();
        query.cursor = page->next_cursor;
        if (query.cursor.empty()) break;
    }
    if (!query.cursor.empty()) {
        invocation.err << "There are more events; continue with --cursor " << query.cursor << '\n';
    }
    if (found == 0 && damaged == 0) {
        invocation.err << invocation.definition.name << ": no event matches\n";
    }
    return to_int(found > 0 && damaged == 0 ? ExitCode::done : ExitCode::no);
}

}  // namespace

void add_events(CommandSet& commands) {
    const auto options = std::make_shared<EventsOptions>();
    CommandLine::Command command = commands.add(
        {.name = "events",
         .summary = "Search the stored events",
         .examples = "  $P events --type $T --newest --limit 20\n"
                     "  $P events --aggregate order-17 --body\n"
                     "  $P events --from 2026-01-02 --until 2026-01-03T12:00:00Z\n"
                     "  $P events --where metadata.user_id=u-1 --json",
         .shared = {.store = true, .json = true},
         .run = [options](const Invocation& invocation) { return search(invocation, *options); }});
    commands.add_types(command, options->event_types);
    command.add("--aggregate", options->aggregate_id, "Only events of this aggregate")
        .placeholder("ID");
    for (const EventFilter& filter : commands.definition().event_filters) {
        const auto make = [field = filter.field](const std::string& value) {
            return where_text(field, value);
        };
        command.add("--" + filter.name, take_condition(options->where, make), filter.summary)
            .placeholder("ID");
    }
    command
        .add("--user", take_condition(options->where, where_user),
             "Only events of this user (metadata.user_id)")
        .placeholder("ID");
    command
        .add("--correlation", take_condition(options->where, where_correlation),
             "Only events that this event has led to, directly or not")
        .placeholder("ID");
    command.add("--from", take_instant(options->from), "Only events at or after this time")
        .placeholder("TIME");
    command.add("--until", take_instant(options->until), "Only events before this time")
        .placeholder("TIME");
    command
        .add("--where", CommandLine::Value::several(take_conditions(options->where)),
             "Only events whose JSON has this value in this field; may be repeated")
        .placeholder("PATH=VALUE");
    command.add_flag("--newest", options->newest_first, "Newest first");
    command.add("--limit", options->limit, "At most N events; 0 for all (100)").placeholder("N");
    command.add("--cursor", options->cursor, "Continue where a search with --limit stopped");
    command.add_flag("--body", options->body, "Also print each event's JSON");
}

}  // namespace quipu
