// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/engines/topic_plan.hpp"

namespace quipu {

// Reflection needs types with external linkage, so these are not in the unnamed namespace.
namespace views {

struct TopicStepView {
    std::string event_type;
    std::string step;  ///< create, add_partitions, set_retention, differs
    std::string text;
    Omittable<bool> done = {};          ///< apply
    Omittable<std::string> error = {};  ///< apply
};

struct TopicsView {
    std::string log;
    std::vector<TopicStepView> steps;
};

}  // namespace views

namespace {

views::TopicStepView view_of(const TopicChange& change) {
    return {.event_type = change.spec.event_type,
            .step = to_string(change.kind),
            .text = describe(change)};
}

void print_steps(const Invocation& invocation, const std::vector<TopicChange>& changes) {
    if (changes.empty()) {
        invocation.out << "Every topic agrees with the catalogue.\n";
        return;
    }
    Table table({"TOPIC", "STEP"});
    for (const TopicChange& change : changes) {
        table.add({change.spec.event_type, describe(change)});
    }
    table.print(invocation.out);
}

int show(const Invocation& invocation, const std::vector<TopicChange>& changes, ExitCode code) {
    if (!invocation.json) {
        print_steps(invocation, changes);
        return to_int(code);
    }
    views::TopicsView view{.log = invocation.engines.log.shown(), .steps = {}};
    for (const TopicChange& change : changes) view.steps.push_back(view_of(change));
    return invocation.print_json(view, code);
}

int report(const Invocation& invocation, const std::vector<TopicResult>& results) {
    ExitCode code = ExitCode::done;
    views::TopicsView view{.log = invocation.engines.log.shown(), .steps = {}};
    Table table({"TOPIC", "STEP", "RESULT"});
    for (const TopicResult& result : results) {
        views::TopicStepView step = view_of(result.change);
        // Created by another process since the plan. The next plan shows whether it differs.
        const bool made = result.error && result.error->code == ErrorCode::conflict;
        const bool failed = result.error && !made;
        const std::string error = failed ? mask_secrets(result.error->message) : "";
        step.done.emplace(!failed);
        if (failed) {
            step.error.emplace(error);
            const ExitCode reason = exit_code_of(result.error->code);
            if (to_int(reason) > to_int(code)) code = reason;
        }
        const std::string good = made ? "exists already" : "done";
        table.add({step.event_type, step.step, failed ? error : good});
        view.steps.push_back(std::move(step));
    }
    if (invocation.json) return invocation.print_json(view, code);
    invocation.out << '\n';
    table.print(invocation.out);
    return to_int(code);
}

int apply(const Invocation& invocation, TopicLog& log, std::vector<TopicChange> changes) {
    if (!invocation.json) print_steps(invocation, changes);
    // A change of kind `differs` cannot be made here.
    std::erase_if(changes, [](const TopicChange& change) {
        return change.kind == TopicChange::Kind::differs;
    });
    if (changes.empty()) {
        return invocation.json ? show(invocation, changes, ExitCode::done) : to_int(ExitCode::done);
    }
    const auto results = log.apply(changes);
    if (!results) return invocation.fail(results.error());
    return report(invocation, *results);
}

enum class Action { plan, diff, apply };

int run_topics(const Invocation& invocation, Action action) {
    const EngineOptions& engines = invocation.engines;
    if (!engines.has_log()) {
        return invocation.fail({ErrorCode::invalid,
                                "the store is the log and has no topics; specify a log with "
                                "--log kafka://HOST:PORT"});
    }
    auto log = open_log(engines, invocation.definition.name, {});
    if (!log) return invocation.fail(log.error());
    auto changes = topic_changes(**log, *invocation.definition.types, engines.replication);
    if (!changes) {
        return invocation.fail(
            {changes.error().code, "log " + engines.log.shown() + ": " + changes.error().message});
    }
    if (action == Action::apply) return apply(invocation, **log, std::move(*changes));
    const bool differs = action == Action::diff && !changes->empty();
    return show(invocation, *changes, differs ? ExitCode::no : ExitCode::done);
}

}  // namespace

void add_topics(CommandSet& commands) {
    const auto spec = [](std::string name, std::string summary, Action action) {
        return CommandSpec{
            .name = std::move(name),
            .summary = std::move(summary),
            .examples =
                "  $P topics plan --log kafka://127.0.0.1:9092\n"
                "  $P topics diff --json        exit code 1 when something differs\n"
                "  $P topics apply",
            .shared = {.log = true, .topics = true, .json = true},
            .run = [action](const Invocation& call) { return run_topics(call, action); }};
    };
    const CommandLine::Command command =
        commands.add(spec("topics", "Compare the log's topics with the catalogue", Action::plan));
    commands.add_below(command,
                       spec("plan", "Show the changes that would make them agree", Action::plan));
    commands.add_below(command,
                       spec("diff", "The same; exit code 1 when they differ", Action::diff));
    commands.add_below(command, spec("apply", "Make the changes", Action::apply));
}

}  // namespace quipu
