// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "quipu/app/settings/settings.hpp"
#include "quipu/base/error.hpp"

namespace quipu {

/// The sources of settings, in ascending precedence.
struct SettingSources {
    std::string file;  ///< a configuration file; empty: the one that QUIPU_CONFIG names, if any
    std::vector<std::string> environment;  ///< "NAME=value"
    /// The program's own variable that names its store's file, such as HELLO_FILE.
    std::string file_variable;
    std::map<std::string, std::string> command_line;         ///< by name, validated
    std::vector<std::pair<std::string, std::string>> kafka;  ///< from the command line
    std::map<std::string, std::string> switches;  ///< the option used, where it is not option()
};

/// Reads the settings of all sources. Errors (ErrorCode::invalid; unavailable for a file that
/// cannot be read) name the file or variable and, for an unknown name, the most similar valid one.
/// A variable whose name is almost that of a setting is an error; any other one that begins with
/// QUIPU_ is listed in Settings::ignored.
[[nodiscard]] Result<Settings> read_settings(const std::vector<Setting>& table,
                                             const SettingSources& sources);

}  // namespace quipu
