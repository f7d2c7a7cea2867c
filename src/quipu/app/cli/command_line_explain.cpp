// SPDX-License-Identifier: Apache-2.0
// What a command line that was not understood says to its user.
#include <algorithm>

#include "quipu/app/cli/command_line_model.hpp"
#include "quipu/base/nearest.hpp"

namespace quipu {
namespace {

using Texts = CommandLine::Texts;

/// "; did you mean 'tail'?", or nothing without a name to suggest.
std::string suggestion(const std::string& word, const Texts& names, const std::string& path = {}) {
    const std::string_view shown = std::string_view(word).substr(0, 100);
    const auto nearest = std::ranges::min_element(
        names, {}, [&](const std::string& name) { return edit_distance(name, shown); });
    return nearest == names.end() ? "" : "; did you mean '" + path + *nearest + "'?";
}

}  // namespace

std::string refusal_of(const CommandModel& root) {
    const CommandModel* at = &root;
    std::string path;
    while (at->allow_rest || at->unknown.empty()) {
        at = at->chosen;
        if (at == nullptr) return {};
        path += at->name + ' ';
    }
    const bool after_dashes = at->unknown.front() == "--";
    std::string first = at->unknown[after_dashes ? 1 : 0];
    // Without an option's value, which may be a secret.
    if (first.starts_with('-')) first.resize(std::min(first.size(), first.find('=')));
    if (first.starts_with('-') && !after_dashes) {
        return "unknown option '" + first + '\'' + suggestion(first, at->option_names());
    }
    Texts commands;
    for (const auto& command : at->commands) commands.push_back(command->name);
    if (commands.empty()) return "nothing here takes '" + first + '\'';
    return "unknown command '" + path + first + '\'' + suggestion(first, commands, path);
}

}  // namespace quipu
