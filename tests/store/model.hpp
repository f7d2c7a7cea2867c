// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "quipu/store/store.hpp"

namespace quipu::test {

/// What the store promises, said as plainly as possible: containers, no file, no concurrency.
class Model {
  public:
    using Change = Result<Committed>;

    Change commit(const Transaction& transaction, Time stored_at);
    void open_group(const std::string& group, bool from_earliest);
    bool requeue(std::int64_t id, const Decision& decision, Time time);
    bool holds_key(const DeadLetter& letter) const;
    bool discard(std::int64_t id, const Decision& decision, Time time);
    std::size_t purge(Time time);
    bool archive(const std::string& event_id);

    [[nodiscard]] std::int64_t last_position() const { return last_; }

    std::map<std::int64_t, Record> log;
    std::map<std::string, Record> archived;
    std::map<std::string, std::set<std::int64_t>> groups;
    std::map<std::pair<std::string, std::string>, Document> documents;
    std::map<std::pair<std::string, std::int64_t>, Parked> parked;
    std::map<std::int64_t, DeadLetter> letters;

  private:
    bool holds(const Transaction& transaction) const;
    bool settles_requeued(const Transaction& transaction) const;
    void settle(const Transaction& transaction, Time stored_at);
    std::optional<Record> stored(const std::string& event_id) const;

    std::int64_t last_ = 0;
    std::map<std::string, std::int64_t> sequences_;
    std::int64_t erased_revision_ = 0;
    std::set<std::int64_t> removed_;
};

}  // namespace quipu::test
