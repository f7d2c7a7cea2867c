// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/app/command_line.hpp"

namespace quipu {

/// An option, flag or argument as it was declared, and what the user gave for it.
struct OptionModel {
    enum class Kind { argument, value, flag, help, version };

    Kind kind = Kind::value;
    std::string short_name;  ///< "-n"
    std::string long_name;   ///< "--name"
    std::string argument;    ///< "NAME", alone
    std::string summary;
    std::string placeholder;
    std::string heading = "Options";
    std::string version;  ///< what is printed
    bool required = false;
    bool several = false;
    CommandLine::Take take;
    std::vector<const OptionModel*> excludes;

    CommandLine::Texts given;  ///< an empty text each time for a flag

    /// The longest of its names.
    [[nodiscard]] const std::string& name() const {
        if (kind == Kind::argument) return argument;
        return long_name.empty() ? short_name : long_name;
    }
};

/// A command, or the program itself, as it was declared, and what the user gave for it.
struct CommandModel {
    std::string name;
    std::string summary;
    std::string heading;
    std::string footer;
    bool allow_rest = false;
    std::vector<std::unique_ptr<OptionModel>> options;
    std::vector<std::unique_ptr<CommandModel>> commands;

    CommandModel* chosen = nullptr;
    /// What it does not know, in order; "--" stands before the first word that followed one.
    CommandLine::Texts unknown;

    /// By its long, its short or its argument's name; nullptr when there is none.
    [[nodiscard]] OptionModel* find_option(std::string_view any_name) const;
    [[nodiscard]] CommandModel* find_command(std::string_view its_name) const;
    /// "--name" and "-n" of all its options.
    [[nodiscard]] CommandLine::Texts option_names() const;
};

/// Anything but an option or "--"; "-" alone is one.
[[nodiscard]] bool is_word(std::string_view text);

/// The words of one command, told apart.
struct SplitWords {
    struct Part {
        OptionModel* option = nullptr;  ///< nullptr: a word of its own, or an option not known
        bool word = false;
        std::string text;  ///< the option's value, or all of it when it is not known
    };
    std::vector<Part> parts;
    /// Not looked at: from "--" on, or from the first word on when the command has commands.
    CommandLine::Texts left;
};

/// Or one line that says what is wrong.
[[nodiscard]] std::expected<SplitWords, std::string> split_words(const CommandModel& command,
                                                                 const CommandLine::Texts& words);

/// The help of the last command chosen.
[[nodiscard]] std::string help_of(const CommandModel& root);

/// What is said of the outermost command that has to refuse something; empty when none has.
[[nodiscard]] std::string refusal_of(const CommandModel& root);

}  // namespace quipu
