// What a command line that was not understood says to its user.
#include <algorithm>

#include "quipu/app/command_line.hpp"
#include "quipu/event/nearest.hpp"

namespace quipu {
namespace {

/// "; did you mean 'tail'?", or nothing without a name to suggest.
std::string suggestion(const std::string& word, const CommandLine::Texts& names,
                       const std::string& before = {}) {
    const std::string_view shown = std::string_view(word).substr(0, 100);
    const auto nearest = std::ranges::min_element(
        names, {}, [&](const std::string& name) { return edit_distance(name, shown); });
    return nearest == names.end() ? "" : "; did you mean '" + before + *nearest + "'?";
}

}  // namespace

std::string CommandLine::explain(std::string fault) {
    Command at = root();
    std::string words;
    for (const std::string& name : chosen()) {
        for (const Command command : at.commands()) {
            if (command.name() == name) at = command;
        }
        words += name + ' ';
    }
    const Texts unknown = rest();
    if (unknown.empty()) return fault;
    Texts commands;
    for (const Command command : at.commands()) commands.push_back(command.name());
    const auto word = std::ranges::find_if(
        unknown, [](const std::string& text) { return !text.starts_with('-'); });
    if (word != unknown.end() && !commands.empty()) {
        return "unknown command '" + words + *word + '\'' + suggestion(*word, commands, words);
    }
    const std::string& first = unknown.front();
    if (!first.starts_with('-')) return "nothing here takes '" + first + '\'';
    const std::string option = first.substr(0, first.find('='));
    return "unknown option '" + option + '\'' + suggestion(option, at.options());
}

}  // namespace quipu
