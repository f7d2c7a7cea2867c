// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/lookup.hpp"
#include "quipu/store/mongo/store_impl.hpp"

// What `promote` needs of the store that it fills.

namespace quipu::mongo {

Result<std::vector<std::string>> MongoStore::collections() {
    return reading([&]() -> Result<std::vector<std::string>> {
        ledger_.steady();
        const std::string reply = server_->command(bson([](BsonWriter& writer) {
            writer.text("distinct", documents_collection);
            writer.text("key", "collection");  // tombstones have none
        }));
        std::vector<std::string> names;
        View(reply).document("values").elements([&](std::string_view index, std::string_view raw) {
            const std::string value = bson([&](BsonWriter& writer) { writer.element(raw); });
            names.push_back(View(value).string(std::string(index).c_str()));
        });
        std::ranges::sort(names);
        return names;
    });
}

Result<void> MongoStore::restore(const RestoreBatch& batch) {
    for (const auto& [collection, document] : batch.documents) {
        if (auto indexed = check_indexed(*server_, collection, document.key); !indexed) {
            return indexed;
        }
    }
    Transaction events;
    for (const RecordPtr& record : batch.events) {
        events.appends.push_back({.record = *record, .expected_sequence = {}});
    }
    Transaction archive;
    for (const ArchivedRecord& archived : batch.archived) {
        archive.appends.push_back({.record = archived.record, .expected_sequence = {}});
    }
    auto prepared = prepare(std::move(events));
    if (!prepared) {
        return std::unexpected(std::move(prepared.error()));
    }
    auto removed = prepare(std::move(archive));
    if (!removed) {
        return std::unexpected(std::move(removed.error()));
    }
    PreparedRestore restored{.events = std::move(prepared->appends),
                             .archived = std::move(removed->appends),
                             .batch = batch};
    for (auto* appends : {&restored.events, &restored.archived}) {
        for (PreparedAppend& append : *appends) {
            add_members(append);
        }
    }
    return writer_->execute([&](Draft& draft) { return draft.restore(restored); });
}

}  // namespace quipu::mongo
