// SPDX-License-Identifier: Apache-2.0
// How a command line is declared.
#include "quipu/app/command_line.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "quipu/app/cli/command_line_model.hpp"

namespace quipu {
namespace {

using Kind = OptionModel::Kind;

[[noreturn]] void fail(const std::string& fault) {
    throw std::logic_error("CommandLine: " + fault);
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_long(std::string_view name) {
    const auto fits = [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
    };
    return name.size() > 2 && name.starts_with("--") && name[2] != '-' &&
           std::ranges::all_of(name.substr(2), fits);
}

/// A digit is no short name: -1 is a number.
bool is_short(std::string_view name) {
    return name.size() == 2 && name[0] == '-' && is_letter(name[1]);
}

/// Of an argument or a command.
bool is_bare(std::string_view name) {
    const auto fits = [](char c) { return c != ' ' && c != '\n' && c != ','; };
    return !name.empty() && name[0] != '-' && std::ranges::all_of(name, fits);
}

void set_names(OptionModel& option, const std::string& names) {
    const std::size_t comma = names.find(',');
    const std::string first = names.substr(0, comma);
    const std::string second = names.substr(comma + 1);  // all of it without a comma
    if (is_long(names)) {
        option.long_name = names;
    } else if (is_short(names)) {
        option.short_name = names;
    } else if (is_short(first) && is_long(second)) {
        option.short_name = first;
        option.long_name = second;
    } else if (option.kind == Kind::argument && is_bare(names)) {
        option.argument = names;
    } else {
        fail("'" + names +
             "' is no name here; write --name, -n, -n,--name, or NAME for an argument");
    }
}

OptionModel& add_option(CommandModel& command, Kind kind, const std::string& names,
                        const std::string& summary) {
    auto option = std::make_unique<OptionModel>();
    option->kind = kind;
    option->summary = summary;
    set_names(*option, names);
    if (kind == Kind::argument && !command.commands.empty()) {
        fail("'" + names + "' would stand where the names of commands stand");
    }
    for (const std::string& name : {option->short_name, option->long_name, option->argument}) {
        if (command.find_option(name) != nullptr) {
            fail("'" + name + "' is there already");
        }
    }
    return *command.options.emplace_back(std::move(option));
}

}  // namespace

OptionModel* CommandModel::find_option(std::string_view any_name) const {
    if (any_name.empty()) return nullptr;
    for (const auto& option : options) {
        if (any_name == option->long_name || any_name == option->short_name ||
            any_name == option->argument) {
            return option.get();
        }
    }
    return nullptr;
}

CommandModel* CommandModel::find_command(std::string_view its_name) const {
    for (const auto& command : commands) {
        if (command->name == its_name) return command.get();
    }
    return nullptr;
}

CommandLine::Texts CommandModel::option_names() const {
    CommandLine::Texts names;
    for (const auto& option : options) {
        if (!option->long_name.empty()) names.push_back(option->long_name);
        if (!option->short_name.empty()) names.push_back(option->short_name);
    }
    return names;
}

CommandLine::Option& CommandLine::Option::placeholder(const std::string& word) {
    option_->placeholder = word;
    return *this;
}

CommandLine::Option& CommandLine::Option::heading(const std::string& heading) {
    option_->heading = heading;
    return *this;
}

CommandLine::Option& CommandLine::Option::required() {
    option_->required = true;
    return *this;
}

CommandLine::Option& CommandLine::Option::excludes(const Option& other) {
    option_->excludes.push_back(other.option_);
    other.option_->excludes.push_back(option_);
    return *this;
}

CommandLine::Command CommandLine::Command::add_command(const std::string& name,
                                                       const std::string& summary,
                                                       const std::string& heading) {
    if (!is_bare(name)) fail("'" + name + "' is no name of a command");
    if (command_->find_command(name) != nullptr) fail("'" + name + "' is there already");
    for (const auto& option : command_->options) {
        if (option->kind == Kind::argument) {
            fail("'" + name + "' would stand where " + option->argument + " stands");
        }
    }
    auto command = std::make_unique<CommandModel>();
    command->name = name;
    command->summary = summary;
    command->heading = heading;
    return Command(command_->commands.emplace_back(std::move(command)).get());
}

CommandLine::Option CommandLine::Command::add(const std::string& name, Value value,
                                              const std::string& summary) {
    const bool argument = !name.starts_with('-');
    OptionModel& option =
        add_option(*command_, argument ? Kind::argument : Kind::value, name, summary);
    if (!argument) option.placeholder = value.kind_;
    option.several = value.several_;
    option.take = std::move(value.take_);
    return Option(&option);
}

CommandLine::Option CommandLine::Command::add_flag(const std::string& name, bool& given,
                                                   const std::string& summary) {
    return add_flag(name, [&given] { given = true; }, summary);
}

CommandLine::Option CommandLine::Command::add_flag(const std::string& name,
                                                   std::function<void()> given,
                                                   const std::string& summary) {
    OptionModel& option = add_option(*command_, Kind::flag, name, summary);
    option.take = [given = std::move(given)](const Texts&) { return given(), Taken(); };
    return Option(&option);
}

CommandLine::Option CommandLine::Command::add_help() {
    return Option(&add_option(*command_, Kind::help, "-h,--help", "Print this help and exit"));
}

CommandLine::Option CommandLine::Command::add_version(const std::string& text) {
    OptionModel& option = add_option(*command_, Kind::version, "--version",
                                     "Display program version information and exit");
    option.version = text;
    return Option(&option);
}

CommandLine::Option CommandLine::Command::find(const std::string& name) const {
    OptionModel* const option = command_->find_option(name);
    if (option == nullptr) fail("there is no '" + name + "' here");
    return Option(option);
}

void CommandLine::Command::footer(const std::string& text) {
    command_->footer = text;
}

void CommandLine::Command::allow_rest() {
    command_->allow_rest = true;
}

std::vector<CommandLine::Command> CommandLine::Command::commands() const {
    std::vector<Command> all;
    all.reserve(command_->commands.size());
    for (const auto& command : command_->commands) all.push_back(Command(command.get()));
    return all;
}

CommandLine::Texts CommandLine::Command::options() const {
    return command_->option_names();
}

std::string CommandLine::Command::name() const {
    return command_->name;
}

CommandLine::CommandLine(const std::string& program) : root_(std::make_unique<CommandModel>()) {
    root_->name = program;
}

CommandLine::~CommandLine() = default;

CommandLine::Command CommandLine::root() {
    return Command(root_.get());
}

}  // namespace quipu
