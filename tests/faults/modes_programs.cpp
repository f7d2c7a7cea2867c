// SPDX-License-Identifier: Apache-2.0
// Programs that die, stop and come back, one function each.
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string_view>
#include <thread>

#include "faults/model.hpp"
#include "faults/modes.hpp"

namespace quipu::faults {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 10> points{"",
                                                  "before_publish_commit",
                                                  "after_publish_commit",
                                                  "before_produce",
                                                  "after_ack",
                                                  "before_mark",
                                                  "after_mark",
                                                  "before_effect",
                                                  "after_effect",
                                                  "before_offset"};

/// Several programs on one store, each a member of both groups; the first two publish.
class Crowd {
  public:
    Crowd(History& history, std::size_t most) : history_(history), slots_(most) {}

    void start(std::size_t slot) {
        Plan plan = history_.plan;
        plan.board = "board" + std::to_string(slot);
        plan.customers = slot < 2 ? customers / 2 : 0;
        plan.first_customer = slot == 1 ? customers / 2 : 0;
        plan.seed += static_cast<unsigned>(slot);
        slots_[slot] = history_.start(plan);
    }
    void step(std::mt19937& random) {
        const std::size_t slot = random() % slots_.size();
        auto& child = slots_[slot];
        if (child == nullptr) return start(slot);
        const auto what = random() % 3;
        if (what == 0) {
            child->signal(SIGKILL);
            static_cast<void>(child->wait(10s));
            child.reset();
        } else if (what == 1) {
            leave(slot);
        } else {
            // So long that others take its partitions and its lease, and it wakes up late.
            child->signal(SIGSTOP);
            sleep_between(random, 3500, 5000);
            child->signal(SIGCONT);
        }
    }
    void leave(std::size_t slot) {
        auto& child = slots_[slot];
        if (child == nullptr) return;
        child->signal(SIGUSR1);
        if (!child->wait(180s) || child->result() != 0) {
            history_.fault("unsound: a child that leaves ends with " +
                           std::to_string(child->result()));
        }
        child.reset();
    }
    void leave_all() {
        for (std::size_t slot = 0; slot < slots_.size(); ++slot) leave(slot);
    }

  private:
    History& history_;
    std::vector<std::unique_ptr<Child>> slots_;
};

}  // namespace

void program_kill(const Settings& settings, Totals& totals) {
    const std::string brokers = shared("QUIPU_TEST_KAFKA");
    std::mt19937 random(settings.seed);
    while (totals.rounds < settings.rounds && totals.faults.empty()) {
        History history(settings, totals, brokers);
        // A static member gets its partitions back at once, a dynamic one when it is missed.
        if (totals.histories % 2 == 1) history.plan.member = "one";
        for (int round = 0; round < rounds_per_history / 2 && totals.rounds < settings.rounds;
             ++round) {
            Plan plan = history.plan;
            plan.point = points[static_cast<std::size_t>(totals.rounds) % points.size()];
            plan.after = static_cast<int>(random() % 60);
            plan.pause_us = 1000;
            ++plan.seed;
            const auto child = history.start(plan);
            if (plan.point.empty()) {
                sleep_between(random, 0, 600);
                child->signal(SIGKILL);
            }
            if (!child->wait(180s)) history.fault("backlog: nothing passes " + plan.point);
            if (child->result() != -SIGKILL) {
                history.fault("unsound: a child ends with " + std::to_string(child->result()));
            }
            history.check_store();
            ++totals.rounds;
            if (!history.good()) return;
        }
        history.finish(history.start(history.plan));
    }
}

void rebalance(const Settings& settings, Totals& totals) {
    const std::string brokers = shared("QUIPU_TEST_KAFKA");
    while (totals.rounds < settings.rounds && totals.faults.empty()) {
        History history(settings, totals, brokers);
        history.plan.members = 2;
        history.plan.storm = 8;
        const auto most = std::min(settings.rounds - totals.rounds, 100);
        auto child = history.start(history.plan);
        const auto end = std::chrono::steady_clock::now() + 30min;
        while (child->board()->steps < most && child->runs()) {
            if (std::chrono::steady_clock::now() > end) break;
            std::this_thread::sleep_for(20ms);
        }
        totals.rounds += static_cast<int>(child->board()->steps);
        history.finish(std::move(child));
    }
}

void processes(const Settings& settings, Totals& totals) {
    const std::string mongo = shared("QUIPU_TEST_MONGO");
    const std::string brokers = shared("QUIPU_TEST_KAFKA");
    std::mt19937 random(settings.seed);
    while (totals.rounds < settings.rounds && totals.faults.empty()) {
        History history(settings, totals, brokers);
        history.plan.mongo = mongo;
        history.plan.database = "faults_" + std::to_string(history.plan.epoch_ms);
        history.plan.pause_us = 20'000;
        Crowd crowd(history, settings.long_run ? 8 : 4);
        crowd.start(0);
        crowd.start(1);
        for (int round = 0; round < rounds_per_history && totals.rounds < settings.rounds;
             ++round) {
            crowd.step(random);
            sleep_between(random, 0, 500);
            ++totals.rounds;
            if (!history.good()) break;
        }
        crowd.leave_all();
        Plan last = history.plan;
        last.customers = 0;
        history.finish(history.start(last));
    }
}

void planted(const Settings& settings, Totals& totals) {
    const std::string brokers = shared("QUIPU_TEST_KAFKA");
    History history(settings, totals, brokers);
    Plan plan = history.plan;
    plan.plant = settings.plant;
    // Two of them show only when the program dies at the worst moment.
    if (plan.plant == "ack") plan.point = "before_publish_commit";
    if (plan.plant == "offset") plan.point = "before_effect";
    plan.after = 40;
    plan.patience = 4;
    auto child = history.start(plan);
    if (plan.point.empty()) {
        history.more(*child, 200);
        child->signal(SIGTERM);
    }
    static_cast<void>(child->wait(180s));
    child.reset();
    Plan last = history.plan;
    last.customers = 0;
    last.patience = 4;
    history.finish(history.start(last));
}

}  // namespace quipu::faults
