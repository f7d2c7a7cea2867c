// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/base/error.hpp"

namespace quipu {

/// One setting of a program. Everything about it comes from here: its option, its environment
/// variable, its line in a configuration file, `config` and the reference.
struct Setting {
    enum class Kind { text, number, flag, choice, list, store_url, log_url };
    /// Which commands have an option for it: those that use the store, the log, the definition of
    /// topics or HTTP, or `run` alone.
    enum class Scope { store, log, topics, http, run };

    std::string name = {};         ///< in a file; the option is --name, the variable QUIPU_NAME
    std::string placeholder = {};  ///< of the value, in help: "URL"; empty for flags
    Kind kind = Kind::text;
    std::string fallback = {};  ///< its value when nobody sets it
    std::string meaning = {};   ///< one line
    Scope scope = Scope::store;
    bool secret = false;  ///< no option; never printed
    std::int64_t least = 0;
    std::int64_t most = 0;                  ///< of a number
    std::vector<std::string> choices = {};  ///< of a choice

    /// "--store", "--no-relay" for a flag that is on by itself; empty for a secret.
    [[nodiscard]] std::string option() const;
    /// "QUIPU_STORE"
    [[nodiscard]] std::string variable() const;
};

/// The settings of a program, in the order in which they are shown. `default_http` may be empty.
[[nodiscard]] std::vector<Setting> make_settings(std::string_view program,
                                                 std::string_view default_http);

/// What a table of settings says about librdkafka's properties, which pass through by their names:
/// `kafka.NAME` in a file, QUIPU_KAFKA_NAME, --kafka NAME=VALUE.
inline constexpr std::string_view kafka_prefix = "kafka.";

/// The value in its one form ("true" for "yes", a number without leading zeros), or what is wrong
/// with it and what to write. The error never repeats a secret.
[[nodiscard]] std::expected<std::string, std::string> check_setting(const Setting& setting,
                                                                    std::string_view text);

/// A setting's value and who set it.
struct SettingValue {
    enum class Origin { fallback, file, environment, command_line };  ///< the later wins

    std::string value;
    Origin origin = Origin::fallback;
    std::string from;  ///< "default", "file quipu.conf", "environment QUIPU_STORE", "--store"
};

/// All settings of one call of a program.
class Settings {
  public:
    [[nodiscard]] const SettingValue& of(std::string_view name) const;
    [[nodiscard]] const std::string& text(std::string_view name) const { return of(name).value; }
    [[nodiscard]] bool flag(std::string_view name) const { return text(name) == "true"; }
    [[nodiscard]] std::int64_t number(std::string_view name) const;
    /// The parts of a list.
    [[nodiscard]] std::vector<std::string> list(std::string_view name) const;

    /// librdkafka's properties by name.
    std::map<std::string, SettingValue, std::less<>> kafka;

    std::map<std::string, SettingValue, std::less<>> values;

    /// A variable of the environment that begins with QUIPU_ and is no setting. It has no effect,
    /// and its value is not kept: it could be a secret.
    struct Ignored {
        std::string variable;  ///< fit to print
        std::string nearest;   ///< the variable that looks most like it
    };
    std::vector<Ignored> ignored;
};

/// Where settings come from; the later one wins.
struct SettingSources {
    std::string file;  ///< a configuration file; empty: what QUIPU_CONFIG names, if anything
    std::vector<std::string> environment;  ///< "NAME=value"
    /// The program's own variable for its store's file, such as HELLO_FILE.
    std::string file_variable;
    std::map<std::string, std::string> command_line;         ///< by name, checked
    std::vector<std::pair<std::string, std::string>> kafka;  ///< of the command line
    std::map<std::string, std::string> switches;  ///< the option used, where it is not option()
};

/// Reads everything. Errors (ErrorCode::invalid; unavailable for a file that cannot be read) name
/// the file or variable, and for an unknown name the nearest right one. A variable that is nearly a
/// setting is an error; any other that begins with QUIPU_ is among Settings::ignored.
[[nodiscard]] Result<Settings> read_settings(const std::vector<Setting>& table,
                                             const SettingSources& sources);

}  // namespace quipu
