// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/settings/read_settings.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <optional>

#include "quipu/app/cli/text_output.hpp"
#include "quipu/app/engines/engine_urls.hpp"
#include "quipu/app/engines/secrets.hpp"
#include "quipu/app/settings/settings_file.hpp"
#include "quipu/base/nearest.hpp"

namespace quipu {

namespace {

using Origin = SettingValue::Origin;

constexpr std::string_view kafka_variables = "QUIPU_KAFKA_";
constexpr std::string_view file_suffix = "_FILE";
constexpr std::size_t typo = 2;  // the largest edit distance of a misspelt name

class SettingReader {
  public:
    SettingReader(const std::vector<Setting>& table, const SettingSources& sources)
        : table_(table), sources_(sources) {}

    Result<Settings> read() {
        for (const Setting& setting : table_) {
            settings_.values[setting.name] = {.value = setting.fallback, .from = "default"};
        }
        for (auto step : {&SettingReader::read_file, &SettingReader::read_environment}) {
            if (auto done = (this->*step)(); !done) return std::unexpected(std::move(done.error()));
        }
        read_command_line();
        return std::move(settings_);
    }

  private:
    [[nodiscard]] const Setting* find(std::string_view name) const {
        const auto found = std::ranges::find(table_, name, &Setting::name);
        return found == table_.end() ? nullptr : &*found;
    }

    /// Sets one value that comes from `from`. Sources are read in ascending precedence, so a later
    /// call overrides an earlier one.
    Result<void> take(const std::string& name, std::string_view value, Origin origin,
                      const std::string& from) {
        if (name.starts_with(kafka_prefix)) {
            settings_.kafka[name.substr(kafka_prefix.size())] = {std::string(value), origin, from};
            return {};
        }
        const Setting* setting = find(name);
        if (setting == nullptr) return unknown(name, from);
        auto checked = check_setting(*setting, value);
        if (!checked) {
            return fail(ErrorCode::invalid, from + ", " + name + ": " + checked.error());
        }
        settings_.values[name] = {std::move(*checked), origin, from};
        return {};
    }

    [[nodiscard]] Result<void> unknown(std::string_view name, const std::string& from) const {
        std::vector<std::string_view> names{"kafka.PROPERTY"};
        for (const Setting& setting : table_) names.emplace_back(setting.name);
        return fail(ErrorCode::invalid, from + ": there is no setting '" +
                                            printable(name.substr(0, 60)) + "'; the nearest is " +
                                            std::string(nearest_name(name, names)));
    }

    Result<void> read_file() {
        std::string path = sources_.file;
        if (path.empty()) path = variable("QUIPU_CONFIG").value_or("");
        if (path.empty()) return {};
        auto entries = read_settings_file(path);
        if (!entries) return std::unexpected(std::move(entries.error()));
        for (const auto& [name, value] : *entries) {
            if (auto taken = take(name, value, Origin::file, "file " + path); !taken) return taken;
        }
        return {};
    }

    [[nodiscard]] std::optional<std::string> variable(std::string_view name) const {
        for (const std::string& entry : sources_.environment) {
            if (entry.size() > name.size() + 1 && entry.starts_with(name) &&
                entry[name.size()] == '=') {
                return entry.substr(name.size() + 1);  // an empty variable counts as unset
            }
        }
        return std::nullopt;
    }

    /// The value of NAME, or the content of the file that NAME_FILE names. Setting both is an
    /// error.
    [[nodiscard]] Result<std::optional<std::pair<std::string, std::string>>> from_variable(
        const std::string& name) const {
        using Found = std::optional<std::pair<std::string, std::string>>;
        const std::string file_name = name + std::string(file_suffix);
        auto direct = variable(name);
        const auto path = variable(file_name);
        if (direct && path) {
            return fail(ErrorCode::invalid,
                        "both " + name + " and " + file_name + " are set; unset one of them");
        }
        if (direct) return Found({"environment " + name, std::move(*direct)});
        if (!path) return Found{};
        std::ifstream in(*path);
        if (!in) {
            return fail(ErrorCode::unavailable, "environment " + file_name + ": the file " + *path +
                                                    " cannot be opened for reading");
        }
        std::string content(std::istreambuf_iterator<char>(in), {});
        while (content.ends_with('\n') || content.ends_with('\r')) content.pop_back();
        return Found({"environment " + file_name, std::move(content)});
    }

