// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/heads.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "quipu/store/sqlite/field_index.hpp"

namespace quipu::sqlite {
namespace {

constexpr std::size_t generation = std::size_t{32} * 1024;

}  // namespace

Heads::Heads(const Connection& connection)
    : newest_(connection,
              "SELECT e.sequence FROM field_index i CROSS JOIN events e ON e.position = i.position "
              "WHERE i.field = 0 AND i.value = ?1 AND e.aggregate_id = ?2 "
              "ORDER BY i.position DESC LIMIT 1"),
      kept_(connection, "SELECT sequence FROM heads WHERE aggregate_id = ?1"),
      keep_(connection,
            "INSERT INTO heads VALUES(?1, ?2) ON CONFLICT(aggregate_id) DO UPDATE SET "
            "sequence = max(sequence, excluded.sequence)"),
      connection_(connection) {}

const Heads::Head* Heads::uncovered(const std::string& aggregate) const {
    for (const Uncovered* heads : {&collected_, &filling_}) {
        if (const auto found = heads->find(aggregate); found != heads->end()) {
            return &found->second;
        }
    }
    return nullptr;
}

std::int64_t Heads::indexed(const std::string& aggregate) {
    const IndexKey key = key_of_aggregate(aggregate);
    const Reset reset(newest_);
    newest_.with(KnownId{key.uuid, key.text}, Id{aggregate});
    return newest_.step() ? newest_.integer(0) : 0;
}

std::int64_t Heads::kept(const std::string& aggregate) {
    if (!any_kept_) {
        any_kept_ = connection_.integer("SELECT EXISTS(SELECT 1 FROM heads)") != 0;
    }
    if (!*any_kept_) {
        return 0;
    }
    const Reset reset(kept_);
    return kept_.with(Id{aggregate}).step() ? kept_.integer(0) : 0;
}

std::int64_t Heads::last(const std::string& aggregate) {
    if (const Head* head = uncovered(aggregate)) {
        return head->last;
    }
    if (const auto found = young_.find(aggregate); found != young_.end()) {
        return found->second;
    }
    const auto found = old_.find(aggregate);
    const std::int64_t sequence =
        found != old_.end() ? found->second : std::max(indexed(aggregate), kept(aggregate));
    remember(aggregate, sequence);
    return sequence;
}

std::int64_t Heads::newest(const std::string& aggregate) {
    const Head* head = uncovered(aggregate);
    return head != nullptr ? head->newest : indexed(aggregate);
}

void Heads::remember(const std::string& aggregate, std::int64_t sequence) {
    if (young_.size() >= generation) {
        old_ = std::exchange(young_, {});
    }
    young_.insert_or_assign(aggregate, sequence);
}

void Heads::set(const std::string& aggregate, std::int64_t sequence) {
    Head& head = collected_[aggregate];
    head.newest = sequence;
    head.last = std::max(head.last, sequence);
}

void Heads::load(const std::string& aggregate, std::int64_t sequence) {
    const auto [head, first] = collected_.try_emplace(aggregate);
    head->second.newest = sequence;
    head->second.last =
        std::max({sequence, head->second.last, first ? kept(aggregate) : std::int64_t{0}});
}

void Heads::keep(const std::string& aggregate, std::int64_t sequence) {
    if (!aggregate.empty() && last(aggregate) == sequence) {
        keep_.with(Id{aggregate}, sequence).run();
        any_kept_ = true;
    }
}

void Heads::begin_filling() {
    filling_ = std::exchange(collected_, {});
}

void Heads::end_filling() {
    for (const auto& [aggregate, head] : filling_) {
        remember(aggregate, head.last);
    }
    filling_.clear();
}

void Heads::clear() {
    collected_.clear();
    filling_.clear();
    young_.clear();
    old_.clear();
    any_kept_.reset();
}

}  // namespace quipu::sqlite
