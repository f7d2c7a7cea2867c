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
        return std::unexpected('\'' + printable(name) +
                               "' is a secret, and others can read a command line; set kafka." +
                               printable(name) + " in the configuration file or the environment");
    }
    return std::pair(std::move(name), text.substr(equals + 1));
}

}  // namespace

void SettingOptions::add(CommandLine::Command command, const Setting& setting,
                         const std::string& heading) {
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
    if (!heading.empty()) option.heading(heading);
}

void SettingOptions::add_files(CommandLine::Command command) {
    command
        .add(
            "--file",
            [this](const Texts& texts) -> Taken {
                sources_.command_line["store"] = "sqlite:" + texts.front();
                sources_.switches["store"] = "--file";
                return {};
            },
            "The store as a file: the same as --store sqlite:PATH")
        .placeholder("PATH")
        .heading(heading_)
        .excludes(command.find("--store"));
    command
        .add("--config", sources_.file,
             "A file with settings, see 'config --reference' (or set QUIPU_CONFIG)")
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
             "A property of librdkafka; may be given several times")
        .placeholder("PROPERTY=VALUE")
        .heading(heading_);
}

void SettingOptions::add_common(CommandLine::Command command) {
    for (const Setting& setting : table_) {
        if (!setting.secret && !setting.run_only) add(command, setting, heading_);
    }
    add_files(command);
    add_kafka(command);
    command
        .add_flag(
            "--no-http",
            [this] {
                sources_.command_line["http"] = "";
                sources_.switches["http"] = "--no-http";
            },
            "Serve no HTTP")
        .heading(heading_)
        .excludes(command.find("--http"));
}

void SettingOptions::add_run(CommandLine::Command command) {
    for (const Setting& setting : table_) {
        if (!setting.secret && setting.run_only) add(command, setting, "");
    }
}

}  // namespace quipu
