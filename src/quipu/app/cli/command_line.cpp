// SPDX-License-Identifier: Apache-2.0
// The only file that includes CLI11.
#include "quipu/app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ostream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "quipu/app/cli/text_output.hpp"
#include "quipu/base/nearest.hpp"

namespace quipu {

/// A command, or the program itself. Each has a parser of its own: with CLI11's subcommands, the
/// words after `--` would be parsed as options of the parent.
struct CommandNode {
    struct Entry {
        CLI::Option* option;
        CommandLine::Take take;
        bool several;
    };

    explicit CommandNode(const std::string& name, const std::string& summary = {})
        : parser(summary, name) {
        parser.set_help_flag();
        parser
            .allow_extras();  // reported by CommandLineParser, without values, which may be secrets
    }

    CLI::App parser;
    std::vector<Entry> entries;
    std::vector<std::unique_ptr<CommandNode>> commands;
    bool takes_rest = false;

    CommandNode* chosen = nullptr;
    CommandLine::Texts rest;
};

namespace {

using Taken = CommandLine::Taken;
using Texts = CommandLine::Texts;

constexpr std::size_t name_shown_max = 100;

/// Calls a function that declares an option or command; a programming error becomes
/// std::logic_error.
template <class Declare>
auto declare(const Declare& declaration) {
    try {
        return declaration();
    } catch (const CLI::Error& error) {
        throw std::logic_error("CommandLine: " + std::string(error.what()));
    }
}

class HelpFormatter final : public CLI::Formatter {
  public:
    HelpFormatter() {
        column_width(30);
        label("Positionals", "Arguments");
    }

    /// Shows only the placeholder; the summary says the rest.
    std::string make_option_opts(const CLI::Option* option) const override {
        const std::string& placeholder = option->get_type_name();
        return placeholder.empty() || option->get_expected_max() == 0 ? "" : ' ' + placeholder;
    }

    std::string help(const CommandNode& node, const std::string& path) const {
        const CLI::App* const app = &node.parser;
        std::string text = app->get_description();
        if (!text.empty()) text += "\n\n";
        std::string usage = make_usage(app, path);
        if (!node.commands.empty()) usage.insert(usage.find_last_not_of('\n') + 1, " [COMMAND]");
        text += usage + make_positionals(app) + commands(node);
        for (const std::string& heading : app->get_groups()) {
            const auto options = app->get_options([&](const CLI::Option* option) {
                return option->get_group() == heading && option->nonpositional();
            });
            if (!heading.empty() && !options.empty()) text += make_group(heading, false, options);
        }
        const std::string footer = app->get_footer();
        return text + (footer.empty() ? "\n" : '\n' + footer + '\n');
    }

