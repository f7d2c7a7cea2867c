// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "quipu/app/commands/program.hpp"
#include "quipu/app/engines/topic_plan.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
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

void print_steps(const Program& program, const std::vector<TopicChange>& changes) {
    if (changes.empty()) {
        program.out << "Every topic is as the catalogue wants it.\n";
        return;
    }
    Table table({"TOPIC", "STEP"});
    for (const TopicChange& change : changes) {
        table.add({change.spec.event_type, describe(change)});
    }
    table.print(program.out);
}

int show(const Program& program, const std::vector<TopicChange>& changes, ExitCode code) {
    if (!program.arguments.common.json) {
        print_steps(program, changes);
        return to_int(code);
    }
    views::TopicsView view{.log = program.arguments.common.engines.log.shown(), .steps = {}};
    for (const TopicChange& change : changes) view.steps.push_back(view_of(change));
    return program.print_json(view, code);
}

int report(const Program& program, const std::vector<TopicResult>& results) {
    ExitCode code = ExitCode::done;
    views::TopicsView view{.log = program.arguments.common.engines.log.shown(), .steps = {}};
    Table table({"TOPIC", "STEP", "RESULT"});
    for (const TopicResult& result : results) {
        views::TopicStepView step = view_of(result.change);
        // Made by somebody else since the plan; whether alike, the next plan shows.
        const bool made = result.error && result.error->code == ErrorCode::conflict;
        const bool failed = result.error && !made;
        const std::string error = failed ? mask_secrets(result.error->message) : "";
        step.done.emplace(!failed);
        if (failed) {
            step.error.emplace(error);
            const ExitCode reason = exit_code_of(result.error->code);
            if (to_int(reason) > to_int(code)) code = reason;
        }
        const std::string good = made ? "there already" : "done";
        table.add({step.event_type, step.step, failed ? error : good});
        view.steps.push_back(std::move(step));
    }
    if (program.arguments.common.json) return program.print_json(view, code);
    program.out << '\n';
    table.print(program.out);
    return to_int(code);
}

int apply(const Program& program, TopicLog& log, std::vector<TopicChange> changes) {
    if (!program.arguments.common.json) print_steps(program, changes);
    // What only differs cannot be changed here, and is no step to take.
    std::erase_if(changes, [](const TopicChange& change) {
        return change.kind == TopicChange::Kind::differs;
    });
    if (changes.empty()) {
        return program.arguments.common.json ? show(program, changes, ExitCode::done)
                                             : to_int(ExitCode::done);
    }
    const auto results = log.apply(changes);
    if (!results) return program.fail(results.error());
    return report(program, *results);
}

}  // namespace

int topics_command(const Program& program) {
    using Action = TopicsArguments::Action;
    const EngineOptions& engines = program.arguments.common.engines;
    if (!engines.has_log()) {
        return program.fail({ErrorCode::invalid,
                             "the store is the log and has no topics; name a log with "
                             "--log kafka://HOST:PORT"});
    }
    auto log = open_log(engines, program.definition.name, {});
    if (!log) return program.fail(log.error());
    auto changes = topic_changes(**log, *program.definition.types, engines.replication);
    if (!changes) {
        return program.fail(
            {changes.error().code, "log " + engines.log.shown() + ": " + changes.error().message});
    }
    const Action action = program.arguments.topics.action;
    if (action == Action::apply) return apply(program, **log, std::move(*changes));
    const bool differs = action == Action::diff && !changes->empty();
    return show(program, *changes, differs ? ExitCode::no : ExitCode::done);
}

}  // namespace quipu
