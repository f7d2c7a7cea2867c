// SPDX-License-Identifier: Apache-2.0
// How documents are read.
#include <algorithm>
#include <string>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/lookup.hpp"
#include "quipu/store/mongo/records.hpp"
#include "quipu/store/mongo/store_impl.hpp"

namespace quipu::mongo {
namespace {

Error damaged_document(std::string_view collection, std::string_view key) {
    return {ErrorCode::corrupt, "document " + std::string(collection) + "/" + std::string(key) +
                                    " does not read back as it was written: the database is "
                                    "damaged; restore it from a backup"};
}

Result<Document> get_document(View view, std::string_view collection) {
    Document document{.key = view.string("key"),
                      .body = view.string("body"),
                      .revision = view.integer("revision")};
    if (document_checksum(collection, document.key, document.body) != view.integer("checksum")) {
        return std::unexpected(damaged_document(collection, document.key));
    }
    return document;
}

/// The longest beginning of `bytes` that can stand in a BSON string: what is at or above `bytes`
/// is at or above this, too.
std::string_view text_bound(std::string_view bytes) {
    bytes = bytes.substr(0, bytes.find('\0'));
    while (!bytes.empty() && !is_text(bytes)) {
        bytes.remove_suffix(1);
    }
    return bytes;
}

}  // namespace

Result<std::optional<Document>> MongoStore::document(std::string_view collection,
                                                     std::string_view key) {
    return reading([&]() -> Result<std::optional<Document>> {
        ledger_.steady();
        const std::string found =
            server_->find_one(documents_collection, by_id(joined(collection, key)));
        if (found.empty() || is_tombstone(View(found))) {
            return std::nullopt;
        }
        return get_document(View(found), collection);
    });
}

Result<std::vector<Document>> MongoStore::documents(std::string_view collection,
                                                    std::string_view prefix, std::string_view after,
                                                    std::size_t limit) {
    return reading([&]() -> Result<std::vector<Document>> {
        ledger_.steady();
        std::vector<Document> found;
        std::optional<Error> damage;
        const auto wanted = [&](std::string_view key) {
            return key.starts_with(prefix) && (after.empty() || key > after);
        };
        const auto take = [&](View view) {
            auto document = get_document(view, collection);
            if (document) {
                found.push_back(*std::move(document));
            } else {
                damage = std::move(document.error());
            }
        };
        // Keys that are no text are of another BSON type, which sorts apart; they are rare.
        const std::string options = bson([](BsonWriter& writer) { sorted_by(writer, "key"); });
        if (limit > 0) {
            server_->find(documents_collection, bson([&](BsonWriter& writer) {
                              put_text(writer, "collection", collection);
                              writer.begin_document("key");
                              writer.text("$gte", text_bound(std::max(prefix, after)));
                              writer.end();
                          }),
                          options, [&](View view) {
                              const std::string_view key = view.text("key");
                              if (wanted(key)) {
                                  take(view);
                              }
                              return !damage && found.size() < limit &&
                                     (key.starts_with(prefix) || key < prefix);
                          });
            server_->find(documents_collection, bson([&](BsonWriter& writer) {
                              put_text(writer, "collection", collection);
                              writer.begin_document("key");
                              writer.text("$type", "binData");
                              writer.end();
                          }),
                          options, [&](View view) {
                              if (wanted(view.text("key"))) {
                                  take(view);
                              }
                              return !damage;
                          });
        }
        if (damage) {
            return std::unexpected(*std::move(damage));
        }
        std::ranges::sort(found, {}, &Document::key);
        if (found.size() > limit) {
            found.erase(found.begin() + static_cast<std::ptrdiff_t>(limit), found.end());
        }
        return found;
    });
}

}  // namespace quipu::mongo
