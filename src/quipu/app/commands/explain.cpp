// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/app/commands/command_set.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
namespace views {

/// An attempt of a handler that fails each time.
struct AttemptPlan {
    std::int64_t attempt = 0;
    double after_seconds = 0;   ///< since the first one
    double varies_seconds = 0;  ///< by jitter, in both directions and in sum
};

struct ExplainedGroup {
    std::string group;
    std::string when_retries_are_used_up;  ///< hold_key or release_key
    std::string when_rejected;
    std::string when_undecodable;
};

struct Explanation {
    std::string event_type;
    std::string category;
    bool terminal = false;
    bool external = false;
    std::vector<std::string> indexed;
    std::vector<ExplainedGroup> groups;
    std::vector<AttemptPlan> attempts;
    std::int64_t partitions = 0;
    std::int64_t topic_retention_hours = 0;
    std::int64_t store_lifetime_hours = 0;
};

}  // namespace views

namespace {

using Seconds = std::chrono::duration<double>;

std::string name_of(OnDeadLetter choice) {
    return choice == OnDeadLetter::hold_key ? "hold_key" : "release_key";
}

std::vector<views::AttemptPlan> plan_of(const RetryPolicy& retry) {
    // In the middle of its range, a random number leaves the delay as it is.
    constexpr double middle = 0.5;
    std::vector<views::AttemptPlan> plan{{.attempt = 1}};
    for (int number = 0; number < retry.max_retries; ++number) {
        const Seconds delay = retry_delay(retry, number, middle);
        plan.push_back(
            {.attempt = plan.back().attempt + 1,
             .after_seconds = plan.back().after_seconds + delay.count(),
             .varies_seconds = plan.back().varies_seconds + delay.count() * retry.jitter});
    }
    return plan;
}

views::Explanation explain(const AppDefinition& definition, const EventInfo& info) {
    views::Explanation explanation{.event_type = std::string(info.event_type),
                                   .category = std::string(info.category),
                                   .terminal = info.terminal,
                                   .external = info.external,
                                   .indexed = {info.indexed.begin(), info.indexed.end()},
                                   .groups = {},
                                   .attempts = plan_of(info.retry),
                                   .partitions = info.topic.partitions,
                                   .topic_retention_hours = info.topic.retention.count(),
                                   .store_lifetime_hours = info.topic.ttl.count()};
    for (const GroupBinding& binding : definition.groups) {
        if (std::ranges::find(binding.subscriptions, info.event_type, &Subscription::event_type) ==
            binding.subscriptions.end()) {
            continue;
        }
        explanation.groups.push_back(
            {.group = std::string(binding.group),
             .when_retries_are_used_up = name_of(binding.options.on_dead_letter),
             .when_rejected = name_of(binding.options.on_rejected),
             .when_undecodable = name_of(binding.options.on_undecodable)});
    }
    return explanation;
}

std::string duration_text(double seconds) {
    if (seconds < 120) return fmt::format("{:.3g} s", seconds);
    if (seconds < 2 * 3600) return fmt::format("{:.3g} min", seconds / 60);
    return fmt::format("{:.3g} h", seconds / 3600);
}

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
    return all;
}

void print(std::ostream& out, const views::Explanation& event) {
    out << event.event_type << ", of category " << event.category
        << (event.terminal ? ", ends a flow" : "")
        << (event.external ? ", handled by another program" : "") << '\n';
    out << "key: the publisher's --key, else the aggregate id; without either, no order\n";
    if (!event.indexed.empty()) out << "indexed fields: " << joined(event.indexed) << '\n';
    if (event.groups.empty()) out << "no group of this program handles it\n";
    for (const views::ExplainedGroup& group : event.groups) {
        out << "group " << group.group << ": on dead letter " << group.when_retries_are_used_up
            << ", on rejection " << group.when_rejected << ", if it does not decode "
            << group.when_undecodable << '\n';
    }
    out << "attempts of a handler that fails each time:\n";
    for (const views::AttemptPlan& attempt : event.attempts) {
        out << fmt::format("  {:>3}  after {}", attempt.attempt,
                           duration_text(attempt.after_seconds));
        if (attempt.varies_seconds > 0) {
            out << " +- " << duration_text(attempt.varies_seconds);
        }
        out << '\n';
    }
    out << "then a dead letter\n";
    out << "topic: " << event.partitions << " partitions, kept for "
        << duration_text(static_cast<double>(event.topic_retention_hours) * 3600)
        << "; in the store for "
        << duration_text(static_cast<double>(event.store_lifetime_hours) * 3600) << '\n';
}

int explain(const Invocation& invocation, const std::vector<std::string>& types) {
    for (const std::string& type : types) {
        const views::Explanation event =
            explain(invocation.definition, *invocation.definition.types->find(type));
        if (invocation.json) {
            invocation.print_json(event);
        } else {
            print(invocation.out, event);
        }
    }
    return to_int(ExitCode::done);
}

}  // namespace

void add_explain(CommandSet& commands) {
    const auto types = std::make_shared<std::vector<std::string>>();
    CommandLine::Command command = commands.add(
        {.name = "explain",
         .summary = "Show who handles an event type, and when its attempts are made",
         .examples = "  $P explain $T\n"
                     "  $P explain $T --json",
         .shared = {.json = true},
         .run = [types](const Invocation& invocation) { return explain(invocation, *types); }});
    command
        .add("TYPE", CommandLine::Value::several(take_types(*commands.definition().types, *types)),
             "Event types")
        .required();
}

}  // namespace quipu
