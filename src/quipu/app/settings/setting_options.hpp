// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "quipu/app/command_line.hpp"
#include "quipu/app/settings/settings.hpp"

namespace quipu {

/// The options that commands share. A command has only those that mean something to it.
struct SharedOptions {
    bool store = false;   ///< which store
    bool log = false;     ///< which log
    bool topics = false;  ///< how topics are created
    bool http = false;    ///< the address of the HTTP server
    bool run = false;     ///< what only a running program needs
    bool json = false;
    bool quiet = false;

    [[nodiscard]] bool of(Setting::Scope scope) const noexcept;
    /// Whether it reads any setting.
    [[nodiscard]] bool any_setting() const noexcept {
        return store || log || topics || http || run;
    }
};

/// Options for settings.
class SettingOptions {
  public:
    /// `table` must outlive this object, and this object the parsing.
    SettingOptions(const std::vector<Setting>& table, const std::string& heading)
        : table_(table), heading_(heading) {}

    /// Those of the settings that `shared` names, under the heading; those that only `run` has
    /// stand beside its own.
    void add(CommandLine::Command command, const SharedOptions& shared);

    /// What the command line said, and where else to look.
    [[nodiscard]] const SettingSources& sources() const noexcept { return sources_; }

  private:
    void add_setting(CommandLine::Command command, const Setting& setting);
    void add_file(CommandLine::Command command);
    void add_kafka(CommandLine::Command command);
    void add_no_http(CommandLine::Command command);
    void add_config(CommandLine::Command command);

    const std::vector<Setting>& table_;
    std::string heading_;
    SettingSources sources_;
};

}  // namespace quipu
