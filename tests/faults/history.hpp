// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "faults/checker.hpp"
#include "faults/processes.hpp"

namespace quipu::faults {

/// What all modes share.
struct Settings {
    std::string mode;
    int rounds = 0;  ///< 0: what the mode needs to do each thing it may do once
    unsigned seed = 1;
    std::string plant;
    bool long_run = false;  ///< more rounds than usual: faults may last a minute
    std::string store;      ///< sqlite or mongo; empty: what the mode is for
};

/// Thrown where the machine lacks what a mode needs.
struct Skipped {
    std::string why;
};

/// Sums of a mode.
struct Totals {
    int rounds = 0;
    int histories = 0;
    std::int64_t acknowledged = 0;
    std::int64_t events = 0;
    std::int64_t repetitions = 0;
    std::int64_t conflicts = 0;
    double longest_recovery = 0;  ///< seconds until what was stored by then was handled
    std::vector<std::string> faults;

    void add(std::vector<std::string> found);
};

/// One store with its topics from the first event to the check at the end.
class History {
  public:
    /// Makes the topics with `replication` replicas.
    History(const Settings& settings, Totals& totals, const std::string& brokers,
            int replication = 1);
    ~History();
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    Plan plan;  ///< to be copied or changed for each child

    /// Starts a child and waits until it is ready or has died of its plan.
    std::unique_ptr<Child> start(const Plan& with);
    /// Waits until all that is stored by now is in Kafka and handled.
    void recover(Child& child);
    /// Waits until so many more events are acknowledged.
    void more(Child& child, int events);
    /// Checks what can be checked between two lives of a program.
    void check_store();
    /// Lets the child work off everything and checks the whole history.
    void finish(std::unique_ptr<Child> child);
    void check();
    void fault(const std::string& text) { totals_.add({text}); }
    /// Whether it is worth to go on.
    [[nodiscard]] bool good() const noexcept { return totals_.faults.empty(); }

  private:
    const Settings& settings_;
    Totals& totals_;
};

/// So many rounds that a mode has done each thing it may do.
[[nodiscard]] int usual_rounds(std::string_view mode) noexcept;

/// Runs the rounds of a mode; false when there is no such mode. Throws Skipped.
bool run_mode(const Settings& settings, Totals& totals);

/// Sleeps for a time between the two, in milliseconds.
void sleep_between(std::mt19937& random, int least, int most);

}  // namespace quipu::faults
