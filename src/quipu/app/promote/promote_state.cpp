// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/promote/promote_state.hpp"

#include <string>
#include <utility>

#include "quipu/app/promote/promote.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/delivery/relay.hpp"

namespace quipu {

// Reflection needs types with external linkage, so these are not in the unnamed namespace.
namespace views {

struct PromoteMark {
    std::string source;  ///< the identity of the file's store
    bool done = false;
};

}  // namespace views

namespace {

constexpr std::string_view mark_key = "state";

Result<PromoteState> known(const Document& document, const std::string& source) {
    const auto mark = from_json<views::PromoteMark>(document.body);
    if (!mark || mark->source != source) {
        return fail(ErrorCode::conflict,
                    "another file was promoted to the target; name an empty one");
    }
    return mark->done ? PromoteState::done : PromoteState::unfinished;
}

Result<void> check_empty(Store& target) {
    const auto groups = target.groups();
    if (!groups) return std::unexpected(groups.error());
    const auto collections = target.collections();
    if (!collections) return std::unexpected(collections.error());
    if (target.last_position() == 0 && groups->empty() && collections->empty()) return {};
    return fail(ErrorCode::conflict,
                "the target is not empty; name an empty one, or empty it first");
}

/// Checks that every group will receive its unfinished events from the log.
Result<void> check_published_until(Store& source, std::int64_t position) {
    const auto groups = source.groups();
    if (!groups) return std::unexpected(groups.error());
    if (position < 0 || position > source.last_position()) {
        return fail(ErrorCode::invalid,
                    "the file ends at position " + std::to_string(source.last_position()) +
                        "; --published-until cannot be " + std::to_string(position));
    }
    for (const GroupPosition& group : *groups) {
        if (group.group == relay_group || group.position >= position) continue;
        return fail(
            ErrorCode::invalid,
            "group " + group.group + " is at position " + std::to_string(group.position) +
                " and would never receive the events after it; let it finish first, or give "
                "--published-until " +
                std::to_string(group.position) + " at most");
    }
    return {};
}

Result<void> mark(Store& source, Store& target, bool done) {
    auto body = to_json(views::PromoteMark{.source = source.identity(), .done = done});
    if (!body) return std::unexpected(std::move(body.error()));
    RestoreBatch batch;
    batch.documents.push_back(
        {std::string(promote_collection),
         {.key = std::string(mark_key), .body = std::move(*body), .revision = done ? 2 : 1}});
    return target.restore(batch);
}

}  // namespace

Result<PromoteState> begin_promote(Store& source, Store& target,
                                   std::optional<std::int64_t> published_until) {
    if (source.identity() == target.identity()) {
        return fail(ErrorCode::invalid, "a store cannot be promoted to itself");
    }
    if (published_until) {
        auto allowed = check_published_until(source, *published_until);
        if (!allowed) return std::unexpected(std::move(allowed.error()));
    }
    const auto found = target.document(promote_collection, mark_key);
    if (!found) return std::unexpected(found.error());
    if (*found) return known(**found, source.identity());
    if (auto empty = check_empty(target); !empty) return std::unexpected(std::move(empty.error()));
    if (auto marked = mark(source, target, false); !marked) {
        return std::unexpected(std::move(marked.error()));
    }
    return PromoteState::fresh;
}

Result<void> end_promote(Store& source, Store& target) {
    return mark(source, target, true);
}

}  // namespace quipu
