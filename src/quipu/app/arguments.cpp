#include "quipu/app/arguments.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>
#include <type_traits>

#include "quipu/app/argument_values.hpp"
#include "quipu/app/exit_code.hpp"
#include "quipu/app/help_examples.hpp"
#include "quipu/app/secrets.hpp"
#include "quipu/app/setting_options.hpp"
#include "quipu/app/text_output.hpp"
#include "quipu/event/nearest.hpp"

namespace quipu {

namespace {

/// The value, or what is wrong with it as the parser's own error.
template <class T>
T take(std::expected<T, std::string> value, const std::string& option = {}) {
    if (!value)
        throw CLI::ValidationError(option.empty() ? value.error() : option + ": " + value.error());
    if constexpr (!std::is_void_v<T>) return std::move(*value);
}

/// Without the marks for what the texts say already.
class HelpFormatter final : public CLI::Formatter {
  public:
    HelpFormatter() {
        column_width(30);
        label("SUBCOMMAND", "COMMAND");
        label("Positionals", "Arguments");
    }
    std::string make_option_opts(const CLI::Option* option) const override {
        std::string type = option->get_type_name();
        type.resize(std::min(type.find(':'), type.size()));  // what follows is the check's
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

constexpr const char* common_group = "Common options";

std::vector<std::string> environment_of_process() {
    std::vector<std::string> all;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        all.emplace_back(*entry);
    }
    return all;
}

class Parser {
  public:
    Parser(const AppDefinition& definition)
        : definition_(definition),
          examples_(definition.name, *definition.types),
          root_("", definition.name),
          table_(make_settings(definition.name, definition.default_http)),
          options_(table_, common_group) {
        root_.require_subcommand(0, 1);
        root_.formatter(std::make_shared<HelpFormatter>());
        root_.footer(examples_.of("") + "\n  " + definition.name +
                     " COMMAND --help         more on one command, with examples");
        add_run();
        add_publish();
        add_tail();
        add_show();
        add_events();
        add_command("validate", "Check events on standard input, one case a line");
        add_command("groups", "Show where each consumer group stands");
        add_dead_letters();
        add_command("flow", "Show which event causes which, as a graph");
        add_command("doctor", "Show versions, the store's state, and what is wrong");
        add_command("verify", "Read the whole store back and check it");
        add_topics();
        add_promote();
        add_config();
        add_own();
        add_common(root_);
        root_.set_version_flag("--version", definition.name + " " + definition.version)
            ->group(common_group);
    }

    std::expected<Arguments, int> parse(int argc, char** argv, std::ostream& out,
                                        std::ostream& err) {
        try {
            root_.parse(argc, argv);
            finish();
            if (auto read = finish_settings(); !read) {
                err << definition_.name << ": " << printable(read.error().message) << '\n';
                return std::unexpected(to_int(exit_code_of(read.error().code)));
            }
            return std::move(arguments_);
        } catch (const CLI::Success& success) {
            root_.exit(success, out, err);
            return std::unexpected(to_int(ExitCode::done));
        } catch (const CLI::ParseError& error) {
            err << definition_.name << ": " << explain(error) << '\n'
                << "Run '" << definition_.name << help_words() << " --help' for examples.\n";
            return std::unexpected(to_int(ExitCode::usage));
        }
    }

  private:
    /// To `app` and all below it; last, so that they stand below a command's own options.
    void add_common(CLI::App& app) {
        for (CLI::App* command : app.get_subcommands(nullptr)) add_common(*command);
        CommonArguments& common = arguments_.common;
        const std::string group = common_group;
        app.set_help_flag("-h,--help", "Print this help and exit")->group(group);
        options_.add_common(app);
        app.add_flag("--json", common.json, "Write JSON for machines")->group(group);
        app.add_flag("-q,--quiet", common.quiet, "Log errors only")->group(group);
    }

    CLI::App& add_command(const std::string& name, const std::string& summary) {
        CLI::App* command = root_.add_subcommand(name, summary)->group("Commands");
        command->footer(examples_.of(name));
        return *command;
    }

    void add_types(CLI::App& command, std::vector<std::string>& types) {
        command.add_option("--type", types, "Only events of this type; may be given several times")
            ->type_name("TYPE")
            ->allow_extra_args(false)
            ->take_all();
    }

