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
    // The outermost that has to refuse something.
    Command at = root();
    std::string words;
    const Texts names = chosen();
    for (auto next = names.begin(); at.unknown().empty() && next != names.end(); ++next) {
        for (const Command command : at.commands()) {
            if (command.name() == *next) at = command;
        }
        words += *next + ' ';
    }
    const Texts unknown = at.unknown();
    const auto first = std::ranges::find_if(unknown, [](const auto& text) { return text != "--"; });
    if (first == unknown.end()) return fault;
    if (first->starts_with('-')) {
        // Without a value, which may be a secret.
        const std::string option = first->substr(0, first->find('='));
        return "unknown option '" + option + '\'' + suggestion(option, at.options());
    }
    Texts commands;
    for (const Command command : at.commands()) commands.push_back(command.name());
    if (commands.empty()) return "nothing here takes '" + *first + '\'';
    return "unknown command '" + words + *first + '\'' + suggestion(*first, commands, words);
}

}  // namespace quipu
