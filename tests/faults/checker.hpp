// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "faults/plan.hpp"
#include "faults/readback.hpp"
#include "quipu/store/store.hpp"

namespace quipu::faults {

/// What a history amounts to, for the report.
struct Figures {
    std::int64_t acknowledged = 0;
    std::int64_t events = 0;       ///< in the store
    std::int64_t repetitions = 0;  ///< records in Kafka that were there before
};

/// Checks a whole history, when all is quiet: every event that was acknowledged is stored with its
/// content, is in Kafka with its bytes, and has had one effect in each group, in the order of its
/// key; nothing is there that nobody published; nothing waits, nothing is a dead letter, and the
/// offsets in Kafka stand behind the last record.
class Checker {
  public:
    explicit Checker(const Plan& plan) : plan_(plan) {}

    /// The faults found, each beginning with lost, double, order, changed, backlog or unsound.
    [[nodiscard]] std::vector<std::string> check();
    /// Only what is acknowledged must be stored, and the store be sound: possible at any time.
    [[nodiscard]] std::vector<std::string> check_store();
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }

  private:
    struct Event {
        std::int64_t position = 0;
        std::string type;
        std::string key;
        std::string body;
        std::int64_t number = 0;
        bool in_log = false;
    };
    using Numbers = std::map<std::string, std::int64_t>;  // by customer

    void fault(std::string text);
    bool open();
    void read_store();
    void read_placed(const Record& record);
    void read_noted(const Record& record);
    void check_acknowledgements();
    void check_groups();
    void check_effects(const std::string& part);
    void check_log(const std::string& type);
    void check_offsets(const std::string& type, const Topic& topic,
                       const std::map<std::int32_t, std::int64_t>& needed);

    const Plan& plan_;
    std::unique_ptr<Store> store_;
    std::map<std::string, Event, std::less<>> events_;  // by id
    Numbers placed_;                                    // the last of each customer
    Numbers noted_;
    Figures figures_;
    std::vector<std::string> faults_;
};

}  // namespace quipu::faults