    void add_run() {
        CLI::App& command = add_command("run", "Handle events until stopped");
        command.add_flag("--once", arguments_.run.once, "Handle everything in the log, then stop");
        options_.add_run(command);
        add_run_flags(command);
    }

    void add_run_flags(CLI::App& command) {
        for (const RunFlag& flag : definition_.run_flags) {
            command.add_flag("--" + flag.name, *flag.value, flag.summary)
                ->group(definition_.name + "'s own options");
        }
    }

    void add_publish() {
        PublishArguments& publish = arguments_.publish;
        CLI::App& command = add_command("publish", "Publish one event");
        command.add_option("TYPE", publish.event_type, "The event's type")
            ->required()
            ->type_name("");
        command
            .add_option("JSON", publish.json,
                        "Its members as a JSON object; - reads them from "
                        "standard input")
            ->type_name("");
        command.add_option("--key", publish.key, "Events of one key are handled in order");
        command.add_option("--aggregate", publish.aggregate_id, "The aggregate that it belongs to");
        command.add_option("--event-id", publish.event_id,
                           "Its id; publishing an id again stores nothing");
        command.add_option("--user", publish.user_id, "The user for whom it happens");
        command
            .add_option("--expected-sequence", publish.expected_sequence,
                        "Fail unless the aggregate's last event has this number")
            ->type_name("N");
        command
            .add_option("--wait", wait_,
                        "Until it is stored, or until the log has it, too: stored or log (stored)")
            ->type_name("WHAT")
            ->check(CLI::IsMember({"stored", "log"}));
        command
            .add_option("--wait-timeout", wait_seconds_,
                        "Longest wait for the log, in seconds (30)")
            ->type_name("SECONDS")
            ->check(CLI::Range(0, 86'400));
    }

    void add_topics() {
        CLI::App& command = add_command("topics", "Compare the log's topics with the catalogue");
        command.require_subcommand(0, 1);
        add_action(command, "plan", "Show the steps from what is to what is wanted");
        add_action(command, "diff", "The same; exit code 1 when something differs");
        add_action(command, "apply", "Do them");
    }

    void add_promote() {
        PromoteArguments& promote = arguments_.promote;
        CLI::App& command =
            add_command("promote", "Move a file's events and all else in it to another store");
        command.add_option("PATH", promote.file, "The file; no program may run on it")
            ->required()
            ->type_name("");
        command
            .add_option("--published-until", promote.published_until,
                        "The log has, or shall not get, what stands up to this position; 'end' for "
                        "everything (nothing)")
            ->type_name("POSITION");
    }

    void add_config() {
        CLI::App& command = add_command("config", "Show the settings and where each comes from");
        command.add_flag("--reference", arguments_.reference,
                         "Describe every setting, as Markdown");
    }

    void add_tail() {
        TailArguments& tail = arguments_.tail;
        CLI::App& command = add_command("tail", "Watch events arrive");
        add_types(command, tail.event_types);
        auto* last =
            command.add_option("--last", tail.last, "Begin with so many stored events (10)")
                ->type_name("N")
                ->check(CLI::NonNegativeNumber);
        command.add_option("--after", tail.after, "Begin after this position")
            ->type_name("POSITION")
            ->check(CLI::NonNegativeNumber)
            ->excludes(last);
        command.add_option("--count", tail.count, "Stop after so many events")
            ->type_name("N")
            ->check(CLI::PositiveNumber);
        command.add_flag_callback(
            "--no-follow", [&tail] { tail.follow = false; }, "Stop at the end of the log");
        command.add_flag("--body", tail.body, "Show the events' JSON, too");
    }

    void add_show() {
        CLI::App& command = add_command("show", "Show one event and what became of it");
        command.add_option("ID", arguments_.event_id, "The event's id, or its position")
            ->required()
            ->type_name("");
    }

    void add_events() {
        EventsArguments& events = arguments_.events;
        CLI::App& command = add_command("events", "Search the stored events");
        add_types(command, events.event_types);
        command.add_option("--aggregate", events.aggregate_id, "Only of this aggregate");
        command.add_option("--execution", events.execution_id,
                           "Only of this execution: by aggregate or member execution_id");
        command.add_option("--user", events.user_id, "Only of this user (metadata.user_id)");
        command
            .add_option_function<std::string>(
                "--from",
                [&events](const std::string& text) {
                    events.from = take(parse_instant(text), "--from");
                },
                "Only from this time on")
            ->type_name("TIME");
        command
            .add_option_function<std::string>(
                "--until",
                [&events](const std::string& text) {
                    events.until = take(parse_instant(text), "--until");
                },
                "Only before this time")
            ->type_name("TIME");
        command
            .add_option("--where", members_, "Only where this member of the JSON has this value")
            ->type_name("PATH=VALUE")
            ->allow_extra_args(false)
            ->take_all();
        command.add_flag("--newest", events.newest_first, "Newest first");
        command.add_option("--limit", events.limit, "At most so many; 0 for all (100)")
            ->type_name("N");
        command.add_option("--cursor", events.cursor, "Go on where a search with --limit ended");
        command.add_flag("--body", events.body, "Show the events' JSON, too");
    }

    void add_dead_letters() {
        DeadLettersArguments& letters = arguments_.dead_letters;
        CLI::App& command = add_command("dead-letters", "See and mend what groups gave up on");
        command.require_subcommand(0, 1);
        auto& list = add_action(command, "list", "List them (open ones)");
        list.add_option("--status", status_, "open, requeued, discarded or any (open)")
            ->check(CLI::IsMember({"open", "requeued", "discarded", "any"}));
        list.add_option("--limit", letters.limit, "At most so many; 0 for all (100)")
            ->type_name("N");
        auto& show = add_action(command, "show", "Show one with its event and every error");
        show.add_option("ID", letters.ids, "Its number")->required()->expected(1)->type_name("");
        auto& requeue = add_action(command, "requeue", "Hand them to their group again");
        requeue.add_option("--rate", letters.rate, "At most so many in a second (100)")
            ->type_name("N")
            ->check(CLI::Range(0.01, 100'000.0));
        auto& discard = add_action(command, "discard", "Put them aside for good");
        discard.add_option("--reason", letters.reason, "Why, for those who look later");
        for (CLI::App* chosen : {&requeue, &discard}) {
            chosen->add_option("ID", letters.ids, "Their numbers")->type_name("");
            chosen->add_flag("--all", letters.all, "All open ones that --group and --type leave");
        }
        for (CLI::App* filtered : {&list, &requeue, &discard}) {
            filtered->add_option("--group", letters.group, "Only of this group");
            filtered->add_option("--type", letters.event_type, "Only of this event type");
        }
    }

    CLI::App& add_action(CLI::App& command, const std::string& name, const std::string& summary) {
        CLI::App* action = command.add_subcommand(name, summary)->group("Commands");
        action->footer(examples_.of(command.get_name()));
        return *action;
    }

    void add_own() {
        for (const Command& own : definition_.commands) {
            CLI::App* command = root_.add_subcommand(own.name, own.summary);
            command->allow_extras();
            if (!own.examples.empty()) command->footer("Examples:\n" + own.examples);
            command->group(definition_.name + "'s own commands");
        }
    }

    void finish() {
        const auto chosen = root_.get_subcommands();
        if (chosen.empty()) {
            throw CLI::ValidationError("what is to be done? Name a command");
        }
        arguments_.command = chosen.front()->get_name();
        arguments_.own = chosen.front()->remaining();
        for (const std::string& text : members_) {
            arguments_.events.members.push_back(take(parse_member(text), "--where"));
        }
        for (const auto* types : {&arguments_.tail.event_types, &arguments_.events.event_types}) {
            for (const std::string& type : *types) take(check_type(*definition_.types, type));
        }
        if (arguments_.command == "publish") {
            take(check_type(*definition_.types, arguments_.publish.event_type));
        }
        arguments_.publish.wait_for_log = wait_ == "log";
        arguments_.publish.wait_timeout = std::chrono::seconds{wait_seconds_};
        if (arguments_.command == "dead-letters") finish_dead_letters(*chosen.front());
        if (arguments_.command == "topics") finish_topics(*chosen.front());
    }

    Result<void> finish_settings() {
        SettingSources sources = options_.sources();
        sources.environment = environment_;
        sources.file_variable = file_variable(definition_.name);
        auto settings = read_settings(table_, sources);
        if (!settings) return std::unexpected(std::move(settings.error()));
        auto engines = engine_options(*settings);
        if (!engines) return std::unexpected(std::move(engines.error()));
        arguments_.common.engines = std::move(*engines);
        arguments_.common.http = settings->text("http");
        arguments_.common.log_level = settings->text("log-level");
        RunArguments& run = arguments_.run;
        run.crash_only = settings->text("durability") != "full";
        run.allow_remote = settings->flag("allow-remote");
        run.allowed_hosts = settings->list("allow-host");
        run.drain_timeout = std::chrono::seconds{settings->number("drain-timeout")};
        run.stuck_after = std::chrono::seconds{settings->number("stuck-after")};
        arguments_.settings = std::move(*settings);
        return {};
    }

    void finish_topics(const CLI::App& command) {
        using Action = TopicsArguments::Action;
        const auto actions = command.get_subcommands();
        const std::string action = actions.empty() ? "plan" : actions.front()->get_name();
        if (action == "diff") arguments_.topics.action = Action::diff;
        if (action == "apply") arguments_.topics.action = Action::apply;
    }

    void finish_dead_letters(const CLI::App& command) {
        using Action = DeadLettersArguments::Action;
        DeadLettersArguments& letters = arguments_.dead_letters;
        const auto actions = command.get_subcommands();
        const std::string action = actions.empty() ? "list" : actions.front()->get_name();
        if (action == "show") letters.action = Action::show;
        if (action == "requeue") letters.action = Action::requeue;
        if (action == "discard") letters.action = Action::discard;
        if (status_ == "requeued") letters.status = DeadLetter::Status::requeued;
        if (status_ == "discarded") letters.status = DeadLetter::Status::discarded;
        if (status_ == "any") letters.status.reset();
        if (action != "requeue" && action != "discard") return;
        const bool filtered = !letters.group.empty() || !letters.event_type.empty();
        const bool bulk = letters.all || filtered;
        if (bulk == !letters.ids.empty()) {
            throw CLI::ValidationError(
                bulk ? "give either numbers or --all, --group, --type, not both"
                     : "give the numbers of dead letters, or --all, --group NAME, --type TYPE");
        }
    }

    std::string explain(const CLI::ParseError& error) const {
        const auto chosen = root_.get_subcommands();
        const std::vector<std::string> rest =
            chosen.empty() ? root_.remaining() : std::vector<std::string>{};
        const auto word = std::ranges::find_if(
            rest, [](const std::string& text) { return !text.starts_with('-'); });
        if (word != rest.end()) {
            return "unknown command '" + printable(*word) + "'; did you mean '" +
                   nearest_command(*word) + "'?";
        }
        return printable(mask_secrets(error.what()));
    }

    std::string nearest_command(std::string_view word) const {
        word = word.substr(0, 100);
        std::string best;
        for (const CLI::App* command : root_.get_subcommands(nullptr)) {
            const std::string& name = command->get_name();
            if (best.empty() || edit_distance(name, word) < edit_distance(best, word)) best = name;
        }
        return best;
    }

    std::string help_words() const {
        std::string words;
        for (const CLI::App* at = &root_; !at->get_subcommands().empty();) {
            at = at->get_subcommands().front();
            words += " " + at->get_name();
        }
        return words;
    }

    const AppDefinition& definition_;
    HelpExamples examples_;
    CLI::App root_;
    Arguments arguments_;
    std::vector<Setting> table_;
    SettingOptions options_;
    std::string status_ = "open";
    std::string wait_ = "stored";
    int wait_seconds_ = 30;
    std::vector<std::string> environment_ = environment_of_process();
    std::vector<std::string> members_;
};

}  // namespace

std::expected<Arguments, int> parse_arguments(int argc, char** argv,
                                              const AppDefinition& definition, std::ostream& out,
                                              std::ostream& err) {
    return Parser(definition).parse(argc, argv, out, err);
}

}  // namespace quipu