  private:
    std::string commands(const CommandNode& node) const {
        Texts headings;
        for (const auto& command : node.commands) {
            const std::string& heading = command->parser.get_group();
            if (std::ranges::find(headings, heading) == headings.end()) headings.push_back(heading);
        }
        std::string text;
        for (const std::string& heading : headings) {
            text += '\n' + heading + ":\n";
            for (const auto& command : node.commands) {
                if (command->parser.get_group() == heading)
                    text += make_subcommand(&command->parser);
            }
        }
        return text;
    }
};

// CLI11 interprets some words: "--name=" would take the next word as its value, and "[a]" is a
// list. A zero byte, which no command line can contain, is appended to each word to prevent that.
constexpr char guard = '\0';

std::string guarded(std::string word) {
    const bool no_value = word.starts_with("--") && word.find('=') == word.size() - 1;
    const bool list = word.starts_with('[') && word.ends_with(']');
    if (no_value || list) word += guard;
    return word;
}

std::string without_guard(std::string word) {
    if (word.ends_with(guard)) word.pop_back();
    return word;
}

Texts without_guards(Texts words) {
    for (std::string& word : words) word = without_guard(std::move(word));
    return words;
}

bool is_option(std::string_view word) {
    return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9');
}

std::string missing_value(const CLI::Option& option) {
    const std::string& placeholder = option.get_type_name();
    return option.get_name() + ": a value is missing" +
           (placeholder.empty() ? "" : " (" + placeholder + ')');
}

Taken take(const CommandNode::Entry& entry) {
    const CLI::Option& option = *entry.option;
    if (option.count() == 0) return {};
    const std::string name = option.get_name() + ": ";
    const Texts& given = option.results();  // raw: CLI11 would interpret "{}" and the like
    if (option.get_expected_max() == 0) {
        if (given.back() != "true") return std::unexpected(name + "takes no value");
        return entry.take({});
    }
    if (std::ranges::find(given, std::string(1, guard)) != given.end()) {
        return std::unexpected(missing_value(option));
    }
    if (given.size() > 1 && !entry.several) return std::unexpected(name + "given more than once");
    auto taken = entry.take(without_guards(given));
    if (!taken) return std::unexpected(name + taken.error());
    return {};
}

CommandNode* find_command(const CommandNode& node, std::string_view name) {
    for (const auto& command : node.commands) {
        if (command->parser.get_name() == name) return command.get();
    }
    return nullptr;
}

Texts option_names(const CommandNode& node) {
    Texts names;
    for (const CLI::Option* option : std::as_const(node.parser).get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
        for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
    return names;
}

/// "; did you mean 'tail'?", or nothing if no name is similar.
std::string suggestion(std::string_view word, const Texts& names, const std::string& path = {}) {
    const std::string_view shown = word.substr(0, name_shown_max);
    const auto distance = [&](const std::string& name) { return edit_distance(name, shown); };
    const auto nearest = std::ranges::min_element(names, {}, distance);
    if (nearest == names.end()) return {};
    const std::size_t off = distance(*nearest);
    if (off > 1 + shown.size() / 3 || off >= nearest->size()) return {};
    return "; did you mean '" + path + *nearest + "'?";
}

void add_holders(const CommandNode& node, const std::string& path, const std::string& option,
                 Texts& holders) {
    for (const auto& command : node.commands) {
        const std::string name = path + command->parser.get_name();
        const Texts names = option_names(*command);
        if (std::ranges::find(names, option) != names.end()) holders.push_back('\'' + name + '\'');
        add_holders(*command, name + ' ', option, holders);
    }
}

/// "; it belongs to 'tail' and 'events'", or nothing if no command has it.
std::string owner_hint(const CommandNode& root, const std::string& option) {
    constexpr std::size_t most = 3;
    Texts holders;
    add_holders(root, "", option, holders);
    if (holders.empty()) return {};
    if (holders.size() > most) {
        holders.resize(most);
        holders.emplace_back("others");
    }
    std::string text = "; it belongs to " + holders.front();
    for (std::size_t i = 1; i < holders.size(); ++i) {
        text += (i + 1 == holders.size() ? " and " : ", ") + holders[i];
    }
    return text;
}

/// Parses one command line.
class CommandLineParser {
  public:
    explicit CommandLineParser(CommandNode& root) : root_(root), at_(&root) {}

    /// The help or version text that the user asked for, or nothing; otherwise what is wrong.
    std::expected<std::string, std::string> read(Texts words) {
        std::ranges::transform(words, words.begin(), guarded);
        bool more = true;
        while (more) {
            if (auto parsed = parse(std::move(words)); !parsed)
                return std::unexpected(parsed.error());
            if (!version_.empty()) return version_ + '\n';
            words = at_->parser.remaining();
            more = descend(words);
        }
        if (help_) return HelpFormatter().help(*at_, root_.parser.get_name() + path());
        // An unknown option is reported first: it may be a misspelling of the missing one.
        const std::string& fault = unknown_.empty() ? incomplete_ : unknown_;
        if (!fault.empty()) return std::unexpected(fault);
        return {};
    }

  private:
    /// The options and arguments of one command.
    Taken parse(Texts words) {
        // CLI11 consumes them from the end.
        std::ranges::reverse(words);
        try {
            at_->parser.parse(std::move(words));
        } catch (const CLI::CallForVersion& asked) {
            version_ = asked.what();
            return {};
        } catch (const CLI::CallForHelp&) {
            help_ = true;
        } catch (const CLI::ArgumentMismatch& error) {
            // The message begins with the option's name.
            const std::string text = error.what();
            return std::unexpected(
                missing_value(*at_->parser.get_option(text.substr(0, text.find(':')))));
        } catch (const CLI::ParseError& error) {
            if (incomplete_.empty()) incomplete_ = error.what();
        }
        for (const CommandNode::Entry& entry : at_->entries) {
            if (auto taken = take(entry); !taken) return taken;
        }
        return {};
    }

    /// Enters the command named by the first of `words`, which the current one left over, and
    /// removes that word. False if there is no further command.
    bool descend(Texts& words) {
        if (at_->takes_rest) {
            at_->rest = without_guards(words);
            return false;
        }
        bool options_ended = false;
        for (auto word = words.begin(); word != words.end(); ++word) {
            if (*word == "--" && !options_ended) {
                options_ended = true;
            } else if (is_option(*word) && !options_ended) {
                refuse_option(*word);
                if (at_->commands.empty()) return false;
            } else if (CommandNode* const next = find_command(*at_, *word)) {
                at_->chosen = next;
                at_ = next;
                words.erase(words.begin(), word + 1);
                return true;
            } else {
                refuse_word(*word);
                return false;
            }
        }
        return false;
    }

    /// Reports an unknown option without its value, which may be a secret.
    void refuse_option(const std::string& word) {
        if (!unknown_.empty()) return;
        const std::string name = word.substr(0, word.find('='));
        unknown_ = "unknown option '" + name + '\'';
        const std::string owners = owner_hint(root_, name);
        if (owners.empty()) {
            unknown_ += suggestion(name, option_names(*at_));
        } else {
            unknown_ +=
                (at_ == &root_ ? " before the command" : " of '" + path().substr(1) + '\'') +
                owners;
        }
    }

    void refuse_word(std::string word) {
        if (!unknown_.empty()) return;
        word = without_guard(std::move(word));
        // After `--` the word may be an option with its value.
        if (is_option(word)) word.resize(std::min(word.size(), word.find('=')));
        if (at_->commands.empty()) {
            unknown_ = "unexpected argument '" + word + '\'';
            return;
        }
        Texts names;
        for (const auto& command : at_->commands) names.push_back(command->parser.get_name());
        const std::string before = at_ == &root_ ? "" : path().substr(1) + ' ';
        unknown_ = "unknown command '" + before + word + '\'' + suggestion(word, names, before);
    }

    /// The names of the commands entered so far, such as " dead-letters list".
    [[nodiscard]] std::string path() const {
        std::string names;
        for (const CommandNode* node = root_.chosen; node != nullptr; node = node->chosen) {
            names += ' ' + node->parser.get_name();
        }
        return names;
    }

    CommandNode& root_;
    CommandNode* at_;
    bool help_ = false;
    std::string version_;
    std::string incomplete_;
    std::string unknown_;
};

using Range = CommandLine::Range;
using Taken = CommandLine::Taken;
using Texts = CommandLine::Texts;

/// The text in quotes, shortened and made printable.
std::string shown(std::string_view text) {
    return '\'' + printable(text.substr(0, 100)) + '\'';
}

std::string bound(double value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.begin(), text.end(), value, std::chars_format::fixed);
    return {text.data(), end.ptr};
}

std::string fault_of(Range range) {
    if (range.least == Range{}.least) return "must be at most " + bound(range.most);
    if (range.most == Range{}.most) return "must be at least " + bound(range.least);
    return "must be between " + bound(range.least) + " and " + bound(range.most);
}

template <class Number>
Taken take_number(const std::string& text, Number& to, Range range, const char* kind) {
    Number number{};
    const char* const end = text.data() + text.size();
    const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
    const auto read = std::from_chars(text.data() + (plus ? 1 : 0), end, number);
    if (read.ec == std::errc::result_out_of_range) {
        return std::unexpected(shown(text) + " is out of range");
    }
    const auto value = static_cast<double>(number);
    if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(value)) {
        return std::unexpected(shown(text) + " is not a " + kind);
    }
    if (value < range.least || value > range.most) return std::unexpected(fault_of(range));
    to = number;
    return {};
}

template <class Number>
CommandLine::Take take_whole(Number& to, Range range) {
    return [&to, range](const Texts& texts) {
        return take_number(texts.front(), to, range, "whole number");
    };
}

Range not_negative(Range range) {
    return {std::max(range.least, 0.0), range.most};
}

}  // namespace

