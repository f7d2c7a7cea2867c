// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <istream>
#include <iterator>

#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/commands/store_changes.hpp"
#include "quipu/app/control/protocol.hpp"
#include "quipu/delivery/publisher.hpp"

namespace quipu {

namespace {

struct PublishCommandOptions {
    std::vector<std::string> event_type;  ///< exactly one
    std::string json = "{}";
    PublishOptions event;
    std::string wait = "stored";
    std::int64_t wait_seconds = 30;
};

/// A fault's location without the event type, which the user has just typed.
std::string location_of(const Fault& fault, std::string_view event_type) {
    std::string text;
    for (const Fault::Step& step : fault.location) {
        if (&step == fault.location.data() && step == Fault::Step(std::string(event_type))) {
            continue;
        }
        if (const auto* name = std::get_if<std::string>(&step)) {
            text += (text.empty() ? "" : ".") + *name;
        } else {
            text += "[" + std::to_string(std::get<std::int64_t>(step)) + "]";
        }
    }
    return text;
}

int refuse(const Invocation& invocation, const std::string& event_type, const Faults& faults) {
    invocation.err << invocation.definition.name << ": this is not a valid " << event_type << ":\n";
    for (const Fault& fault : faults.list) {
        const std::string location = location_of(fault, event_type);
        invocation.err << "  " << (location.empty() ? "" : printable(location) + ": ")
                       << fault.message << '\n';
    }
    return to_int(ExitCode::usage);
}

int publish(const Invocation& invocation, const PublishCommandOptions& options) {
    const std::string& event_type = options.event_type.front();
    const AppDefinition& definition = invocation.definition;
    const std::string json = options.json == "-"
                                 ? std::string(std::istreambuf_iterator<char>(invocation.in), {})
                                 : options.json;
    // Validated before a store is created or a running program is asked, so that wrong input
    // changes nothing.
    if (const auto checked = check_json(*definition.types, definition.producer, event_type, json);
        !checked) {
        return refuse(invocation, event_type, checked.error());
    }
    auto changes = open_store_changes(definition, invocation.engines, true);
    if (!changes) return invocation.fail(changes.error());
    const auto done = (*changes)->publish(event_type, json, options.event);
    if (!done) return invocation.fail(done.error());
    if (options.wait == "log") {
        const auto waited =
            (*changes)->wait_published(done->position, std::chrono::seconds{options.wait_seconds});
        if (!waited) {
            return invocation.fail(
                {waited.error().code, done->event_id + ": " + waited.error().message});
        }
    }
    if (invocation.json) {
        return invocation.print_json(PublishReply{.event_id = done->event_id,
                                                  .position = done->position,
                                                  .sequence = done->sequence,
                                                  .duplicate = done->duplicate});
    }
    invocation.out << printable(done->event_id) << " at position " << done->position
                   << (done->duplicate ? " (already stored)" : "") << '\n';
    return to_int(ExitCode::done);
}

}  // namespace

void add_publish(CommandSet& commands) {
    const auto options = std::make_shared<PublishCommandOptions>();
    PublishOptions& event = options->event;
    CommandLine::Command command = commands.add(
        {.name = "publish",
         .summary = "Publish one event",
         .examples = "  $P publish $T '$J'\n"
                     "  $P publish $T '$J' --aggregate order-17 --user u-1\n"
                     "  $P publish $T - < event.json",
         .shared = {.store = true, .log = true, .json = true},
         .run = [options](const Invocation& invocation) { return publish(invocation, *options); }});
    command
        .add("TYPE", take_types(*commands.definition().types, options->event_type),
             "Type of the event")
        .required();
    command.add("JSON", options->json,
                "Its fields as a JSON object; - reads them from standard input");
    command.add("--key", event.key, "Ordering key: events of one key are handled in order");
    command.add("--aggregate", event.aggregate_id, "Aggregate that the event belongs to")
        .placeholder("ID");
    command
        .add("--event-id", event.event_id,
             "Id of the event; an event whose id is already stored is not "
             "stored again")
        .placeholder("ID");
    command.add("--user", event.user_id, "User on whose behalf it happens").placeholder("ID");
    command
        .add("--expected-sequence", event.expected_sequence,
             "Fail unless the aggregate's last event has this sequence number")
        .placeholder("N");
    command
        .add("--wait", CommandLine::Value::one_of(options->wait, {"stored", "log"}),
             "Return when the event is stored, or when the log has it, too: stored or log "
             "(stored)")
        .placeholder("WHEN");
    command
        .add("--wait-timeout", {options->wait_seconds, {0, 86'400}},
             "Longest wait for the log, in seconds (30)")
        .placeholder("SECONDS");
}

}  // namespace quipu
