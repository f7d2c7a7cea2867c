// SPDX-License-Identifier: Apache-2.0
// The words of a command line as options, their values, and words of their own.
#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>

#include "quipu/app/cli/command_line_model.hpp"

namespace quipu {
namespace {

namespace po = boost::program_options;
using Kind = OptionModel::Kind;
using Texts = CommandLine::Texts;

/// "name", "name,n" or ",n".
std::string library_names(const OptionModel& option) {
    std::string names = option.long_name.empty() ? "" : option.long_name.substr(2);
    if (!option.short_name.empty()) names += "," + option.short_name.substr(1);
    return names;
}

po::options_description described(const CommandModel& command) {
    po::options_description all;
    for (const auto& option : command.options) {
        if (option->kind == Kind::argument) continue;
        const bool flag = option->kind != Kind::value;
        all.add_options()(library_names(*option).c_str(), new po::untyped_value(flag));
    }
    return all;
}

/// Comes before the library's own parsers, for what they would take for something else.
class ExtraParser {
  public:
    ExtraParser(const CommandModel& command, Texts& left) : command_(command), left_(left) {}

    std::vector<po::option> operator()(Texts& words) const {
        const std::string& first = words.front();
        // A single word may be a value that the library looks at; and it stops nothing.
        if (words.size() > 1) {
            if (first == "--" || (is_word(first) && !command_.commands.empty())) {
                left_ = std::exchange(words, {});
                return {};
            }
            // At once, for each removal moves all words that follow.
            if (is_word(first)) return take(words, std::ranges::find_if_not(words, is_word));
            const OptionModel* option = command_.find_option(first);
            if (option != nullptr && option->kind == Kind::value) {
                return with_value(*option, words);
            }
        }
        if (first.starts_with("---") || first.starts_with("--=")) return one("", words);
        if (first.starts_with("--") && first.find('=') == first.size() - 1) {
            return one(first.substr(2, first.size() - 3), words);
        }
        return {};
    }

  private:
    /// The words before `end`.
    static std::vector<po::option> take(Texts& words, Texts::iterator end) {
        std::vector<po::option> options;
        for (auto word = words.begin(); word != end; ++word) {
            options.emplace_back().original_tokens.push_back(std::move(*word));
        }
        words.erase(words.begin(), end);
        return options;
    }

    /// What follows an option is its value, whatever it looks like.
    static std::vector<po::option> with_value(const OptionModel& option, Texts& words) {
        std::vector<po::option> options(1);
        options[0].string_key =
            option.long_name.empty() ? option.short_name : option.long_name.substr(2);
        options[0].value.push_back(words[1]);
        options[0].original_tokens = {words[0], words[1]};
        words.erase(words.begin(), words.begin() + 2);
        return options;
    }

    /// The first of `words`, as an option with an empty value, or as a word when it has no name.
    static std::vector<po::option> one(const std::string& name, Texts& words) {
        std::vector<po::option> options(1);
        options[0].string_key = name;
        options[0].value.emplace_back();
        options[0].original_tokens.push_back(std::move(words.front()));
        words.erase(words.begin());
        return options;
    }

    const CommandModel& command_;
    Texts& left_;
};

SplitWords::Part part_of(const po::option& option, const CommandModel& command) {
    const std::string value = option.value.empty() ? "" : option.value.front();
    if (option.string_key.empty()) return {nullptr, true, option.original_tokens.front()};
    const bool is_short = option.string_key.starts_with('-');
    if (!option.unregistered) {
        const std::string name = (is_short ? "" : "--") + option.string_key;
        return {command.find_option(name), false, value};
    }
    if (!is_short) return {nullptr, false, option.original_tokens.front()};
    const bool number = option.string_key[1] >= '0' && option.string_key[1] <= '9';
    return {nullptr, number, option.string_key + value};
}

std::string missing_value(const OptionModel& option) {
    const std::string& kind = option.placeholder;
    return option.name() + ": a value is missing" + (kind.empty() ? "" : " (" + kind + ')');
}

std::string fault_of(const po::invalid_command_line_syntax& error, const CommandModel& command) {
    // The library writes two dashes before each name.
    const std::string name = error.get_option_name();
    const OptionModel* option = command.find_option(name);
    if (option == nullptr && !name.empty()) option = command.find_option(name.substr(1));
    if (option == nullptr) return "an option is not understood";
    const bool extra = error.kind() == po::invalid_syntax::extra_parameter;
    return extra ? option->name() + ": takes no value" : missing_value(*option);
}

/// "--name=" and nothing more.
bool lacks_value(const po::option& option) {
    return option.original_tokens.size() == 1 && option.value.size() == 1 &&
           option.value[0].empty();
}

}  // namespace

bool is_word(std::string_view text) {
    return text.size() < 2 || text[0] != '-';
}

std::expected<SplitWords, std::string> split_words(const CommandModel& command,
                                                   const CommandLine::Texts& words) {
    using namespace po::command_line_style;
    constexpr int style = allow_long | long_allow_adjacent | long_allow_next | allow_short |
                          allow_dash_for_short | short_allow_adjacent | short_allow_next |
                          allow_sticky;
    SplitWords split;
    try {
        const po::options_description options = described(command);
        const po::parsed_options parsed = po::command_line_parser(words)
                                              .options(options)
                                              .style(style)
                                              .extra_style_parser(ExtraParser(command, split.left))
                                              .allow_unregistered()
                                              .run();
        for (const po::option& option : parsed.options) {
            SplitWords::Part part = part_of(option, command);
            if (part.option != nullptr && lacks_value(option)) {
                return std::unexpected(missing_value(*part.option));
            }
            split.parts.push_back(std::move(part));
        }
    } catch (const po::invalid_command_line_syntax& error) {
        return std::unexpected(fault_of(error, command));
    }
    // One word alone, the last.
    if (!command.commands.empty() && !split.parts.empty() && split.parts.back().word &&
        is_word(split.parts.back().text)) {
        split.left = {std::move(split.parts.back().text)};
        split.parts.pop_back();
    }
    return split;
}

}  // namespace quipu