CommandLine::Option& CommandLine::Option::placeholder(const std::string& word) {
    option_->type_name(word);
    return *this;
}

CommandLine::Option& CommandLine::Option::heading(const std::string& heading) {
    option_->group(heading);
    return *this;
}

CommandLine::Option& CommandLine::Option::required() {
    option_->required();
    return *this;
}

CommandLine::Option& CommandLine::Option::excludes(const Option& other) {
    option_->excludes(other.option_);
    return *this;
}

CommandLine::Command CommandLine::Command::add_command(const std::string& name,
                                                       const std::string& summary,
                                                       const std::string& heading) {
    const bool has_arguments = std::ranges::any_of(
        node_->entries, [](const auto& entry) { return entry.option->get_positional(); });
    if (has_arguments || find_command(*node_, name) != nullptr ||
        !CLI::detail::valid_name_string(name)) {
        throw std::logic_error("CommandLine: '" + name + "' cannot be a command here");
    }
    node_->parser.prefix_command();
    auto node = std::make_unique<CommandNode>(name, summary);
    node->parser.group(heading);
    return Command(node_->commands.emplace_back(std::move(node)).get());
}

CommandLine::Option CommandLine::Command::add(const std::string& name, Value value,
                                              const std::string& summary) {
    const bool argument = !name.starts_with('-');
    const auto has_name = [&](const auto& entry) { return entry.option->get_name() == name; };
    if (name.empty()) throw std::logic_error("CommandLine: an option needs a name");
    if (argument && (!node_->commands.empty() || std::ranges::any_of(node_->entries, has_name))) {
        throw std::logic_error("CommandLine: '" + name + "' cannot be an argument here");
    }
    CLI::Option* const option =
        declare([&] { return node_->parser.add_option(name, CLI::callback_t{}, summary); });
    option->take_all()->type_name(argument ? "" : value.kind_);
    // `--type A B` is a type A, and a B that is something else.
    if (argument && value.several_) option->expected(1, CLI::detail::expected_max_vector_size);
    option->allow_extra_args(argument && value.several_);
    node_->entries.push_back({option, std::move(value.take_), value.several_});
    return Option(option);
}

