// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "quipu/app/command_line.hpp"
#include "quipu/app/settings/settings.hpp"

namespace quipu {

/// The switches of the settings.
class SettingOptions {
  public:
    /// `table` must outlive this object, and this object the parsing.
    SettingOptions(const std::vector<Setting>& table, const std::string& heading)
        : table_(table), heading_(heading) {}

    /// Those of every command, under the heading.
    void add_common(CommandLine::Command command);
    /// Those of `run`, beside its own.
    void add_run(CommandLine::Command command);

    /// What the command line said, and where else to look.
    [[nodiscard]] const SettingSources& sources() const noexcept { return sources_; }

  private:
    void add(CommandLine::Command command, const Setting& setting, const std::string& heading);
    void add_files(CommandLine::Command command);
    void add_kafka(CommandLine::Command command);

    const std::vector<Setting>& table_;
    std::string heading_;
    SettingSources sources_;
};

}  // namespace quipu
