// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/command_set.hpp"

#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "quipu/app/commands/argument_values.hpp"

namespace quipu {

namespace {

constexpr const char* common_heading = "Common options";

std::vector<std::string> environment_of_process() {
    std::vector<std::string> all;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        all.emplace_back(*entry);
    }
    return all;
}

}  // namespace

CommandLine::Take take_types(const EventTypes& types, std::vector<std::string>& to) {
    return [&types, &to](const CommandLine::Texts& names) -> CommandLine::Taken {
        for (const std::string& name : names) {
            if (auto known = check_type(types, name); !known) return known;
        }
        to = names;
        return {};
    };
}

CommandSet::CommandSet(const AppDefinition& definition)
    : definition_(definition),
      examples_(definition.name, *definition.types),
      settings_(make_settings(definition.name, definition.default_http)),
      setting_options_(settings_, common_heading),
      line_(definition.name) {
    CommandLine::Command root = line_.root();
    root.footer(
        examples_.filled("  $P run                       handle events until stopped\n"
                         "  $P publish $T '$J'\n"
                         "  $P tail                      watch events arrive\n"
                         "  $P groups                    see how far each group is\n"
                         "  $P COMMAND --help            options and examples of a command"));
    root.add_help();
    root.add_version(definition.name + " " + definition.version);
}

void CommandSet::enter(CommandLine::Command command, CommandLine::Texts path, CommandSpec spec) {
    path.push_back(spec.name);
    entries_.push_back({command, std::move(path), std::move(spec)});
}

CommandLine::Command CommandSet::add(CommandSpec spec) {
    CommandLine::Command command = line_.root().add_command(spec.name, spec.summary, "Commands");
    command.footer(examples_.filled(spec.examples));
    enter(command, {}, std::move(spec));
    return command;
}

CommandLine::Command CommandSet::add_below(CommandLine::Command above, CommandSpec spec) {
    CommandLine::Command command = above.add_command(spec.name, spec.summary, "Commands");
    command.footer(examples_.filled(spec.examples));
    enter(command, {above.name()}, std::move(spec));
    return command;
}

void CommandSet::add(const CustomCommand& custom) {
    CommandLine::Command command =
        line_.root().add_command(custom.name, custom.summary, definition_.name + "'s own commands");
    if (!custom.examples.empty()) command.footer("Examples:\n" + custom.examples);
    if (custom.options) {
        custom.options(command);
    } else {
        command.allow_rest();
    }
    const auto run = [this, &custom](const Invocation& invocation) {
        CommandContext context;
        if (!custom.options) context.arguments = line_.rest();
        context.file = invocation.engines.store.file;
        context.http_address = invocation.settings.text("http");
        context.json = invocation.json;
        return custom.run(context);
    };
    enter(command, {},
          {.name = custom.name,
           .shared = {.store = custom.uses_store, .http = custom.uses_http, .json = true},
           .run = run});
}

void CommandSet::add_types(CommandLine::Command command, std::vector<std::string>& types) const {
    command
        .add("--type", CommandLine::Value::several(take_types(*definition_.types, types)),
             "Only events of this type; may be repeated")
        .placeholder("TYPE");
}

void CommandSet::add_shared(const Entry& entry) {
    CommandLine::Command command = entry.command;
    command.add_help().heading(common_heading);
    setting_options_.add(command, entry.spec.shared);
    if (entry.spec.shared.json) {
        command.add_flag("--json", json_, "Write JSON for other programs").heading(common_heading);
    }
    if (entry.spec.shared.quiet) {
        command.add_flag("-q,--quiet", quiet_, "Report errors only").heading(common_heading);
    }
}

const CommandSet::Entry* CommandSet::chosen() const {
    const auto found = std::ranges::find(entries_, line_.chosen(), &Entry::path);
    return found == entries_.end() ? nullptr : &*found;
}

int CommandSet::refuse(const std::string& fault, std::ostream& err) const {
    std::string words = definition_.name;
    for (const std::string& name : line_.chosen()) words += " " + name;
    err << definition_.name << ": " << printable(mask_secrets(fault)) << '\n'
        << "Run '" << words << " --help' for options and examples.\n";
    return to_int(ExitCode::usage);
}

int CommandSet::run(int argc, char** argv, std::istream& in, std::ostream& out, std::ostream& err) {
    // Added last, so that the help lists them after the command's own options.
    for (const Entry& entry : entries_) add_shared(entry);
    const auto parsed = line_.parse(argc, argv, out);
    if (!parsed) return refuse(parsed.error(), err);
    if (!*parsed) return to_int(ExitCode::done);
    const Entry* const entry = chosen();
    if (entry == nullptr) return refuse("a command is missing", err);
    if (entry->spec.check) {
        if (auto good = entry->spec.check(); !good) return refuse(good.error(), err);
    }
    return run(*entry, in, out, err);
}

int CommandSet::run(const Entry& entry, std::istream& in, std::ostream& out, std::ostream& err) {
    SettingSources sources = setting_options_.sources();
    sources.environment = environment_of_process();
    sources.file_variable = file_variable(definition_.name);
    const auto settings = read_settings(settings_, sources);
    const auto engines = settings ? engine_options(*settings) : std::unexpected(settings.error());
    if (!engines) {
        err << definition_.name << ": " << printable(engines.error().message) << '\n';
        return to_int(exit_code_of(engines.error().code));
    }
    return entry.spec.run({.definition = definition_,
                           .settings = *settings,
                           .engines = *engines,
                           .json = json_,
                           .quiet = quiet_,
                           .in = in,
                           .out = out,
                           .err = err});
}

}  // namespace quipu
