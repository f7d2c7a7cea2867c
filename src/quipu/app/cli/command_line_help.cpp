// SPDX-License-Identifier: Apache-2.0
// The help of a command.
#include <algorithm>

#include "quipu/app/cli/command_line_model.hpp"

namespace quipu {
namespace {

using Kind = OptionModel::Kind;
using Texts = CommandLine::Texts;

constexpr std::size_t column = 30;

std::string names_of(const OptionModel& option) {
    if (option.short_name.empty() || option.long_name.empty()) return option.name();
    return option.short_name + ',' + option.long_name;
}

std::string line(const std::string& left, const std::string& summary) {
    const std::string margin(column, ' ');
    std::string text = "  " + left;
    if (text.size() < column) {
        text.resize(column, ' ');
    } else if (!summary.empty()) {
        text += '\n' + margin;
    }
    for (const char c : summary) {
        text += c;
        if (c == '\n') text += margin;
    }
    return text + '\n';
}

std::string line_of(const OptionModel& option) {
    const bool flag = option.kind != Kind::argument && option.kind != Kind::value;
    const bool bare = flag || option.placeholder.empty();
    return line(names_of(option) + (bare ? "" : ' ' + option.placeholder), option.summary);
}

/// In the order in which they come up first, without the hidden one.
template <class Models>
Texts headings_of(const Models& models) {
    Texts headings;
    for (const auto& model : models) {
        const std::string& heading = model->heading;
        if (!heading.empty() && std::ranges::find(headings, heading) == headings.end()) {
            headings.push_back(heading);
        }
    }
    return headings;
}

std::string usage_of(const CommandModel& command, const std::string& words) {
    std::string text = "Usage: " + words;
    const auto is_argument = [](const auto& option) { return option->kind == Kind::argument; };
    if (!std::ranges::all_of(command.options, is_argument)) text += " [OPTIONS]";
    for (const auto& option : command.options) {
        if (!is_argument(option)) continue;
        const std::string name = option->argument + (option->several ? "..." : "");
        text += option->required ? ' ' + name : " [" + name + ']';
    }
    if (!command.commands.empty()) text += " [COMMAND]";
    return text + '\n';
}

std::string under(const std::string& heading, const std::string& lines) {
    return lines.empty() ? "" : '\n' + heading + ":\n" + lines;
}

std::string arguments_of(const CommandModel& command) {
    std::string lines;
    for (const auto& option : command.options) {
        if (option->kind == Kind::argument && !option->heading.empty()) lines += line_of(*option);
    }
    return under("Arguments", lines);
}

std::string commands_of(const CommandModel& command) {
    std::string text;
    for (const std::string& heading : headings_of(command.commands)) {
        std::string lines;
        for (const auto& below : command.commands) {
            if (below->heading == heading) lines += line(below->name, below->summary);
        }
        text += under(heading, lines);
    }
    return text;
}

std::string options_of(const CommandModel& command) {
    std::string text;
    for (const std::string& heading : headings_of(command.options)) {
        std::string lines;
        for (const auto& option : command.options) {
            const bool here = option->heading == heading && option->kind != Kind::argument;
            if (here) lines += line_of(*option);
        }
        text += under(heading, lines);
    }
    return text;
}

}  // namespace

std::string help_of(const CommandModel& root) {
    const CommandModel* command = &root;
    std::string words = root.name;
    for (; command->chosen != nullptr; command = command->chosen) {
        words += ' ' + command->chosen->name;
    }
    std::string text = command->summary.empty() ? "" : command->summary + "\n\n";
    text += usage_of(*command, words) + arguments_of(*command) + commands_of(*command);
    text += options_of(*command) + '\n';
    return command->footer.empty() ? text : text + command->footer + '\n';
}

}  // namespace quipu
