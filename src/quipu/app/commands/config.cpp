// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/settings/setting_reference.hpp"
#include "quipu/base/text.hpp"
#include "quipu/log/secret_names.hpp"

namespace quipu {

// Reflection needs types with external linkage, so these are not in the unnamed namespace.
namespace views {

struct SettingView {
    std::string name;
    std::string value;  ///< secrets masked
    std::string from;
};

struct ConfigView {
    std::vector<SettingView> settings;
};

}  // namespace views

namespace {

std::string shown(const Setting& setting, const std::string& value) {
    if (setting.secret) return value.empty() ? "" : "***";
    const bool is_url =
        setting.kind == Setting::Kind::store_url || setting.kind == Setting::Kind::log_url;
    return is_url ? mask_url(value) : mask_secrets(value);
}

views::ConfigView view_of(const Invocation& invocation) {
    views::ConfigView view;
    const Settings& settings = invocation.settings;
    for (const Setting& setting :
         make_settings(invocation.definition.name, invocation.definition.default_http)) {
        const SettingValue& value = settings.of(setting.name);
        view.settings.push_back(
            {setting.name, to_valid_utf8(shown(setting, value.value)), to_valid_utf8(value.from)});
    }
    for (const auto& [name, value] : settings.kafka) {
        view.settings.push_back(
            {to_valid_utf8(std::string(kafka_prefix) + name),
             is_secret_name(name) ? "***" : to_valid_utf8(mask_secrets(value.value)),
             to_valid_utf8(value.from)});
    }
    for (const Settings::Ignored& ignored : settings.ignored) {
        view.settings.push_back(
            {ignored.variable, "",
             "environment, ignored: not a setting; the nearest is " + ignored.nearest});
    }
    return view;
}

int show_config(const Invocation& invocation, bool reference) {
    if (reference) {
        invocation.out << setting_reference();
        return to_int(ExitCode::done);
    }
    const views::ConfigView view = view_of(invocation);
    if (invocation.json) return invocation.print_json(view);
    Table table({"SETTING", "VALUE", "FROM"});
    for (const views::SettingView& setting : view.settings) {
        table.add({setting.name, setting.value.empty() ? "-" : setting.value, setting.from});
    }
    table.print(invocation.out);
    return to_int(ExitCode::done);
}

}  // namespace

void add_config(CommandSet& commands) {
    const auto reference = std::make_shared<bool>(false);
    CommandLine::Command command = commands.add(
        {.name = "config",
         .summary = "Show the settings and where each comes from",
         .examples = "  $P config\n"
                     "  $P config --reference > settings.md",
         .shared =
             {.store = true, .log = true, .topics = true, .http = true, .run = true, .json = true},
         .run = [reference](const Invocation& invocation) {
             return show_config(invocation, *reference);
         }});
    command.add_flag("--reference", *reference, "Describe every setting, as Markdown");
}

}  // namespace quipu