CommandLine::Option CommandLine::Command::add_flag(const std::string& name, bool& given,
                                                   const std::string& summary) {
    return add_flag(name, [&given] { given = true; }, summary);
}

CommandLine::Option CommandLine::Command::add_flag(const std::string& name,
                                                   std::function<void()> given,
                                                   const std::string& summary) {
    if (!name.starts_with('-')) {
        throw std::logic_error("CommandLine: '" + name + "' cannot be a flag; it needs a dash");
    }
    CLI::Option* const option =
        declare([&] { return node_->parser.add_option(name, CLI::callback_t{}, summary); });
    option->take_all()->expected(0);
    node_->entries.push_back(
        {option, [given = std::move(given)](const Texts&) { return given(), Taken(); }, true});
    return Option(option);
}

CommandLine::Option CommandLine::Command::add_help() {
    return Option(node_->parser.set_help_flag("-h,--help", "Print this help and exit"));
}

CommandLine::Option CommandLine::Command::add_version(const std::string& text) {
    return Option(node_->parser.set_version_flag("--version", text, "Print the version and exit"));
}

CommandLine::Option CommandLine::Command::find(const std::string& name) const {
    return Option(declare([&] { return node_->parser.get_option(name); }));
}

void CommandLine::Command::footer(const std::string& text) {
    node_->parser.footer(text);
}

void CommandLine::Command::allow_rest() {
    node_->takes_rest = true;
}

