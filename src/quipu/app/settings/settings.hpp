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

/// One setting of a program. Its option, its environment variable, its name in a configuration
/// file, the output of `config` and the reference are all derived from this description.
struct Setting {
    enum class Kind { text, number, flag, choice, list, store_url, log_url };
    /// Which commands have an option for it: those that use the store, the log, topic definitions
    /// or HTTP, or only `run`.
    enum class Scope { store, log, topics, http, run };

    std::string name = {};         ///< in a file; the option is --name, the variable QUIPU_NAME
    std::string placeholder = {};  ///< of the value, in help: "URL"; empty for flags
    Kind kind = Kind::text;
    std::string fallback = {};  ///< its default value
    std::string meaning = {};   ///< a description in one line
    Scope scope = Scope::store;
    bool secret = false;  ///< no option; never printed
    std::int64_t least = 0;
    std::int64_t most = 0;                  ///< the largest value of a number
    std::vector<std::string> choices = {};  ///< the values of a choice

    /// Such as "--store"; "--no-relay" for a flag that is on by default; empty for a secret.
    [[nodiscard]] std::string option() const;
    /// Such as "QUIPU_STORE".
    [[nodiscard]] std::string variable() const;
};

/// The settings of a program in their order of display. `default_http` may be empty.
[[nodiscard]] std::vector<Setting> make_settings(std::string_view program,
                                                 std::string_view default_http);

/// The description of librdkafka's properties, which are passed on by their own names: `kafka.NAME`
/// in a file, QUIPU_KAFKA_NAME, --kafka NAME=VALUE.
inline constexpr std::string_view kafka_prefix = "kafka.";

/// The value in canonical form ("true" for "yes", a number without leading zeros), or an error that
/// says what to write. The error never repeats a secret.
[[nodiscard]] std::expected<std::string, std::string> check_setting(const Setting& setting,
                                                                    std::string_view text);

/// The value of a setting and its origin.
struct SettingValue {
    enum class Origin { fallback, file, environment, command_line };  ///< in ascending precedence

    std::string value;
    Origin origin = Origin::fallback;
    std::string from;  ///< "default", "file quipu.conf", "environment QUIPU_STORE", "--store"
};

/// All settings of one invocation of a program.
class Settings {
  public:
    [[nodiscard]] const SettingValue& of(std::string_view name) const;
    [[nodiscard]] const std::string& text(std::string_view name) const { return of(name).value; }
    [[nodiscard]] bool flag(std::string_view name) const { return text(name) == "true"; }
    [[nodiscard]] std::int64_t number(std::string_view name) const;
    /// The elements of a list.
    [[nodiscard]] std::vector<std::string> list(std::string_view name) const;

    /// librdkafka's properties by name.
    std::map<std::string, SettingValue, std::less<>> kafka;

    std::map<std::string, SettingValue, std::less<>> values;

    /// An environment variable that begins with QUIPU_ but is not a setting. It has no effect. Its
    /// value is not kept, since it could be a secret.
    struct Ignored {
        std::string variable;  ///< made printable
        std::string nearest;   ///< the most similar valid variable
    };
    std::vector<Ignored> ignored;
};

}  // namespace quipu
