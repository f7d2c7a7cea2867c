// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "quipu/store/engine/group_rules.hpp"
#include "quipu/store/engine/interval_set.hpp"
#include "quipu/store/sqlite/handle.hpp"
#include "quipu/store/store.hpp"

namespace quipu::sqlite {

/// Which positions each group has finished (writer only). A group whose rows are damaged is refused
/// and keeps every event from a purge; the others are served. In memory while the program runs; the
/// rows that changed are written once per shared commit.
class GroupTable final : public GroupView {
  public:
    explicit GroupTable(const Connection& connection);
    void load();

    [[nodiscard]] bool known(const std::string& group) const override;
    [[nodiscard]] bool finished(const std::string& group, std::int64_t position) const override;
    void finish(const Transaction& transaction);
    void finish_for_all(std::int64_t position);
    [[nodiscard]] bool finished_by_all(std::int64_t position) const;
    /// Beyond this position, no event is finished by all groups.
    [[nodiscard]] std::int64_t highest_finished_by_all(std::int64_t last_position) const;

    /// `removed` counts as finished for a group that starts at the beginning.
    /// corrupt for a damaged group.
    [[nodiscard]] Result<void> check(const Transaction& transaction) const;
    [[nodiscard]] Result<GroupPosition> open(const std::string& group, bool from_earliest,
                                             std::int64_t last_position,
                                             const IntervalSet& removed);
    /// Makes the group known and adds what it has finished.
    void restore(const GroupPosition& position);
    void flush();

  private:
    void put_offset(const std::string& group, const IntervalSet& finished);
    void flush(const std::string& group, IntervalSet& finished);

    const Connection& connection_;
    Statement put_offset_;
    Statement put_inbox_;
    Statement drop_inbox_;
    std::unordered_map<std::string, IntervalSet> groups_;
    std::set<std::string> damaged_;
    std::vector<std::string> changed_;  ///< may repeat
};

/// What the file says about groups.
struct GroupRows {
    std::unordered_map<std::string, IntervalSet> finished;
    std::set<std::string> damaged;  ///< groups of which a row does not read back as written
};
[[nodiscard]] GroupRows read_groups(const Connection& connection);
[[nodiscard]] Error damaged_group(const std::string& group);

}  // namespace quipu::sqlite
