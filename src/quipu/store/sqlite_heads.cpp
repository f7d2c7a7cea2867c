#include "quipu/store/sqlite_heads.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace quipu::sqlite {
namespace {

constexpr std::size_t generation = std::size_t{32} * 1024;

}  // namespace

Heads::Heads(const Connection& connection)
    : newest_(connection,
              "SELECT sequence FROM events INDEXED BY events_by_aggregate WHERE aggregate_id = ?1 "
              "ORDER BY sequence DESC LIMIT 1"),
      kept_(connection, "SELECT sequence FROM heads WHERE aggregate_id = ?1"),
      keep_(connection,
            "INSERT INTO heads VALUES(?1, ?2) ON CONFLICT(aggregate_id) DO UPDATE SET "
            "sequence = max(sequence, excluded.sequence)"),
      connection_(connection) {}

std::int64_t Heads::stored(const std::string& aggregate) {
    std::int64_t sequence = 0;
    {
        const Reset reset(newest_);
        sequence = newest_.with(Id{aggregate}).step() ? newest_.integer(0) : 0;
    }
    if (!any_kept_) {
        any_kept_ = connection_.integer("SELECT EXISTS(SELECT 1 FROM heads)") != 0;
    }
    if (*any_kept_) {
        const Reset reset(kept_);
        if (kept_.with(Id{aggregate}).step()) {
            sequence = std::max(sequence, kept_.integer(0));
        }
    }
    return sequence;
}

std::int64_t Heads::last(const std::string& aggregate) {
    if (const auto found = young_.find(aggregate); found != young_.end()) {
        return found->second;
    }
    const auto found = old_.find(aggregate);
    const std::int64_t sequence = found != old_.end() ? found->second : stored(aggregate);
    set(aggregate, sequence);
    return sequence;
}

void Heads::set(const std::string& aggregate, std::int64_t sequence) {
    if (young_.size() >= generation) {
        old_ = std::exchange(young_, {});
    }
    young_.insert_or_assign(aggregate, sequence);
}

void Heads::keep(const std::string& aggregate, std::int64_t sequence) {
    if (!aggregate.empty() && last(aggregate) == sequence) {
        keep_.with(Id{aggregate}, sequence).run();
        any_kept_ = true;
    }
}

void Heads::clear() {
    young_.clear();
    old_.clear();
    any_kept_.reset();
}

}  // namespace quipu::sqlite
