// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/event_output.hpp"
#include "quipu/app/commands/program.hpp"
#include "quipu/app/engines/store_access.hpp"

namespace quipu {

namespace {

constexpr std::size_t page_max = 1000;

EventQuery query_of(const EventsArguments& arguments) {
    EventQuery query;
    query.event_types = arguments.event_types;
    query.aggregate_id = arguments.aggregate_id;
    query.execution_id = arguments.execution_id;
    query.from = arguments.from;
    query.until = arguments.until;
    query.members = arguments.members;
    if (!arguments.user_id.empty()) {
        query.members.emplace_back("metadata.user_id", arguments.user_id);
    }
    query.newest_first = arguments.newest_first;
    query.cursor = arguments.cursor;
    return query;
}

}  // namespace

int events_command(const Program& program) {
    const EventsArguments& arguments = program.arguments.events;
    auto store = open_to_read(program.definition, program.arguments.common.engines);
    if (!store) return program.fail(store.error());
    const EventPrinter printer(program, arguments.body);
    EventQuery query = query_of(arguments);
    std::size_t found = 0;
    std::size_t damaged = 0;
    while (arguments.limit == 0 || found < arguments.limit) {
        query.limit = arguments.limit == 0 ? page_max : std::min(page_max, arguments.limit - found);
        const auto page = (*store)->query(query);
        if (!page) return program.fail(page.error());
        for (const Record& record : page->records) printer.print(record);
        for (const std::int64_t position : page->damaged) {
            program.err << program.definition.name << ": the event at position " << position
                        << " does not read back as written; run 'verify'\n";
        }
        found += page->records.size();
        damaged += page->damaged.size();
        query.cursor = page->next_cursor;
        if (query.cursor.empty()) break;
    }
    if (!query.cursor.empty()) {
        program.err << "There are more: add --cursor " << query.cursor << '\n';
    }
    if (found == 0 && damaged == 0) {
        program.err << program.definition.name << ": no event matches\n";
    }
    return to_int(found > 0 && damaged == 0 ? ExitCode::done : ExitCode::no);
}

}  // namespace quipu
