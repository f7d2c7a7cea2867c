// SPDX-License-Identifier: Apache-2.0
// What the words of a command line stand for.
#include <algorithm>
#include <ostream>

#include "quipu/app/cli/command_line_model.hpp"
#include "quipu/app/command_line.hpp"

namespace quipu {
namespace {

using Kind = OptionModel::Kind;
using Taken = CommandLine::Taken;
using Texts = CommandLine::Texts;

void add_word(CommandModel& command, const std::string& word, bool after_dashes) {
    for (const auto& option : command.options) {
        if (option->kind == Kind::argument && (option->several || option->given.empty())) {
            option->given.push_back(word);
            return;
        }
    }
    if (after_dashes && std::ranges::find(command.unknown, "--") == command.unknown.end()) {
        command.unknown.emplace_back("--");
    }
    command.unknown.push_back(word);
}

void add_parts(CommandModel& command, const std::vector<SplitWords::Part>& parts) {
    for (const SplitWords::Part& part : parts) {
        if (part.option != nullptr) {
            part.option->given.push_back(part.text);
        } else if (part.word) {
            add_word(command, part.text, false);
        } else {
            command.unknown.push_back(part.text);
        }
    }
}

/// Goes on behind what it does not know, so that a mistake further on is not hidden.
Taken read(CommandModel& command, Texts words) {
    while (!words.empty()) {
        auto split = split_words(command, words);
        if (!split) return std::unexpected(std::move(split.error()));
        add_parts(command, split->parts);
        const Texts& left = split->left;
        const bool after_dashes = !left.empty() && left.front() == "--";
        auto word = left.begin() + (after_dashes ? 1 : 0);
        for (; word != left.end() && (after_dashes || is_word(*word)); ++word) {
            if (CommandModel* const next = command.find_command(*word)) {
                command.chosen = next;
                return read(*next, Texts(word + 1, left.end()));
            }
            add_word(command, *word, after_dashes);
        }
        words = Texts(word, left.end());
    }
    return {};
}

Taken take(const OptionModel& option) {
    if (option.kind == Kind::help) return {};
    if (option.kind == Kind::value && !option.several && option.given.size() > 1) {
        return std::unexpected(option.name() + ": given more than once");
    }
    Taken taken = option.take(option.given);
    if (taken || option.kind == Kind::argument) return taken;
    return std::unexpected(option.name() + ": " + taken.error());
}

Taken check_together(const CommandModel& command) {
    for (const auto& option : command.options) {
        if (option->required && option->given.empty()) {
            return std::unexpected(option->name() + " is required");
        }
        for (const OptionModel* other : option->excludes) {
            if (!option->given.empty() && !other->given.empty()) {
                return std::unexpected(option->name() + " excludes " + other->name());
            }
        }
    }
    return {};
}

/// The program, then the commands given.
std::vector<const CommandModel*> commands_given(const CommandModel& root) {
    std::vector<const CommandModel*> all;
    for (const CommandModel* at = &root; at != nullptr; at = at->chosen) all.push_back(at);
    return all;
}

/// What the user asked to see, empty for nothing; or what is wrong.
std::expected<std::string, std::string> understand(CommandModel& root, Texts words) {
    if (auto done = read(root, std::move(words)); !done) {
        return std::unexpected(std::move(done.error()));
    }
    const std::vector<const CommandModel*> commands = commands_given(root);
    bool help = false;
    for (const CommandModel* command : commands) {
        for (const auto& option : command->options) {
            if (option->given.empty()) continue;
            if (option->kind == Kind::version) return option->version + '\n';
            if (auto taken = take(*option); !taken) return std::unexpected(taken.error());
            help = help || option->kind == Kind::help;
        }
    }
    if (help) return help_of(root);
    for (const CommandModel* command : commands) {
        if (auto fits = check_together(*command); !fits) return std::unexpected(fits.error());
    }
    if (auto refusal = refusal_of(root); !refusal.empty()) return std::unexpected(refusal);
    return {};
}

}  // namespace

std::expected<bool, std::string> CommandLine::parse(int argc, char** argv, std::ostream& out) {
    const auto asked = understand(*root_, Texts(argv + std::min(argc, 1), argv + argc));
    if (!asked) return std::unexpected(asked.error());
    out << *asked;
    return asked->empty();
}

CommandLine::Taken CommandLine::parse(Texts arguments) {
    const auto asked = understand(*root_, std::move(arguments));
    if (asked && asked->empty()) return {};
    return std::unexpected(asked ? *asked : asked.error());
}

CommandLine::Texts CommandLine::chosen() const {
    Texts names;
    for (const CommandModel* at = root_->chosen; at != nullptr; at = at->chosen) {
        names.push_back(at->name);
    }
    return names;
}

CommandLine::Texts CommandLine::rest() const {
    return (root_->chosen == nullptr ? *root_ : *root_->chosen).unknown;
}

}  // namespace quipu
