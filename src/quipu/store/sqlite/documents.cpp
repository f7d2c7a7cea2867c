// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/documents.hpp"

#include <string>

#include "quipu/store/engine/values.hpp"

namespace quipu::sqlite {

DocumentTable::DocumentTable(const Connection& connection)
    : connection_(connection),
      revision_(connection, "SELECT revision FROM documents WHERE collection = ?1 AND key = ?2"),
      put_(connection,
           "INSERT INTO documents(collection, key, revision, checksum, body) "
           "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(collection, key) DO UPDATE SET "
           "revision = revision + 1, checksum = excluded.checksum, body = excluded.body"),
      erase_(connection,
             "DELETE FROM documents WHERE collection = ?1 AND key = ?2 RETURNING revision"),
      put_floor_(connection,
                 "INSERT INTO meta VALUES('erased_revision', ?1) ON CONFLICT(name) DO UPDATE SET "
                 "value = excluded.value") {}

Result<void> DocumentTable::check(const DocumentGuard& guard) {
    const Reset reset(revision_);
    const std::int64_t revision =
        revision_.with(Text{guard.collection}, Text{guard.key}).step() ? revision_.integer(0) : 0;
    if (revision == guard.revision) {
        return {};
    }
    return fail(ErrorCode::conflict, "document " + guard.collection + "/" + guard.key +
                                         " is at revision " + std::to_string(revision) +
                                         ", not at " + std::to_string(guard.revision) +
                                         "; read it again and decide anew");
}

std::int64_t DocumentTable::floor() {
    if (!floor_) {
        floor_ = connection_.integer("SELECT value FROM meta WHERE name = 'erased_revision'");
    }
    return *floor_;
}

void DocumentTable::erase(const DocumentChange& change) {
    std::int64_t revision = 0;
    {
        const Reset reset(erase_);
        erase_.with(Text{change.collection}, Text{change.key});
        while (erase_.step()) {
            revision = erase_.integer(0);
        }
    }
    if (revision > floor()) {
        put_floor_.with(revision).run();
        floor_ = revision;
    }
}

void DocumentTable::apply(const DocumentChange& change) {
    if (!change.body) {
        erase(change);
        return;
    }
    put_.with(Text{change.collection}, Text{change.key}, floor() + 1,
              document_checksum(change.collection, change.key, *change.body), Blob{*change.body})
        .run();
}

}  // namespace quipu::sqlite
