// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quipu/store/engine/interval_set.hpp"
#include "quipu/store/store.hpp"

namespace quipu::stores {

/// What the groups have finished, as the transaction at hand finds it.
class GroupView {
  public:
    [[nodiscard]] virtual bool known(const std::string& group) const = 0;
    [[nodiscard]] virtual bool finished(const std::string& group, std::int64_t position) const = 0;

  protected:
    ~GroupView() = default;
};

/// Whether `transaction` parks for known groups and finishes only positions that exist and are not
/// finished.
[[nodiscard]] Result<void> check_groups(const Transaction& transaction, const GroupView& groups,
                                        std::int64_t last_position);

/// Gives those of `park` that are the records of `letter` its id.
void link_letter(std::vector<Parked>& park, const DeadLetter& letter, std::int64_t id);

/// The error for a letter that a transaction continues or resolves although it is not requeued;
/// none if it is. `status` is empty for a letter that does not exist.
[[nodiscard]] Result<void> check_requeued(std::int64_t id,
                                          std::optional<DeadLetter::Status> status);

/// Whether Store::retry_now may make it due; `entry` is empty where nothing is parked.
[[nodiscard]] Result<void> check_retry(const std::optional<Parked>& entry, const std::string& group,
                                       std::int64_t position);

/// What is wrong between a parked entry and the dead letter that it names, empty if nothing is.
/// `status` is that letter's, empty if it does not exist or is of another group or position.
[[nodiscard]] std::string letter_problem(const Parked& entry,
                                         std::optional<DeadLetter::Status> status);

/// The public form of what a group has finished.
[[nodiscard]] GroupPosition group_position(const std::string& group, const IntervalSet& finished);

}  // namespace quipu::stores
