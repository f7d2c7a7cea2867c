// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/arguments.hpp"

#include <unistd.h>

#include <ostream>

#include "quipu/app/cli/text_output.hpp"
#include "quipu/app/command_line.hpp"
#include "quipu/app/commands/argument_values.hpp"
#include "quipu/app/commands/exit_code.hpp"
#include "quipu/app/commands/help_examples.hpp"
#include "quipu/app/engines/secrets.hpp"
#include "quipu/app/settings/setting_options.hpp"

namespace quipu {

namespace {

using Command = CommandLine::Command;
using Value = CommandLine::Value;

constexpr const char* common_group = "Common options";

CommandLine::Take take_instant(std::optional<Time>& to) {
    return [&to](const CommandLine::Texts& texts) -> CommandLine::Taken {
        auto time = parse_instant(texts.front());
        if (!time) return std::unexpected(std::move(time.error()));
        to = *time;
        return {};
    };
}

CommandLine::Take take_members(std::vector<std::pair<std::string, std::string>>& to) {
    return [&to](const CommandLine::Texts& texts) -> CommandLine::Taken {
        for (const std::string& text : texts) {
            auto member = parse_member(text);
            if (!member) return std::unexpected(std::move(member.error()));
            to.push_back(std::move(*member));
        }
        return {};
    };
}

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
          line_(definition.name),
          root_(line_.root()),
          table_(make_settings(definition.name, definition.default_http)),
          options_(table_, common_group) {
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
        root_.add_version(definition.name + " " + definition.version).heading(common_group);
    }

    std::expected<Arguments, int> parse(int argc, char** argv, std::ostream& out,
                                        std::ostream& err) {
        const auto parsed = line_.parse(argc, argv, out);
        if (parsed && !*parsed) return std::unexpected(to_int(ExitCode::done));
        const CommandLine::Taken understood =
            parsed ? finish() : std::unexpected(printable(mask_secrets(parsed.error())));
        if (!understood) {
            err << definition_.name << ": " << understood.error() << '\n'
                << "Run '" << definition_.name << help_words() << " --help' for examples.\n";
            return std::unexpected(to_int(ExitCode::usage));
        }
        if (auto read = finish_settings(); !read) {
            err << definition_.name << ": " << printable(read.error().message) << '\n';
            return std::unexpected(to_int(exit_code_of(read.error().code)));
        }
        return std::move(arguments_);
    }

  private:
    /// To `on` and all below it; last, so that they stand below a command's own options.
    void add_common(Command on) {
        for (const Command command : on.commands()) add_common(command);
        CommonArguments& common = arguments_.common;
        const std::string group = common_group;
        on.add_help().heading(group);
        options_.add_common(on);
        on.add_flag("--json", common.json, "Write JSON for machines").heading(group);
        on.add_flag("-q,--quiet", common.quiet, "Log errors only").heading(group);
    }

    Command add_command(const std::string& name, const std::string& summary) {
        Command command = root_.add_command(name, summary, "Commands");
        command.footer(examples_.of(name));
        return command;
    }

    /// An event type of the catalogue, or several.
    CommandLine::Take take_types(std::vector<std::string>& to) {
        return [this, &to](const CommandLine::Texts& types) -> CommandLine::Taken {
            for (const std::string& type : types) {
                if (auto known = check_type(*definition_.types, type); !known) return known;
            }
            to = types;
            return {};
        };
    }
    void add_types(Command command, std::vector<std::string>& types) {
        command
            .add("--type", Value::several(take_types(types)),
                 "Only events of this type; may be given several times")
            .placeholder("TYPE");
    }

    void add_run() {
        Command command = add_command("run", "Handle events until stopped");
        command.add_flag("--once", arguments_.run.once, "Handle everything in the log, then stop");
        options_.add_run(command);
        add_run_flags(command);
    }

    void add_run_flags(Command command) {
        for (const RunFlag& flag : definition_.run_flags) {
            command.add_flag("--" + flag.name, *flag.value, flag.summary)
                .heading(definition_.name + "'s own options");
        }
    }

