// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/settings/setting_options.hpp"

#include "quipu/app/cli/text_output.hpp"
#include "quipu/log/secret_names.hpp"

namespace quipu {

namespace {

using Taken = CommandLine::Taken;
using Texts = CommandLine::Texts;

std::string help_of(const Setting& setting) {
    if (setting.kind == Setting::Kind::flag) return setting.meaning;
    const std::string fallback = setting.fallback.empty() ? "none" : setting.fallback;
    return setting.meaning + " (" + fallback + ")";
}

std::string joined(const Texts& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
    return all;
}

std::expected<std::pair<std::string, std::string>, std::string> property_of(
    const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        return std::unexpected("write PROPERTY=VALUE, such as security.protocol=SASL_SSL");
    }
    std::string name = text.substr(0, equals);
    if (is_secret_name(name)) {
        return std::unexpected(
            '\'' + printable(name) +
            "' is a secret, and other users can read a command line; set kafka." + printable(name) +
            " in the configuration file or the environment");
    }
    return std::pair(std::move(name), text.substr(equals + 1));
}

}  // namespace

bool SharedOptions::of(Setting::Scope scope) const noexcept {
    switch (scope) {
        case Setting::Scope::store: return store;
        case Setting::Scope::log: return log;
        case Setting::Scope::topics: return topics;
        case Setting::Scope::http: return http;
        case Setting::Scope::run: return run;
    }
    return false;
}

void SettingOptions::add_setting(CommandLine::Command command, const Setting& setting) {
    const auto set = [this, chosen = &setting](const std::string& text) -> Taken {
        auto value = check_setting(*chosen, text);
        if (!value) return std::unexpected(std::move(value.error()));
        sources_.command_line[chosen->name] = std::move(*value);
        return {};
    };
    const auto added = [&]() -> CommandLine::Option {
        const std::string help = help_of(setting);
        switch (setting.kind) {
            case Setting::Kind::flag:
                return command.add_flag(
                    setting.option(),
                    [set, turned = setting.fallback == "true" ? "false" : "true"] {
                        [[maybe_unused]] const Taken good = set(turned);
                    },
                    help);
            case Setting::Kind::list:
                return command.add(setting.option(),
                                   CommandLine::Value::several(
                                       [set](const Texts& all) { return set(joined(all)); }),
                                   help);
            default:
                return command.add(
                    setting.option(), [set](const Texts& texts) { return set(texts.front()); },
                    help);
        }
    };
    CommandLine::Option option = added();
    if (!setting.placeholder.empty()) option.placeholder(setting.placeholder);
    if (setting.scope != Setting::Scope::run) option.heading(heading_);
}

void SettingOptions::add_file(CommandLine::Command command) {
    command
        .add(
            "--file",
            [this](const Texts& texts) -> Taken {
                sources_.command_line["store"] = "sqlite:" + texts.front();
                sources_.switches["store"] = "--file";
                return {};
            },
            "Store events in this file: short for --store sqlite:PATH")
        .placeholder("PATH")
        .heading(heading_)
        .excludes(command.find("--store"));
}

void SettingOptions::add_config(CommandLine::Command command) {
    command
        .add("--config", sources_.file,
             "Read settings from this file (or set QUIPU_CONFIG); see 'config --reference'")
        .placeholder("PATH")
        .heading(heading_);
}

void SettingOptions::add_kafka(CommandLine::Command command) {
    const auto take = [this](const Texts& texts) -> Taken {
        for (const std::string& text : texts) {
            auto property = property_of(text);
            if (!property) return std::unexpected(std::move(property.error()));
            sources_.kafka.push_back(std::move(*property));
        }
        return {};
    };
    command
        .add("--kafka", CommandLine::Value::several(take),
             "Property of librdkafka; may be repeated")
        .placeholder("PROPERTY=VALUE")
        .heading(heading_);
}

void SettingOptions::add_no_http(CommandLine::Command command) {
    command
        .add_flag(
            "--no-http",
            [this] {
                sources_.command_line["http"] = "";
                sources_.switches["http"] = "--no-http";
            },
            "Do not serve HTTP")
        .heading(heading_)
        .excludes(command.find("--http"));
}

void SettingOptions::add(CommandLine::Command command, const SharedOptions& shared) {
    for (const Setting& setting : table_) {
        if (!setting.secret && shared.of(setting.scope)) add_setting(command, setting);
    }
    if (shared.store) add_file(command);
    if (shared.log) add_kafka(command);
    if (shared.http && shared.run) add_no_http(command);
    if (shared.any_setting()) add_config(command);
}

}  // namespace quipu
