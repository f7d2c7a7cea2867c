// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "quipu/store/sqlite/store_impl.hpp"

namespace quipu::sqlite {

Result<GroupPosition> SqliteStore::open_group(const std::string& group, bool from_earliest) {
    if (group.empty() || group.size() > 512) {
        return fail(ErrorCode::invalid, "a group's name has 1 to 512 bytes");
    }
    GroupPosition position;
    auto done = writing([&](WriteSession& session) -> Result<void> {
        position = session.open_group(group, from_earliest);
        return {};
    });
    return done ? Result<GroupPosition>(std::move(position)) : std::unexpected(done.error());
}

Result<DeadLetter> SqliteStore::requeue(std::int64_t id) {
    Result<DeadLetter> letter;
    auto done = writing([&](WriteSession& session) -> Result<void> {
        letter = session.requeue(id);
        return letter ? Result<void>() : std::unexpected(letter.error());
    });
    return done ? std::move(letter) : std::unexpected(done.error());
}

Result<DeadLetter> SqliteStore::discard(std::int64_t id, std::string note) {
    Result<DeadLetter> letter;
    auto done = writing([&](WriteSession& session) -> Result<void> {
        letter = session.discard(id, note);
        return letter ? Result<void>() : std::unexpected(letter.error());
    });
    return done ? std::move(letter) : std::unexpected(done.error());
}

Result<std::size_t> SqliteStore::purge(Time now, std::size_t limit) {
    std::size_t removed = 0;
    PurgeStep step;
    step.more = true;
    while (step.more && removed < limit) {
        auto done = writing([&, from = step.next](WriteSession& session) -> Result<void> {
            step = session.purge(from, now, limit - removed);
            return {};
        });
        if (!done) {
            return std::unexpected(done.error());
        }
        removed += step.removed.size();
    }
    return removed;
}

Result<void> SqliteStore::archive(std::string_view event_id, std::string deleted_by,
                                  std::string reason) {
    return writing([&](WriteSession& session) -> Result<void> {
        return session.archive(event_id, deleted_by, reason);
    });
}

}  // namespace quipu::sqlite
