#pragma once

#include <string>
#include <vector>

#include "quipu/app/settings.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's name
class App;
}

namespace quipu {

/// The switches of the settings.
class SettingOptions {
  public:
    /// `table` must outlive this object, and this object the parsing.
    SettingOptions(const std::vector<Setting>& table, const std::string& group)
        : table_(table), group_(group) {}

    /// Those of every command, under the group's heading.
    void add_common(CLI::App& app);
    /// Those of `run`, beside its own.
    void add_run(CLI::App& app);

    /// What the command line said, and where else to look.
    [[nodiscard]] const SettingSources& sources() const noexcept { return sources_; }

  private:
    void add(CLI::App& app, const Setting& setting, const std::string& group);
    void add_files(CLI::App& app);
    void add_kafka(CLI::App& app);

    const std::vector<Setting>& table_;
    std::string group_;
    SettingSources sources_;
};

}  // namespace quipu
