// SPDX-License-Identifier: Apache-2.0
#include <istream>
#include <iterator>

#include "quipu/app/commands/program.hpp"
#include "quipu/app/commands/writer.hpp"
#include "quipu/app/control/protocol.hpp"
#include "quipu/delivery/publisher.hpp"

namespace quipu {

namespace {

/// Without the event's type, which the user has just written.
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

int refuse(const Program& program, const Faults& faults) {
    program.err << program.definition.name << ": this is no valid "
                << program.arguments.publish.event_type << ":\n";
    for (const Fault& fault : faults.list) {
        const std::string location = location_of(fault, program.arguments.publish.event_type);
        program.err << "  " << (location.empty() ? "" : printable(location) + ": ") << fault.message
                    << '\n';
    }
    return to_int(ExitCode::usage);
}

PublishOptions options_of(const PublishArguments& arguments) {
    PublishOptions options;
    options.aggregate_id = arguments.aggregate_id;
    options.key = arguments.key;
    options.event_id = arguments.event_id;
    options.user_id = arguments.user_id;
    options.expected_sequence = arguments.expected_sequence;
    return options;
}

}  // namespace

int publish_command(const Program& program) {
    const PublishArguments& arguments = program.arguments.publish;
    const AppDefinition& definition = program.definition;
    const std::string json = arguments.json == "-"
                                 ? std::string(std::istreambuf_iterator<char>(program.in), {})
                                 : arguments.json;
    // Before a store is made or a program asked: a wrong input changes nothing anywhere.
    if (const auto checked =
            check_json(*definition.types, definition.producer, arguments.event_type, json);
        !checked) {
        return refuse(program, checked.error());
    }
    auto writer = open_writer(definition, program.arguments.common, true);
    if (!writer) return program.fail(writer.error());
    const auto done = (*writer)->publish(arguments.event_type, json, options_of(arguments));
    if (!done) return program.fail(done.error());
    if (arguments.wait_for_log) {
        const auto waited = (*writer)->wait_published(done->position, arguments.wait_timeout);
        if (!waited) {
            return program.fail(
                {waited.error().code, done->event_id + ": " + waited.error().message});
        }
    }
    if (program.arguments.common.json) {
        return program.print_json(PublishReply{.event_id = done->event_id,
                                               .position = done->position,
                                               .sequence = done->sequence,
                                               .duplicate = done->duplicate});
    }
    program.out << printable(done->event_id) << " at position " << done->position
                << (done->duplicate ? " (it was stored before)" : "") << '\n';
    return to_int(ExitCode::done);
}

}  // namespace quipu
