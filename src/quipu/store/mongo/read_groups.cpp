// SPDX-License-Identifier: Apache-2.0
// How what groups did, left undone and gave up on is read.
#include <string>

#include "quipu/store/engine/group_rules.hpp"
#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/lookup.hpp"
#include "quipu/store/mongo/records.hpp"
#include "quipu/store/mongo/store_impl.hpp"

namespace quipu::mongo {

Result<std::vector<GroupPosition>> MongoStore::groups() {
    return reading([&]() -> Result<std::vector<GroupPosition>> {
        ledger_.refresh();
        return ledger_.with_state([](const State& state) {
            std::vector<GroupPosition> found;
            found.reserve(state.groups.size());
            for (const auto& [name, finished] : state.groups) {
                found.push_back(group_position(name, finished));
            }
            return found;
        });
    });
}

Result<std::vector<std::int64_t>> MongoStore::unfinished(
    const std::string& group, const std::vector<std::int64_t>& positions) {
    return reading([&]() -> Result<std::vector<std::int64_t>> {
        ledger_.refresh();
        return ledger_.with_state([&](const State& state) -> Result<std::vector<std::int64_t>> {
            const auto finished = state.groups.find(group);
            if (finished == state.groups.end()) {
                return fail(ErrorCode::not_found, "group " + group + " is not known to the store");
            }
            std::vector<std::int64_t> found;
            std::ranges::copy_if(positions, std::back_inserter(found), [&](std::int64_t position) {
                return position > 0 && !finished->second.contains(position);
            });
            return found;
        });
    });
}

Result<std::vector<Parked>> MongoStore::parked(const std::string& group) {
    return reading([&]() -> Result<std::vector<Parked>> {
        ledger_.steady();
        std::vector<Parked> found;
        const std::string options = bson([](BsonWriter& writer) { sorted_by(writer, "position"); });
        server_->find(parked_collection, by_text("group", group), options, [&](View view) {
            found.push_back(get_parked(view));
            return true;
        });
        return found;
    });
}

Result<std::vector<DeadLetter>> MongoStore::dead_letters(const std::string& group,
                                                         std::optional<DeadLetter::Status> status,
                                                         std::int64_t after_id, std::size_t limit) {
    return reading([&]() -> Result<std::vector<DeadLetter>> {
        std::vector<DeadLetter> found;
        std::optional<Error> damage;
        if (limit == 0) {
            return found;
        }
        ledger_.steady();
        const std::string filter = bson([&](BsonWriter& writer) {
            if (!group.empty()) {
                put_text(writer, "group", group);
            }
            if (status) {
                writer.text("status", to_string(*status));
            }
            writer.begin_document("_id");
            writer.int64("$gt", after_id);
            writer.end();
        });
        const std::string options = bson([](BsonWriter& writer) { sorted_by(writer, "_id"); });
        server_->find(letters_collection, filter, options, [&](View view) {
            auto letter = get_letter(view);
            if (letter) {
                found.push_back(*std::move(letter));
            } else {
                damage = std::move(letter.error());
            }
            return !damage && found.size() < limit;
        });
        if (damage) {
            return std::unexpected(*std::move(damage));
        }
        return found;
    });
}

Result<std::optional<DeadLetter>> MongoStore::dead_letter(std::int64_t id) {
    return reading([&]() -> Result<std::optional<DeadLetter>> {
        const std::string found = server_->find_one(letters_collection, by_id(id));
        if (found.empty()) {
            return std::nullopt;
        }
        return get_letter(View(found));
    });
}

}  // namespace quipu::mongo
