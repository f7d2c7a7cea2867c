// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/app/app.hpp"
#include "quipu/app/command_line.hpp"
#include "quipu/app/commands/help_examples.hpp"
#include "quipu/app/commands/invocation.hpp"
#include "quipu/app/settings/setting_options.hpp"
#include "quipu/app/settings/settings.hpp"

namespace quipu {

/// A command of a program, without the options that are its own; its code adds them.
struct CommandSpec {
    std::string name = {};
    std::string summary = {};
    /// Examples in its help, in which $P stands for the program, $T for an event type and $J for
    /// the JSON of such an event.
    std::string_view examples = {};
    SharedOptions shared = {};
    std::function<int(const Invocation&)> run = {};
    /// Checks the combination of its options: returns what is wrong, or nothing.
    std::function<CommandLine::Taken()> check = {};
};

/// The commands of a program. Each one adds itself; the command line then selects one.
class CommandSet {
  public:
    /// `definition` must be complete and outlive this object.
    explicit CommandSet(const AppDefinition& definition);

    /// Adds a command. `spec.run` must own the variables that its options are stored in.
    CommandLine::Command add(CommandSpec spec);
    /// Adds a command below `above`, such as `topics apply`.
    CommandLine::Command add_below(CommandLine::Command above, CommandSpec spec);
    /// Adds a command of the program itself.
    void add(const CustomCommand& custom);

    [[nodiscard]] const AppDefinition& definition() const noexcept { return definition_; }
    /// Adds "--type", which may be repeated and accepts event types of the catalogue.
    void add_types(CommandLine::Command command, std::vector<std::string>& types) const;

    /// Parses the command line, runs the command and returns the exit code. Writes help and version
    /// to `out` and errors to `err`. Call it once.
    [[nodiscard]] int run(int argc, char** argv, std::istream& in, std::ostream& out,
                          std::ostream& err);

  private:
    struct Entry {
        CommandLine::Command command;
        CommandLine::Texts path;
        CommandSpec spec;
    };

    /// `path` has the names of the commands above.
    void enter(CommandLine::Command command, CommandLine::Texts path, CommandSpec spec);
    void add_shared(const Entry& entry);
    [[nodiscard]] const Entry* chosen() const;
    [[nodiscard]] int refuse(const std::string& fault, std::ostream& err) const;
    [[nodiscard]] int run(const Entry& entry, std::istream& in, std::ostream& out,
                          std::ostream& err);

    const AppDefinition& definition_;
    HelpExamples examples_;
    std::vector<Setting> settings_;
    SettingOptions setting_options_;
    CommandLine line_;
    std::vector<Entry> entries_;
    bool json_ = false;
    bool quiet_ = false;
};

/// Stores event types of the catalogue in `to`. The error for an unknown one suggests the most
/// similar one.
[[nodiscard]] CommandLine::Take take_types(const EventTypes& types, std::vector<std::string>& to);

// The built-in commands, in the order of the help.
void add_run(CommandSet& commands);
void add_publish(CommandSet& commands);
void add_tail(CommandSet& commands);
void add_show(CommandSet& commands);
void add_events(CommandSet& commands);
void add_validate(CommandSet& commands);
void add_groups(CommandSet& commands);
void add_dead_letters(CommandSet& commands);
void add_parked(CommandSet& commands);
void add_archive(CommandSet& commands);
void add_documents(CommandSet& commands);
void add_explain(CommandSet& commands);
void add_flow(CommandSet& commands);
void add_doctor(CommandSet& commands);
void add_verify(CommandSet& commands);
void add_topics(CommandSet& commands);
void add_promote(CommandSet& commands);
void add_config(CommandSet& commands);

}  // namespace quipu
