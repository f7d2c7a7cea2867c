// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/projection.hpp"

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/lookup.hpp"
#include "quipu/store/mongo/records.hpp"

namespace quipu::mongo {
namespace {

/// Positions per document of a set that may have any number of ranges.
constexpr std::int64_t chunk_positions = std::int64_t{32} * 1024;

std::int64_t wall_milliseconds() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string older_than(std::string_view document, std::int64_t commit) {
    return bson([&](BsonWriter& writer) {
        writer.element(View(document).element("_id"));
        writer.begin_document("commit");
        writer.int64("$lt", commit);
        writer.end();
    });
}

class Projection {
  public:
    Projection(const Commit& commit, const State& state, Server& server)
        : commit_(commit), state_(state), server_(server) {}

    void run() {
        events();
        archive();
        documents();
        parked();
        letters();
        removed();
        holes();
        heads();
        groups();
        applied();
    }

  private:
    using Documents = std::vector<std::string>;

    /// For documents that mostly are new: the server takes many insertions at once.
    void insert_or_replace(const char* collection, const Documents& documents) {
        const std::vector<std::string_view> views(documents.begin(), documents.end());
        replace_older(collection, documents, server_.insert(collection, views));
    }

    /// For documents that mostly exist.
    void replace_or_insert(const char* collection, const Documents& documents) {
        std::vector<Replacement> all;
        for (const auto& document : documents) {
            all.push_back({.filter = older_than(document, commit_.number), .document = document});
        }
        replace_older(collection, documents, server_.upsert(collection, all));
    }

    /// Those whose key exists: it may have been inserted just now by another process.
    void replace_older(const char* collection, const Documents& documents,
                       const std::vector<std::size_t>& existing) {
        std::vector<Replacement> rest;
        for (const std::size_t index : existing) {
            rest.push_back({.filter = older_than(documents[index], commit_.number),
                            .document = documents[index]});
        }
        server_.replace(collection, rest);
    }

    template <class Id, class Fill>
    std::string made(const Id& id, Fill&& fill) {
        return bson([&](BsonWriter& writer) {
            if constexpr (std::is_integral_v<Id>) {
                writer.int64("_id", id);
            } else {
                writer.text("_id", id);
            }
            writer.int64("commit", commit_.number);
            fill(writer);
        });
    }

    static void tombstone(BsonWriter& writer) { writer.date("gone_at", wall_milliseconds()); }

    void events() {
        Documents out;
        for (const auto& event : commit_.events) {
            out.push_back(event.document);
        }
        insert_or_replace(events_collection, out);
    }

    void archive() {
        Documents out;
        for (const auto& archived : commit_.archived) {
            out.push_back(archived.document);
        }
        insert_or_replace(archive_collection, out);
    }

    void documents() {
        Documents fresh;
        Documents known;
        for (const auto& write : commit_.documents) {
            const std::string id = joined(write.collection, write.key);
            (write.revision == 1 && write.body ? fresh : known)
                .push_back(made(id, [&](BsonWriter& writer) {
                    if (!write.body) {
                        tombstone(writer);
                        return;
                    }
                    put_text(writer, "collection", write.collection);
                    put_text(writer, "key", write.key);
                    writer.int64("revision", write.revision);
                    put_text(writer, "body", *write.body);
                    writer.int64("checksum",
                                 document_checksum(write.collection, write.key, *write.body));
                }));
        }
        insert_or_replace(documents_collection, fresh);
        replace_or_insert(documents_collection, known);
    }

    void parked() {
        Documents gone;
        for (const auto& place : commit_.unparked) {
            gone.push_back(made(parked_id(place.group, place.position), tombstone));
        }
        replace_or_insert(parked_collection, gone);
        Documents parked;
        for (const auto& each : commit_.parked) {
            parked.push_back(made(parked_id(each.group, each.position),
                                  [&](BsonWriter& writer) { put_parked(writer, each); }));
        }
        insert_or_replace(parked_collection, parked);
    }

    void letters() {
        Documents out;
        for (const auto& letter : commit_.letters) {
            out.push_back(letter.document);
        }
        insert_or_replace(letters_collection, out);
        std::vector<Replacement> changes;
        for (const auto& status : commit_.statuses) {
            const std::string id = by_id(status.id);
            changes.push_back({.filter = older_than(id, commit_.number),
                               .document = bson([&](BsonWriter& writer) {
                                   writer.begin_document("$set");
                                   writer.text("status", to_string(status.status));
                                   put_text(writer, "note", status.note);
                                   writer.int64("commit", commit_.number);
                                   writer.end();
                               }),
                               .update = true});
        }
        server_.replace(letters_collection, changes);
    }

