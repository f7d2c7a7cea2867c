// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's
class Option;
}

namespace quipu {

struct CommandNode;

/// The permitted range of a number, both ends included. Use it as CommandLine::Range; it is defined
/// outside the class because only a complete type can be a default argument.
struct CommandLineRange {
    double least = std::numeric_limits<double>::lowest();
    double most = std::numeric_limits<double>::max();
};

/// A command line with commands, options and arguments, for built-in commands and for a program's
/// own. It accepts `--name value`, `--name=value`, `-n value`, `-nvalue` and combined flags such as
/// `-ab`; names cannot be abbreviated. The word after an option is its value, even if it begins
/// with a dash or is empty. `--` ends the options of the current command. A negative number is not
/// an option.
///
/// Not thread-safe. User input never makes it throw; a programming error (a name that is used
/// twice, is not valid or does not exist) throws std::logic_error.
class CommandLine {
  public:
    using Texts = std::vector<std::string>;
    using Taken = std::expected<void, std::string>;  ///< the error without the option's name
    using Take = std::function<Taken(const Texts&)>;

    using Range = CommandLineRange;
    [[nodiscard]] static constexpr Range at_least(double least) noexcept {
        return {.least = least};
    }

    /// The variable that an option's value is stored in. It must exist until the command line has
    /// been parsed, and keeps its value if the option is not given.
    class Value {
      public:
        Value(std::string& to);
        Value(std::optional<std::string>& to);
        Value(std::filesystem::path& to);
        Value(int& to, Range range = {});
        Value(std::int64_t& to, Range range = {});
        Value(std::optional<std::int64_t>& to, Range range = {});
        Value(std::size_t& to, Range range = {});
        Value(double& to, Range range = {});
        /// Several texts: an option may be repeated, an argument takes all remaining words.
        Value(std::vector<std::string>& to);
        Value(std::vector<std::int64_t>& to);
        /// One text, which `take` parses.
        template <std::convertible_to<Take> F>
        Value(F take) : Value(Take(std::move(take)), false) {}

        /// Several texts, which `take` parses together.
        [[nodiscard]] static Value several(Take take) { return {std::move(take), true}; }
        /// One of these names.
        [[nodiscard]] static Value one_of(std::string& to, Texts names);

      private:
        friend class CommandLine;
        Value(Take take, bool several, const char* kind = "TEXT")
            : take_(std::move(take)), several_(several), kind_(kind) {}

        Take take_;
        bool several_;
        const char* kind_;
    };

    /// An option, flag or argument. Valid while the command line exists.
    class Option {
      public:
        /// Sets the word that stands for the value in the help.
        Option& placeholder(const std::string& word);
        /// Sets its heading in the help. An empty heading hides it.
        Option& heading(const std::string& heading);
        Option& required();
        /// Makes it an error to give both this and `other`.
        Option& excludes(const Option& other);

      private:
        friend class CommandLine;
        explicit Option(CLI::Option* option) : option_(option) {}
        CLI::Option* option_;
    };

    /// A command, or the program itself. Valid while the command line exists.
    class Command {
      public:
        /// Adds a command below this one. At most one of them may be given. A command that has
        /// commands below it cannot have arguments.
        Command add_command(const std::string& name, const std::string& summary,
                            const std::string& heading);
        /// Adds an option ("--name" or "-n,--name") or, with a name without a dash, an argument.
        Option add(const std::string& name, Value value, const std::string& summary);
        Option add_flag(const std::string& name, bool& given, const std::string& summary);
        Option add_flag(const std::string& name, std::function<void()> given,
                        const std::string& summary);
        /// Adds -h and --help.
        Option add_help();
        Option add_version(const std::string& text);
        /// Returns an option that was added before.
        [[nodiscard]] Option find(const std::string& name) const;
        /// Sets the last part of the help.
        void footer(const std::string& text);
        /// Collects unknown words in rest() instead of rejecting them.
        void allow_rest();
        [[nodiscard]] std::vector<Command> commands() const;
        /// The names of all its options, such as "--name" and "-n".
        [[nodiscard]] Texts options() const;
        [[nodiscard]] std::string name() const;

      private:
        friend class CommandLine;
        explicit Command(CommandNode* node) : node_(node) {}
        CommandNode* node_;
    };

    explicit CommandLine(const std::string& program);
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    /// The program itself.
    [[nodiscard]] Command root();

    /// Parses the command line; call it once. Returns true if all values have been stored, and
    /// false if the user asked for help or the version, which has then been written to `out`.
    /// Otherwise returns one line that says what is wrong; for an unknown name it suggests a
    /// similar one or the commands that have the option. The line repeats the user's words
    /// unchanged: make it printable before showing it.
    [[nodiscard]] std::expected<bool, std::string> parse(int argc, char** argv, std::ostream& out);
    /// Parses arguments without the program's name in front, for a command line without help.
    [[nodiscard]] Taken parse(Texts arguments);

    /// The names of the given commands, outermost first. Also valid after an error.
    [[nodiscard]] Texts chosen() const;
    /// The words that the outermost command collected because of allow_rest().
    [[nodiscard]] Texts rest() const;

  private:
    std::unique_ptr<CommandNode> root_;
};

}  // namespace quipu
