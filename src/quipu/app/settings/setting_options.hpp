// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "quipu/app/command_line.hpp"
#include "quipu/app/settings/read_settings.hpp"
#include "quipu/app/settings/settings.hpp"

namespace quipu {

/// The options that commands share. Each command has only those that apply to it.
struct SharedOptions {
    bool store = false;   ///< which store
    bool log = false;     ///< which log
    bool topics = false;  ///< how topics are created
    bool http = false;    ///< the address of the HTTP server
    bool run = false;     ///< settings of a running program
    bool json = false;
    bool quiet = false;

    [[nodiscard]] bool of(Setting::Scope scope) const noexcept;
    /// Whether the command reads any setting.
    [[nodiscard]] bool any_setting() const noexcept {
        return store || log || topics || http || run;
    }
};

/// Adds the command-line options of settings to commands.
class SettingOptions {
  public:
    /// `table` must outlive this object, which must exist until the command line has been parsed.
    SettingOptions(const std::vector<Setting>& table, const std::string& heading)
        : table_(table), heading_(heading) {}

    /// Adds the options that `shared` selects under a common heading, except those of `run`, which
    /// appear with its own options.
    void add(CommandLine::Command command, const SharedOptions& shared);

    /// The settings given on the command line, and where to look for the others.
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