    void removed() {
        if (commit_.removed.empty()) {
            return;
        }
        // The hole is known before the event goes.
        std::set<std::int64_t> chunks;
        Documents tombstones;
        for (const std::int64_t position : commit_.removed) {
            chunks.insert(position / chunk_positions);
            tombstones.push_back(made(position, tombstone));
        }
        Documents ranges;
        for (const std::int64_t chunk : chunks) {
            ranges.push_back(made(chunk, [&](BsonWriter& writer) {
                put_chunk(writer, {}, state_.removed, chunk, 0);
            }));
        }
        replace_or_insert(removed_collection, ranges);
        replace_or_insert(events_collection, tombstones);
    }

    /// Beside the chunks and never changed: another store may begin far from position 1.
    void holes() {
        if (commit_.holes.empty()) {
            return;
        }
        insert_or_replace(removed_collection, {made(-commit_.number, [&](BsonWriter& writer) {
                              writer.begin_list("ranges");
                              for (const auto& [first, last] : commit_.holes) {
                                  put_range(writer, {}, first, last);
                              }
                              writer.end();
                          })});
    }

    void heads() {
        for (const auto& head : commit_.heads) {
            const std::string id = joined({}, head.aggregate);
            replace_or_insert(heads_collection, {made(id, [&](BsonWriter& writer) {
                                  put_text(writer, "aggregate_id", head.aggregate);
                                  writer.int64("sequence", head.sequence);
                              })});
        }
    }

    /// `owner` is the group, or empty for removed positions.
    static void put_chunk(BsonWriter& writer, std::string_view owner, const IntervalSet& set,
                          std::int64_t chunk, std::int64_t above) {
        const std::int64_t begin = std::max(chunk * chunk_positions, above + 1);
        const std::int64_t end = (chunk + 1) * chunk_positions - 1;
        writer.begin_list("ranges");
        auto range = set.ranges().upper_bound(begin);
        if (range != set.ranges().begin()) {
            --range;
        }
        for (; range != set.ranges().end() && range->first <= end; ++range) {
            if (range->second >= begin) {
                put_range(writer, owner, std::max(begin, range->first),
                          std::min(end, range->second));
            }
        }
        writer.end();
    }

    /// Everything up to the group's position is finished; chunks hold what is finished above it.
    /// A chunk below it is never read again, and an old one is a part of the truth.
    void groups() {
        Documents positions;
        Documents chunks;
        for (const auto& finished : commit_.finished) {
            const IntervalSet& set = state_.groups.at(finished.group);
            const std::int64_t prefix = set.prefix();
            std::set<std::int64_t> touched;
            for (const auto& [first, last] : finished.ranges) {
                for (std::int64_t chunk = std::max(first, prefix + 1) / chunk_positions;
                     last > prefix && chunk <= last / chunk_positions; ++chunk) {
                    touched.insert(chunk);
                }
            }
            for (const std::int64_t chunk : touched) {
                chunks.push_back(
                    made(joined(std::to_string(chunk), finished.group), [&](BsonWriter& writer) {
                        put_text(writer, "group", finished.group);
                        put_chunk(writer, finished.group, set, chunk, prefix);
                    }));
            }
            positions.push_back(made(joined({}, finished.group), [&](BsonWriter& writer) {
                put_text(writer, "group", finished.group);
                writer.int64("position", prefix);
                writer.int64("checksum", finished_checksum(finished.group, 1, prefix));
            }));
        }
        replace_or_insert(group_ranges_collection, chunks);
        replace_or_insert(groups_collection, positions);
    }

    void applied() {
        replace_or_insert(meta_collection, {made(std::string("applied"), [&](BsonWriter& writer) {
                              writer.int64("position", commit_.position);
                              writer.int64("letter_id", commit_.letter_id);
                              writer.int64("erased_revision", commit_.erased_revision);
                          })});
    }

    const Commit& commit_;
    const State& state_;
    Server& server_;
};

}  // namespace

void project(const Commit& commit, const State& state, Server& server) {
    Projection(commit, state, server).run();
}

std::int64_t projected(Server& server) {
    const std::string applied = server.find_one(meta_collection, by_id("applied"));
    return View(applied).integer("commit");
}

}  // namespace quipu::mongo
