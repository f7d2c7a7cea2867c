// SPDX-License-Identifier: Apache-2.0
#include "faults/history.hpp"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "faults/model.hpp"
#include "quipu/event/id.hpp"
#include "quipu/log/kafka/kafka_log.hpp"

namespace quipu::faults {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// How long anything may take before it counts as never. No result depends on it.
constexpr auto never = 90s;

void make_topics(const std::string& brokers, const std::string& prefix, int replication) {
    KafkaOptions options;
    options.brokers = brokers;
    options.prefix = prefix;
    auto log = open_kafka_log(std::move(options));
    if (!log) throw std::runtime_error(log.error().message);
    std::vector<TopicSpec> wanted;
    for (const auto type : {Placed::event_type, Noted::event_type}) {
        TopicSpec spec;
        spec.event_type = type;
        spec.replication = replication;
        wanted.push_back(std::move(spec));
    }
    std::string problem;
    for (const auto end = Clock::now() + never; Clock::now() < end;) {
        const auto results = (*log)->apply(plan_topics(wanted, {}));
        if (results && std::ranges::all_of(*results, [](const TopicResult& result) {
                return !result.error || result.error->code == ErrorCode::conflict;
            })) {
            return;
        }
        problem =
            results ? results->front().error.value_or(Error{}).message : results.error().message;
        std::this_thread::sleep_for(200ms);
    }
    throw std::runtime_error("topics cannot be made: " + problem);
}

}  // namespace

void sleep_between(std::mt19937& random, int least, int most) {
    const auto span = static_cast<unsigned>(most - least + 1);
    std::this_thread::sleep_for(
        std::chrono::milliseconds{least + static_cast<int>(random() % span)});
}

void Totals::add(std::vector<std::string> found) {
    for (std::string& each : found) {
        std::printf("fault found: %s\n", each.c_str());
        faults.push_back(std::move(each));
    }
    std::fflush(stdout);
}

History::History(const Settings& settings, Totals& totals, const std::string& brokers,
                 int replication)
    : settings_(settings), totals_(totals) {
    std::string pattern = std::filesystem::temp_directory_path() / "quipu-history-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    plan.directory = pattern;
    plan.brokers = brokers;
    plan.prefix = "faults-" + new_id() + ".";
    plan.board = "board";
    plan.customers = customers;
    plan.seed = settings.seed + static_cast<unsigned>(totals.histories);
    plan.epoch_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch()).count();
    make_topics(brokers, plan.prefix, replication);
    ++totals_.histories;
}

History::~History() {
    if (!good() && settings_.plant.empty()) {
        std::printf("what is left of it: %s\n", plan.directory.c_str());
        return;
    }
    std::error_code error;
    std::filesystem::remove_all(plan.directory, error);
}

std::unique_ptr<Child> History::start(const Plan& with) {
    auto child = std::make_unique<Child>(with);
    const auto end = Clock::now() + never;
    while (child->board()->ready == 0 && child->runs()) {
        if (Clock::now() > end) throw std::runtime_error("a child does not become ready");
        std::this_thread::sleep_for(5ms);
    }
    if (!child->runs() && child->result() != -SIGKILL) {
        fault("unsound: a child ends with " + std::to_string(child->result()));
    }
    return child;
}

void History::recover(Child& child) {
    const auto began = Clock::now();
    const Board& board = *child.board();
    // What the board shows was true a moment ago, so one more event makes it sure.
    more(child, 1);
    const std::int64_t wanted = board.last;
    while (good() && (board.relay < wanted || board.slowest < wanted)) {
        if (!child.runs()) return fault("unsound: the child died of the fault");
        if (Clock::now() - began > never) {
            return fault("backlog: relay at " + std::to_string(board.relay) + ", groups at " +
                         std::to_string(board.slowest) + " of " + std::to_string(wanted));
        }
        std::this_thread::sleep_for(10ms);
    }
    const std::chrono::duration<double> took = Clock::now() - began;
    totals_.longest_recovery = std::max(totals_.longest_recovery, took.count());
}

void History::more(Child& child, int events) {
    const auto end = Clock::now() + never;
    const std::int64_t wanted = child.board()->acknowledged + events;
    while (child.board()->acknowledged < wanted && child.runs()) {
        if (Clock::now() > end) return fault("backlog: the store takes nothing more");
        std::this_thread::sleep_for(5ms);
    }
}

void History::check_store() {
    totals_.add(Checker(plan).check_store());
}

void History::finish(std::unique_ptr<Child> child) {
    totals_.conflicts += child->board()->conflicts;
    child->signal(SIGTERM);
    if (!child->wait(std::chrono::seconds{plan.patience} + never)) {
        fault("backlog: the child does not end");
        child->signal(SIGKILL);
        static_cast<void>(child->wait(10s));
    } else if (child->result() != 0) {
        fault((child->result() == 5 ? "backlog" : "unsound") +
              std::string(": the child ends with ") + std::to_string(child->result()));
    }
    child.reset();
    check();
}

void History::check() {
    Checker checker(plan);
    totals_.add(checker.check());
    totals_.acknowledged += checker.figures().acknowledged;
    totals_.events += checker.figures().events;
    totals_.repetitions += checker.figures().repetitions;
    if (checker.figures().acknowledged == 0) fault("unsound: nothing was acknowledged");
    if (good() || !settings_.plant.empty()) return;
    std::ifstream log(plan.directory / "children.log");
    std::string line;
    while (std::getline(log, line)) std::printf("  child: %s\n", line.c_str());
}

}  // namespace quipu::faults
