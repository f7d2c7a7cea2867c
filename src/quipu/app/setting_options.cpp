#include "quipu/app/setting_options.hpp"

#include <CLI/CLI.hpp>

#include "quipu/app/secrets.hpp"
#include "quipu/app/text_output.hpp"

namespace quipu {

namespace {

std::string help_of(const Setting& setting) {
    if (setting.kind == Setting::Kind::flag) return setting.meaning;
    const std::string fallback = setting.fallback.empty() ? "none" : setting.fallback;
    return setting.meaning + " (" + fallback + ")";
}

std::string checked(const Setting& setting, const std::string& text) {
    auto value = check_setting(setting, text);
    if (!value) throw CLI::ValidationError(setting.option() + ": " + value.error());
    return std::move(*value);
}

std::pair<std::string, std::string> property_of(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw CLI::ValidationError(
            "--kafka: write PROPERTY=VALUE, such as "
            "security.protocol=SASL_SSL");
    }
    std::string name = text.substr(0, equals);
    if (is_secret_name(name)) {
        throw CLI::ValidationError("--kafka: '" + printable(name) +
                                   "' is a secret, and others can read a command line; set kafka." +
                                   printable(name) +
                                   " in the configuration file or the environment");
    }
    return {std::move(name), text.substr(equals + 1)};
}

}  // namespace

void SettingOptions::add(CLI::App& app, const Setting& setting, const std::string& group) {
    const Setting* chosen = &setting;
    CLI::Option* option = nullptr;
    switch (setting.kind) {
        case Setting::Kind::flag:
            option = app.add_flag_callback(
                setting.option(),
                [this, chosen] {
                    sources_.command_line[chosen->name] =
                        chosen->fallback == "true" ? "false" : "true";
                },
                help_of(setting));
            break;
        case Setting::Kind::list:
            option = app.add_option_function<std::vector<std::string>>(
                            setting.option(),
                            [this, chosen](const std::vector<std::string>& texts) {
                                std::string all;
                                for (const std::string& text : texts) {
                                    all += (all.empty() ? "" : ",") + text;
                                }
                                sources_.command_line[chosen->name] = std::move(all);
                            },
                            help_of(setting))
                         ->allow_extra_args(false)
                         ->take_all();
            break;
        default:
            option = app.add_option_function<std::string>(
                setting.option(),
                [this, chosen](const std::string& text) {
                    sources_.command_line[chosen->name] = checked(*chosen, text);
                },
                help_of(setting));
    }
    if (!setting.placeholder.empty()) option->type_name(setting.placeholder);
    if (!group.empty()) option->group(group);
}

void SettingOptions::add_files(CLI::App& app) {
    auto* file = app.add_option_function<std::string>(
                        "--file",
                        [this](const std::string& path) {
                            sources_.command_line["store"] = "sqlite:" + path;
                            sources_.switches["store"] = "--file";
                        },
                        "The store as a file: the same as --store sqlite:PATH")
                     ->type_name("PATH")
                     ->group(group_);
    file->excludes(app.get_option("--store"));
    app.add_option("--config", sources_.file,
                   "A file with settings, see 'config --reference' (or set QUIPU_CONFIG)")
        ->type_name("PATH")
        ->group(group_);
}

void SettingOptions::add_kafka(CLI::App& app) {
    app.add_option_function<std::vector<std::string>>(
           "--kafka",
           [this](const std::vector<std::string>& texts) {
               for (const std::string& text : texts) sources_.kafka.push_back(property_of(text));
           },
           "A property of librdkafka; may be given several times")
        ->type_name("PROPERTY=VALUE")
        ->allow_extra_args(false)
        ->take_all()
        ->group(group_);
}

void SettingOptions::add_common(CLI::App& app) {
    for (const Setting& setting : table_) {
        if (!setting.secret && !setting.run_only) add(app, setting, group_);
    }
    add_files(app);
    add_kafka(app);
    app.add_flag_callback(
           "--no-http",
           [this] {
               sources_.command_line["http"] = "";
               sources_.switches["http"] = "--no-http";
           },
           "Serve no HTTP")
        ->group(group_)
        ->excludes(app.get_option("--http"));
}

void SettingOptions::add_run(CLI::App& app) {
    for (const Setting& setting : table_) {
        if (!setting.secret && setting.run_only) add(app, setting, "");
    }
}

}  // namespace quipu