    void add_publish() {
        PublishArguments& publish = arguments_.publish;
        Command command = add_command("publish", "Publish one event");
        command.add("TYPE", take_types(published_type_), "The event's type").required();
        command.add("JSON", publish.json,
                    "Its members as a JSON object; - reads them from standard input");
        command.add("--key", publish.key, "Events of one key are handled in order");
        command.add("--aggregate", publish.aggregate_id, "The aggregate that it belongs to");
        command.add("--event-id", publish.event_id,
                    "Its id; publishing an id again stores nothing");
        command.add("--user", publish.user_id, "The user for whom it happens");
        command
            .add("--expected-sequence", publish.expected_sequence,
                 "Fail unless the aggregate's last event has this number")
            .placeholder("N");
        command
            .add("--wait", Value::one_of(wait_, {"stored", "log"}),
                 "Until it is stored, or until the log has it, too: stored or log (stored)")
            .placeholder("WHAT");
        command
            .add("--wait-timeout", {wait_seconds_, {0, 86'400}},
                 "Longest wait for the log, in seconds (30)")
            .placeholder("SECONDS");
    }

    void add_topics() {
        Command command = add_command("topics", "Compare the log's topics with the catalogue");
        add_action(command, "plan", "Show the steps from what is to what is wanted");
        add_action(command, "diff", "The same; exit code 1 when something differs");
        add_action(command, "apply", "Do them");
    }

    void add_promote() {
        PromoteArguments& promote = arguments_.promote;
        Command command =
            add_command("promote", "Move a file's events and all else in it to another store");
        command.add("PATH", promote.file, "The file; no program may run on it").required();
        command
            .add("--published-until", promote.published_until,
                 "The log has, or shall not get, what stands up to this position; 'end' for "
                 "everything (nothing)")
            .placeholder("POSITION");
    }

    void add_config() {
        Command command = add_command("config", "Show the settings and where each comes from");
        command.add_flag("--reference", arguments_.reference,
                         "Describe every setting, as Markdown");
    }

    void add_tail() {
        TailArguments& tail = arguments_.tail;
        Command command = add_command("tail", "Watch events arrive");
        add_types(command, tail.event_types);
        const auto last = command
                              .add("--last", {tail.last, CommandLine::at_least(0)},
                                   "Begin with so many stored events (10)")
                              .placeholder("N");
        command.add("--after", {tail.after, CommandLine::at_least(0)}, "Begin after this position")
            .placeholder("POSITION")
            .excludes(last);
        command.add("--count", {tail.count, CommandLine::at_least(1)}, "Stop after so many events")
            .placeholder("N");
        command.add_flag(
            "--no-follow", [&tail] { tail.follow = false; }, "Stop at the end of the log");
        command.add_flag("--body", tail.body, "Show the events' JSON, too");
    }

    void add_show() {
        Command command = add_command("show", "Show one event and what became of it");
        command.add("ID", arguments_.event_id, "The event's id, or its position").required();
    }

    void add_events() {
        EventsArguments& events = arguments_.events;
        Command command = add_command("events", "Search the stored events");
        add_types(command, events.event_types);
        command.add("--aggregate", events.aggregate_id, "Only of this aggregate");
        command.add("--execution", events.execution_id,
                    "Only of this execution: by aggregate or member execution_id");
        command.add("--user", events.user_id, "Only of this user (metadata.user_id)");
        command.add("--from", take_instant(events.from), "Only from this time on")
            .placeholder("TIME");
        command.add("--until", take_instant(events.until), "Only before this time")
            .placeholder("TIME");
        command
            .add("--where", Value::several(take_members(events.members)),
                 "Only where this member of the JSON has this value")
            .placeholder("PATH=VALUE");
        command.add_flag("--newest", events.newest_first, "Newest first");
        command.add("--limit", events.limit, "At most so many; 0 for all (100)").placeholder("N");
        command.add("--cursor", events.cursor, "Go on where a search with --limit ended");
        command.add_flag("--body", events.body, "Show the events' JSON, too");
    }

    void add_dead_letters() {
        DeadLettersArguments& letters = arguments_.dead_letters;
        Command command = add_command("dead-letters", "See and mend what groups gave up on");
        Command list = add_action(command, "list", "List them (open ones)");
        list.add("--status", Value::one_of(status_, {"open", "requeued", "discarded", "any"}),
                 "open, requeued, discarded or any (open)");
        list.add("--limit", letters.limit, "At most so many; 0 for all (100)").placeholder("N");
        Command show = add_action(command, "show", "Show one with its event and every error");
        show.add("ID", shown_letter_, "Its number").required();
        Command requeue = add_action(command, "requeue", "Hand them to their group again");
        requeue.add("--rate", {letters.rate, {0.01, 100'000}}, "At most so many in a second (100)")
            .placeholder("N");
        Command discard = add_action(command, "discard", "Put them aside for good");
        discard.add("--reason", letters.reason, "Why, for those who look later");
        for (Command chosen : {requeue, discard}) {
            chosen.add("ID", letters.ids, "Their numbers");
            chosen.add_flag("--all", letters.all, "All open ones that --group and --type leave");
        }
        for (Command filtered : {list, requeue, discard}) {
            filtered.add("--group", letters.group, "Only of this group");
            filtered.add("--type", letters.event_type, "Only of this event type");
        }
    }

    Command add_action(Command command, const std::string& name, const std::string& summary) {
        Command action = command.add_command(name, summary, "Commands");
        action.footer(examples_.of(command.name()));
        return action;
    }

    void add_own() {
        for (const quipu::Command& own : definition_.commands) {
            Command command =
                root_.add_command(own.name, own.summary, definition_.name + "'s own commands");
            command.allow_rest();
            if (!own.examples.empty()) command.footer("Examples:\n" + own.examples);
        }
    }

    CommandLine::Taken finish() {
        const CommandLine::Texts chosen = line_.chosen();
        if (chosen.empty()) return std::unexpected("what is to be done? Name a command");
        arguments_.command = chosen.front();
        arguments_.own = line_.rest();
        if (!published_type_.empty()) arguments_.publish.event_type = published_type_.front();
        arguments_.publish.wait_for_log = wait_ == "log";
        arguments_.publish.wait_timeout = std::chrono::seconds{wait_seconds_};
        const std::string action = chosen.size() > 1 ? chosen[1] : "";
        if (arguments_.command == "topics") finish_topics(action);
        if (arguments_.command == "dead-letters") return finish_dead_letters(action);
        return {};
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

    void finish_topics(const std::string& action) {
        using Action = TopicsArguments::Action;
        if (action == "diff") arguments_.topics.action = Action::diff;
        if (action == "apply") arguments_.topics.action = Action::apply;
    }

    CommandLine::Taken finish_dead_letters(const std::string& action) {
        using Action = DeadLettersArguments::Action;
        DeadLettersArguments& letters = arguments_.dead_letters;
        if (action == "show") {
            letters.action = Action::show;
            letters.ids = {shown_letter_};
        }
        if (action == "requeue") letters.action = Action::requeue;
        if (action == "discard") letters.action = Action::discard;
        if (status_ == "requeued") letters.status = DeadLetter::Status::requeued;
        if (status_ == "discarded") letters.status = DeadLetter::Status::discarded;
        if (status_ == "any") letters.status.reset();
        if (action != "requeue" && action != "discard") return {};
        const bool filtered = !letters.group.empty() || !letters.event_type.empty();
        const bool bulk = letters.all || filtered;
        if (bulk == !letters.ids.empty()) {
            return std::unexpected(
                bulk ? "give either numbers or --all, --group, --type, not both"
                     : "give the numbers of dead letters, or --all, --group NAME, --type TYPE");
        }
        return {};
    }

    std::string help_words() const {
        std::string words;
        for (const std::string& name : line_.chosen()) words += " " + name;
        return words;
    }

    const AppDefinition& definition_;
    HelpExamples examples_;
    CommandLine line_;
    Command root_;
    Arguments arguments_;
    std::vector<Setting> table_;
    SettingOptions options_;
    std::string status_ = "open";
    std::string wait_ = "stored";
    int wait_seconds_ = 30;
    std::vector<std::string> environment_ = environment_of_process();
    std::vector<std::string> published_type_;
    std::int64_t shown_letter_ = 0;
};

}  // namespace

std::expected<Arguments, int> parse_arguments(int argc, char** argv,
                                              const AppDefinition& definition, std::ostream& out,
                                              std::ostream& err) {
    return Parser(definition).parse(argc, argv, out, err);
}

}  // namespace quipu
