#include "quipu/app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

namespace quipu {
namespace {

/// Without the marks for what the texts say already.
class HelpFormatter final : public CLI::Formatter {
  public:
    HelpFormatter() {
        column_width(30);
        label("SUBCOMMAND", "COMMAND");
        label("Positionals", "Arguments");
    }
    std::string make_option_opts(const CLI::Option* option) const override {
        const std::string& type = option->get_type_name();
        return type.empty() || option->get_type_size() == 0 ? "" : " " + type;
    }
    std::string make_help(const CLI::App* app, std::string name,
                          CLI::AppFormatMode mode) const override {
        std::string text = app->get_description();
        if (!text.empty()) text += "\n\n";
        text += make_usage(app, std::move(name)) + make_positionals(app);
        text += make_subcommands(app, mode);
        for (const std::string& group : app->get_groups()) {
            const auto options = app->get_options([&](const CLI::Option* option) {
                return option->get_group() == group && option->nonpositional();
            });
            if (!group.empty() && !options.empty()) text += make_group(group, false, options);
        }
        return text + '\n' + make_footer(app);
    }
};

}  // namespace

CommandLine::Option& CommandLine::Option::placeholder(const std::string& word) {
    option_->type_name(word);
    return *this;
}

CommandLine::Option& CommandLine::Option::heading(const std::string& heading) {
    option_->group(heading);
    return *this;
}

CommandLine::Option& CommandLine::Option::required() {
    option_->required();
    return *this;
}

CommandLine::Option& CommandLine::Option::excludes(const Option& other) {
    option_->excludes(other.option_);
    return *this;
}

CommandLine::Command CommandLine::Command::add_command(const std::string& name,
                                                       const std::string& summary,
                                                       const std::string& heading) {
    app_->require_subcommand(0, 1);
    CLI::App* command = app_->add_subcommand(name, summary);
    command->group(heading);
    return Command(command);
}

CommandLine::Option CommandLine::Command::add(const std::string& name, Value value,
                                              const std::string& summary) {
    const bool positional = !name.starts_with('-');
    const std::string prefix = positional ? "" : name.substr(name.rfind(',') + 1) + ": ";
    CLI::Option* option = app_->add_option(
        name, CLI::callback_t([take = std::move(value.take_), prefix](const CLI::results_t& texts) {
            if (auto taken = take(texts); !taken)
                throw CLI::ValidationError(prefix + taken.error());
            return true;
        }),
        summary);
    option->type_name(positional ? "" : value.kind_);
    if (value.several_) {
        option->expected(1, CLI::detail::expected_max_vector_size);
        // --type A B means a type A, and a B that is something else.
        option->allow_extra_args(positional)->take_all();
    }
    return Option(option);
}

CommandLine::Option CommandLine::Command::add_flag(const std::string& name, bool& given,
                                                   const std::string& summary) {
    return add_flag(name, [&given] { given = true; }, summary);
}

CommandLine::Option CommandLine::Command::add_flag(const std::string& name,
                                                   std::function<void()> given,
                                                   const std::string& summary) {
    return Option(app_->add_flag_callback(name, std::move(given), summary));
}

CommandLine::Option CommandLine::Command::add_help() {
    return Option(app_->set_help_flag("-h,--help", "Print this help and exit"));
}

CommandLine::Option CommandLine::Command::add_version(const std::string& text) {
    return Option(app_->set_version_flag("--version", text));
}

CommandLine::Option CommandLine::Command::find(const std::string& name) const {
    return Option(app_->get_option(name));
}

void CommandLine::Command::footer(const std::string& text) {
    app_->footer(text);
}

void CommandLine::Command::allow_rest() {
    app_->allow_extras();
}

std::vector<CommandLine::Command> CommandLine::Command::commands() const {
    std::vector<Command> all;
    for (CLI::App* command : app_->get_subcommands({})) all.push_back(Command(command));
    return all;
}

CommandLine::Texts CommandLine::Command::options() const {
    Texts names;
    for (const CLI::Option* option : app_->get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
        for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
    return names;
}

CommandLine::Texts CommandLine::Command::unknown() const {
    return app_->get_allow_extras() ? Texts{} : app_->remaining();
}

std::string CommandLine::Command::name() const {
    return app_->get_name();
}

CommandLine::CommandLine(const std::string& program)
    : app_(std::make_unique<CLI::App>("", program)) {
    app_->set_help_flag();
    app_->formatter(std::make_shared<HelpFormatter>());
}

CommandLine::~CommandLine() = default;

std::expected<bool, std::string> CommandLine::parse(int argc, char** argv, std::ostream& out) {
    try {
        app_->parse(argc, argv);
    } catch (const CLI::Success& asked) {
        app_->exit(asked, out, out);
        return false;
    } catch (const CLI::ExtrasError& error) {
        return std::unexpected(explain(error.what()));
    } catch (const CLI::ParseError& error) {
        return std::unexpected(error.what());
    }
    return true;
}

CommandLine::Taken CommandLine::parse(Texts arguments) {
    // CLI11 takes them from the end.
    std::ranges::reverse(arguments);
    try {
        app_->parse(std::move(arguments));
    } catch (const CLI::ExtrasError& error) {
        return std::unexpected(explain(error.what()));
    } catch (const CLI::ParseError& error) {
        return std::unexpected(error.what());
    }
    return {};
}

CommandLine::Texts CommandLine::chosen() const {
    Texts names;
    for (const CLI::App* at = app_.get(); !at->get_subcommands().empty();) {
        at = at->get_subcommands().front();
        names.push_back(at->get_name());
    }
    return names;
}

CommandLine::Texts CommandLine::rest() const {
    const auto chosen = app_->get_subcommands();
    return (chosen.empty() ? app_.get() : chosen.front())->remaining();
}

}  // namespace quipu
