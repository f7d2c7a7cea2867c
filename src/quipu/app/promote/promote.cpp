// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/promote/promote.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "quipu/app/promote/compare_stores.hpp"
#include "quipu/app/promote/promote_state.hpp"
#include "quipu/delivery/relay.hpp"
#include "quipu/store/sqlite/export.hpp"

namespace quipu {

namespace {

class Promotion {
  public:
    Promotion(Store& source, const std::filesystem::path& file, Store& target,
              const PromoteOptions& options)
        : source_(source), file_(file), target_(target), options_(options) {}

    Result<Promoted> run() {
        auto exported = sqlite::Export::open(file_);
        if (!exported) return std::unexpected(std::move(exported.error()));
        export_ = std::move(*exported);
        auto started = begin_promote(source_, target_, options_.published_until);
        if (!started) return std::unexpected(std::move(started.error()));
        if (*started == PromoteState::done) return Promoted{.checksum = {}, .was_done = true};
        for (auto step :
             {&Promotion::copy_events, &Promotion::copy_archive, &Promotion::copy_heads,
              &Promotion::copy_documents, &Promotion::copy_groups, &Promotion::copy_letters}) {
            if (auto done = (this->*step)(); !done) return std::unexpected(std::move(done.error()));
        }
        auto promoted = compare_stores(source_, file_, target_);
        if (!promoted) return promoted;
        promoted->resumed = *started == PromoteState::unfinished;
        auto marked = end_promote(source_, target_);
        if (!marked) return std::unexpected(std::move(marked.error()));
        return promoted;
    }

  private:
    void report(std::string_view what, std::int64_t done) const {
        if (options_.progress) options_.progress(what, done);
    }

    /// Writes rows in one transaction, or in parts if the target does not accept so many at once.
    template <class Row>
    Result<void> put(std::vector<Row> RestoreBatch::* part, std::vector<Row> rows) {
        std::vector<std::vector<Row>> waiting;
        waiting.push_back(std::move(rows));
        while (!waiting.empty()) {
            RestoreBatch batch;
            batch.*part = std::move(waiting.back());
            waiting.pop_back();
            auto stored = target_.restore(batch);
            if (stored) continue;
            std::vector<Row>& all = batch.*part;
            if (stored.error().code != ErrorCode::limit || all.size() < 2) return stored;
            const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
            waiting.emplace_back(std::make_move_iterator(middle),
                                 std::make_move_iterator(all.end()));
            all.erase(middle, all.end());
            waiting.push_back(std::move(all));
        }
        return {};
    }

    Result<void> copy_events() {
        std::int64_t position = target_.last_position();
        while (true) {
            auto records = source_.read(position, options_.batch);
            if (!records) return std::unexpected(std::move(records.error()));
            if (records->empty()) {
                RestoreBatch end;
                end.last_position = source_.last_position();
                return target_.restore(end);
            }
            position = records->back()->position;
            auto stored = put(&RestoreBatch::events, std::move(*records));
            if (!stored) return stored;
            report("events up to position", position);
        }
    }

    Result<void> copy_archive() {
        for (std::int64_t after = 0, done = 0;;) {
            auto archived = export_->archived(after, options_.batch);
            if (!archived) return std::unexpected(std::move(archived.error()));
            if (archived->empty()) return {};
            after = archived->back().record.position;
            done += static_cast<std::int64_t>(archived->size());
            auto stored = put(&RestoreBatch::archived, std::move(*archived));
            if (!stored) return stored;
            report("archived events", done);
        }
    }

    Result<void> copy_heads() {
        for (std::size_t done = 0;;) {
            auto heads = export_->heads(done, options_.batch);
            if (!heads) return std::unexpected(std::move(heads.error()));
            if (heads->empty()) return {};
            done += heads->size();
            auto stored = put(&RestoreBatch::heads, std::move(*heads));
            if (!stored) return stored;
        }
    }

    Result<void> copy_documents() {
        const auto erased = export_->erased_revision();
        if (!erased) return std::unexpected(erased.error());
        RestoreBatch floor;
        floor.erased_revision = *erased;
        if (auto stored = target_.restore(floor); !stored) return stored;
        const auto collections = source_.collections();
        if (!collections) return std::unexpected(collections.error());
        for (const std::string& collection : *collections) {
            if (collection == promote_collection) continue;
            if (auto copied = copy_collection(collection); !copied) return copied;
        }
        return {};
    }

    Result<void> copy_collection(const std::string& collection) {
        std::string after;
        while (true) {
            auto documents = source_.documents(collection, "", after, options_.batch);
            if (!documents) return std::unexpected(std::move(documents.error()));
            if (documents->empty()) return {};
            after = documents->back().key;
            documents_ += static_cast<std::int64_t>(documents->size());
            std::vector<PlacedDocument> placed;
            for (Document& document : *documents) {
                placed.push_back({collection, std::move(document)});
            }
            auto stored = put(&RestoreBatch::documents, std::move(placed));
            if (!stored) return stored;
            report("documents", documents_);
        }
    }

    Result<void> copy_groups() {
        auto groups = source_.groups();
        if (!groups) return std::unexpected(std::move(groups.error()));
        RestoreBatch batch;
        batch.groups = *groups;
        if (options_.published_until) {
            batch.groups.push_back({.group = std::string(relay_group),
                                    .position = *options_.published_until,
                                    .finished_above = {}});
        }
        if (auto stored = target_.restore(batch); !stored) return stored;
        report("groups", static_cast<std::int64_t>(groups->size()));
        for (const GroupPosition& group : *groups) {
            if (auto copied = copy_parked(group.group); !copied) return copied;
        }
        return {};
    }

    Result<void> copy_parked(const std::string& group) {
        for (std::int64_t after = 0;;) {
            auto parked = source_.parked(group, after, options_.batch);
            if (!parked) return std::unexpected(std::move(parked.error()));
            if (parked->empty()) return {};
            after = parked->back().position;
            auto stored = put(&RestoreBatch::parked, std::move(*parked));
            if (!stored) return stored;
        }
    }

    Result<void> copy_letters() {
        for (std::int64_t after = 0, done = 0;;) {
            auto letters = source_.dead_letters("", std::nullopt, after, options_.batch);
            if (!letters) return std::unexpected(std::move(letters.error()));
            if (letters->empty()) return {};
            after = letters->back().id;
            done += static_cast<std::int64_t>(letters->size());
            auto stored = put(&RestoreBatch::dead_letters, std::move(*letters));
            if (!stored) return stored;
            report("dead letters", done);
        }
    }

    Store& source_;
    const std::filesystem::path& file_;
    Store& target_;
    const PromoteOptions& options_;
    std::unique_ptr<sqlite::Export> export_;
    std::int64_t documents_ = 0;
};

}  // namespace

Result<Promoted> promote(Store& source, const std::filesystem::path& file, Store& target,
                         const PromoteOptions& options) {
    return Promotion(source, file, target, options).run();
}

}  // namespace quipu