std::vector<CommandLine::Command> CommandLine::Command::commands() const {
    std::vector<Command> all;
    all.reserve(node_->commands.size());
    for (const auto& command : node_->commands) all.push_back(Command(command.get()));
    return all;
}

CommandLine::Texts CommandLine::Command::options() const {
    return option_names(*node_);
}

std::string CommandLine::Command::name() const {
    return node_->parser.get_name();
}

CommandLine::CommandLine(const std::string& program)
    : root_(std::make_unique<CommandNode>(program)) {}

CommandLine::~CommandLine() = default;

CommandLine::Command CommandLine::root() {
    return Command(root_.get());
}

std::expected<bool, std::string> CommandLine::parse(int argc, char** argv, std::ostream& out) {
    const auto asked = CommandLineParser(*root_).read(Texts(argv + std::min(argc, 1), argv + argc));
    if (!asked) return std::unexpected(asked.error());
    out << *asked;
    return asked->empty();
}

CommandLine::Taken CommandLine::parse(Texts arguments) {
    const auto asked = CommandLineParser(*root_).read(std::move(arguments));
    if (asked && asked->empty()) return {};
    return std::unexpected(asked ? *asked : asked.error());
}

CommandLine::Texts CommandLine::chosen() const {
    Texts names;
    for (const CommandNode* node = root_->chosen; node != nullptr; node = node->chosen) {
        names.push_back(node->parser.get_name());
    }
    return names;
}

CommandLine::Texts CommandLine::rest() const {
    return (root_->chosen == nullptr ? *root_ : *root_->chosen).rest;
}

CommandLine::Value::Value(std::string& to)
    : Value([&to](const Texts& texts) { return to = texts.front(), Taken(); }, false) {}

CommandLine::Value::Value(std::optional<std::string>& to)
    : Value([&to](const Texts& texts) { return to = texts.front(), Taken(); }, false) {}

CommandLine::Value::Value(std::filesystem::path& to)
    : Value([&to](const Texts& texts) { return to = texts.front(), Taken(); }, false) {}

CommandLine::Value::Value(int& to, Range range) : Value(take_whole(to, range), false, "INT") {}

CommandLine::Value::Value(std::int64_t& to, Range range)
    : Value(take_whole(to, range), false, "INT") {}

CommandLine::Value::Value(std::optional<std::int64_t>& to, Range range)
    : Value(
          [&to, range](const Texts& texts) -> Taken {
              std::int64_t number = 0;
              auto taken = take_number(texts.front(), number, range, "whole number");
              if (taken) to = number;
              return taken;
          },
          false, "INT") {}

CommandLine::Value::Value(std::size_t& to, Range range)
    : Value(
          [&to, range](const Texts& texts) -> Taken {
              std::int64_t number = 0;
              auto taken = take_number(texts.front(), number, not_negative(range), "whole number");
              if (taken) to = static_cast<std::size_t>(number);
              return taken;
          },
          false, "UINT") {}

CommandLine::Value::Value(double& to, Range range)
    : Value([&to,
             range](const Texts& texts) { return take_number(texts.front(), to, range, "number"); },
            false, "FLOAT") {}

CommandLine::Value::Value(std::vector<std::string>& to)
    : Value([&to](const Texts& texts) { return to = texts, Taken(); }, true) {}

CommandLine::Value::Value(std::vector<std::int64_t>& to)
    : Value(
          [&to](const Texts& texts) -> Taken {
              to.clear();
              for (const std::string& text : texts) {
                  auto taken = take_number(text, to.emplace_back(), Range{}, "whole number");
                  if (!taken) return taken;
              }
              return {};
          },
          true, "INT") {}

CommandLine::Value CommandLine::Value::one_of(std::string& to, Texts names) {
    return {[&to, names = std::move(names)](const Texts& texts) -> Taken {
                if (std::ranges::find(names, texts.front()) == names.end()) {
                    std::string all;
                    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
                    return std::unexpected(shown(texts.front()) + " is not one of " + all);
                }
                to = texts.front();
                return {};
            },
            false};
}

}  // namespace quipu