    Result<void> read_environment() {
        if (auto taken = read_own_variable(); !taken) return taken;
        for (const Setting& setting : table_) {
            auto found = from_variable(setting.variable());
            if (!found) return std::unexpected(std::move(found.error()));
            if (!*found) continue;
            const auto& [from, value] = **found;
            if (settings_.of(setting.name).origin == Origin::environment) {
                return fail(ErrorCode::invalid, "both " + sources_.file_variable + " and " +
                                                    setting.variable() +
                                                    " are set; unset one of them");
            }
            if (auto taken = take(setting.name, value, Origin::environment, from); !taken) {
                return taken;
            }
        }
        for (const std::string& entry : sources_.environment) {
            const std::string name = entry.substr(0, entry.find('='));
            auto done = name.starts_with(kafka_variables) ? read_kafka(name) : check_name(name);
            if (!done) return done;
        }
        return {};
    }

    Result<void> read_own_variable() {
        const auto file = variable(sources_.file_variable);
        if (!file) return {};
        settings_.values["store"] = {"sqlite:" + *file, Origin::environment,
                                     "environment " + sources_.file_variable};
        return {};
    }

    Result<void> read_kafka(std::string name) {
        if (name.ends_with(file_suffix)) name.resize(name.size() - file_suffix.size());
        auto found = from_variable(name);
        if (!found) return std::unexpected(std::move(found.error()));
        if (!*found) return {};
        std::string property(kafka_prefix);
        for (const char c : name.substr(kafka_variables.size())) {
            property +=
                c == '_' ? '.' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
        return take(property, (*found)->second, Origin::environment, (*found)->first);
    }

    /// A variable whose name is almost that of a setting is an error. Others may be mistakes, too,
    /// but may also be foreign: Kubernetes sets QUIPU_PORT if there is a service named quipu.
    Result<void> check_name(const std::string& name) {
        if (!name.starts_with("QUIPU_") || name == "QUIPU_CONFIG") return {};
        std::vector<std::string> known;
        for (const Setting& setting : table_) {
            known.push_back(setting.variable());
            known.push_back(setting.variable() + std::string(file_suffix));
        }
        const std::vector<std::string_view> names(known.begin(), known.end());
        const std::string_view nearest = nearest_name(name, names);
        const std::size_t distance = edit_distance(nearest, name.substr(0, 100));
        if (distance == 0) return {};
        if (distance > typo) {
            settings_.ignored.push_back({printable(name.substr(0, 100)), std::string(nearest)});
            return {};
        }
        return fail(ErrorCode::invalid, "environment: there is no setting " +
                                            printable(name.substr(0, 100)) + "; the nearest is " +
                                            std::string(nearest));
    }

    void read_command_line() {
        for (const auto& [name, value] : sources_.command_line) {
            const auto used = sources_.switches.find(name);
            settings_.values[name] = {
                value, Origin::command_line,
                used == sources_.switches.end() ? find(name)->option() : used->second};
        }
        for (const auto& [name, value] : sources_.kafka) {
            settings_.kafka[name] = {value, Origin::command_line, "--kafka"};
        }
    }

    const std::vector<Setting>& table_;
    const SettingSources& sources_;
    Settings settings_;
};

}  // namespace

Result<Settings> read_settings(const std::vector<Setting>& table, const SettingSources& sources) {
    return SettingReader(table, sources).read();
}

}  // namespace quipu
