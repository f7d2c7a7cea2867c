// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "quipu/store/engine/group_rules.hpp"
#include "quipu/store/engine/prepare.hpp"
#include "quipu/store/mongo/commit.hpp"
#include "quipu/store/mongo/restore_check.hpp"
#include "quipu/store/mongo/state.hpp"

namespace quipu::mongo {

/// The next commit in the making: transactions are checked against the state and what earlier ones
/// of the same commit do. Functions return an Error for what a caller did wrong (nothing of that
/// transaction is in the commit then) and throw ServerError when the server fails.
class Draft final : private GroupView {
  public:
    /// `state` and `server` must outlive it. Without `with_members` events have their body only.
    Draft(const State& state, Server& server, Time stored_at, bool with_members);

    [[nodiscard]] Result<Committed> add(const Prepared& prepared);

    void open_group(const std::string& group, bool from_earliest);
    [[nodiscard]] Result<Parked> retry_now(const std::string& group, std::int64_t position);
    [[nodiscard]] Result<DeadLetter> requeue(std::int64_t id, Decision decision);
    [[nodiscard]] Result<DeadLetter> discard(std::int64_t id, Decision decision);
    [[nodiscard]] Result<void> archive(std::string_view event_id, std::string_view deleted_by,
                                       std::string_view reason);
    /// Takes an event out of the log.
    void remove(const Record& record);
    [[nodiscard]] Result<void> restore(const PreparedRestore& prepared);

    [[nodiscard]] const State& state() const noexcept { return state_; }
    [[nodiscard]] Server& server() const noexcept { return server_; }
    [[nodiscard]] bool empty() const noexcept {
        return commit_.empty() && parked_.empty() && letters_.empty() && finished_.empty() &&
               commit_.erased_revision == state_.erased_revision;
    }
    /// About as many bytes as the commit will have.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    /// The commit; the draft is used up.
    [[nodiscard]] Commit finish();

  private:
    struct Known {
        Appended answer;
        std::string event_type;
        std::string body;
    };
    bool known(const std::string& group) const override;
    bool finished(const std::string& group, std::int64_t position) const override;

    Result<void> check(const Transaction& rest);
    [[nodiscard]] Result<void> check_damage(const Transaction& rest) const;
    Result<void> check_parked(const Transaction& rest);
    Result<std::vector<std::optional<Appended>>> check(const std::vector<PreparedAppend>& appends);
    std::optional<Known> stored_before(const PreparedAppend& append);
    Appended append(const PreparedAppend& append);
    void add_event(const PreparedAppend& append, RecordPtr record);
    void put_event(BsonWriter& writer, const PreparedAppend& append, const Record& record) const;
    void change(const DocumentChange& change);
    void write_document(Commit::DocumentWrite write);
    void finish(const Transaction& rest);
    void add_parked(const Parked& parked);
    /// A new letter, or a further failure of a requeued one.
    void add_letter(const DeadLetter& letter, std::vector<Parked>& park);
    void resolve(std::int64_t id);
    void write_letter(DeadLetter letter);
    /// A letter as this commit leaves it; ErrorCode::not_found when there is none.
    Result<DeadLetter> letter(std::int64_t id);
    Result<void> check_letters(const Transaction& rest);
    void restore_state(const RestoreBatch& batch);
    std::int64_t revision(const std::string& collection, const std::string& key);
    std::int64_t head(const std::string& aggregate);
    /// The entry as this commit leaves it.
    std::optional<Parked> parked(const std::string& group, std::int64_t position);
    Result<DeadLetter> open_letter(std::int64_t id);
    IntervalSet& finished_of(const std::string& group) { return finished_[group]; }

    const State& state_;
    Server& server_;
    bool with_members_;
    Commit commit_;
    std::size_t bytes_ = 0;
    // What this commit changes, on top of the state.
    std::unordered_map<std::string, std::size_t> ids_;  ///< index in commit_.events
    std::unordered_map<std::string, std::int64_t> heads_;
    std::unordered_map<std::string, std::size_t> documents_;  ///< index in commit_.documents
    std::map<std::string, IntervalSet> finished_;
    std::map<std::pair<std::string, std::int64_t>, std::optional<Parked>> parked_;
    std::map<std::int64_t, DeadLetter> letters_;
};

}  // namespace quipu::mongo
