// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <iostream>

#include "quipu/app/commands/command_set.hpp"

namespace quipu {

namespace {

void complete(AppDefinition& definition, const char* path) {
    if (definition.name.empty()) {
        definition.name = std::filesystem::path(path == nullptr ? "" : path).filename().string();
    }
    if (definition.name.empty()) definition.name = "program";
    Producer& producer = definition.producer;
    if (producer.service_name.empty()) producer.service_name = definition.name;
    if (producer.service_version.empty()) producer.service_version = definition.version;
}

}  // namespace

int run_app(int argc, char** argv, AppDefinition definition) {
    complete(definition, argc > 0 ? argv[0] : nullptr);
    CommandSet commands(definition);
    for (const auto add :
         {add_run, add_publish, add_tail, add_show, add_events, add_validate, add_groups,
          add_dead_letters, add_parked, add_archive, add_documents, add_explain, add_flow,
          add_doctor, add_verify, add_topics, add_promote, add_config}) {
        add(commands);
    }
    for (const CustomCommand& command : definition.commands) commands.add(command);
    const auto fail = [&](std::string_view fault) {
        std::cerr << definition.name << ": " << printable(mask_secrets(fault)) << '\n';
        return to_int(ExitCode::unreachable);
    };
    try {
        const int code = commands.run(argc, argv, std::cin, std::cout, std::cerr);
        std::cout.flush();
        if (std::cout || code != to_int(ExitCode::done)) return code;
        return fail("the output could not be written");
    } catch (const std::exception& error) {
        return fail(error.what());
    }
}

}  // namespace quipu
