// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <exception>
#include <iostream>
#include <stdexcept>

#include "quipu/app/commands/program.hpp"

namespace quipu {

namespace {

struct BuiltIn {
    std::string_view name;
    int (*run)(const Program& program);
};

constexpr std::array built_in{
    BuiltIn{"run", &run_command},         BuiltIn{"publish", &publish_command},
    BuiltIn{"tail", &tail_command},       BuiltIn{"show", &show_command},
    BuiltIn{"events", &events_command},   BuiltIn{"validate", &validate_command},
    BuiltIn{"groups", &groups_command},   BuiltIn{"dead-letters", &dead_letters_command},
    BuiltIn{"flow", &flow_command},       BuiltIn{"doctor", &doctor_command},
    BuiltIn{"verify", &verify_command},   BuiltIn{"topics", &topics_command},
    BuiltIn{"promote", &promote_command}, BuiltIn{"config", &config_command},
};

void complete(AppDefinition& definition, const char* path) {
    if (definition.name.empty()) {
        definition.name = std::filesystem::path(path == nullptr ? "" : path).filename().string();
    }
    if (definition.name.empty()) definition.name = "program";
    Producer& producer = definition.producer;
    if (producer.service_name.empty()) producer.service_name = definition.name;
    if (producer.service_version.empty()) producer.service_version = definition.version;
}

int run_own(const Program& program, const Command& command) {
    CommandContext context;
    context.arguments = program.arguments.own;
    context.file = program.arguments.common.engines.store.file;
    context.http_address = program.arguments.common.http;
    context.json = program.arguments.common.json;
    return command.run(context);
}

int dispatch(const Program& program) {
    const std::string& name = program.arguments.command;
    const auto command =
        std::ranges::find_if(built_in, [&](const BuiltIn& entry) { return entry.name == name; });
    if (command != built_in.end()) return command->run(program);
    for (const Command& own : program.definition.commands) {
        if (own.name == name) return run_own(program, own);
    }
    throw std::logic_error("no command " + name);
}

}  // namespace

int run_app(int argc, char** argv, AppDefinition definition) {
    complete(definition, argc > 0 ? argv[0] : nullptr);
    const auto arguments = parse_arguments(argc, argv, definition, std::cout, std::cerr);
    if (!arguments) return arguments.error();
    const Program program{definition, *arguments, std::cin, std::cout, std::cerr};
    try {
        const int code = dispatch(program);
        std::cout.flush();
        if (std::cout || code != to_int(ExitCode::done)) return code;
        return program.fail({ErrorCode::unavailable, "the output could not be written"});
    } catch (const std::exception& error) {
        return program.fail({ErrorCode::internal, error.what()});
    }
}

}  // namespace quipu
