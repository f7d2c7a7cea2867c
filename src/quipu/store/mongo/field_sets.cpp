// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/field_sets.hpp"

#include <algorithm>
#include <utility>

#include "quipu/base/checksum.hpp"
#include "quipu/store/mongo/bson.hpp"
#include "quipu/store/mongo/collections.hpp"

namespace quipu::mongo {
namespace {

constexpr std::string_view set_prefix = "field_set:";

std::string entry_of(std::string_view path, const FieldValue& value) {
    return std::string(path) + "=" + index_text(value);
}

/// Whether there are, or may come, events that were written without `path`: no program declared it,
/// or there are events of sets that lack it, or of a version without sets.
bool any_without(Server& server, const std::string& path) {
    std::vector<std::string> lacking;
    bool known = false;
    for (FieldSet& set : field_sets(server)) {
        if (std::ranges::find(set.paths, path) != set.paths.end()) {
            known = true;
        } else {
            lacking.push_back(std::move(set.name));
        }
    }
    if (!known) {
        return true;
    }
    const std::string wanted = bson([&](BsonWriter& writer) {
        writer.begin_document("field_set");
        writer.begin_list("$in");
        writer.null({});
        for (const std::string& set : lacking) {
            writer.text({}, set);
        }
        writer.end();
        writer.end();
        writer.begin_document("gone_at");
        writer.boolean("$exists", false);
        writer.end();
    });
    return !server.find_one(events_collection, wanted).empty();
}

}  // namespace

std::string field_set_name(const IndexedFields& fields) {
    std::string all;
    for (const std::string& path : fields.paths()) {
        all += path + "\n";
    }
    return std::string(set_prefix) + std::to_string(crc32_of(0, all)) + "." +
           std::to_string(all.size());
}

std::vector<FieldSet> field_sets(Server& server) {
    const std::string all = bson([](BsonWriter& writer) {
        writer.begin_document("_id");
        writer.text("$gte", set_prefix);
        writer.text("$lt", "field_set;");
        writer.end();
    });
    std::vector<FieldSet> sets;
    server.find(meta_collection, all, bson([](BsonWriter&) {}), [&](View document) {
        FieldSet& set = sets.emplace_back(document.string("_id"), std::vector<std::string>{});
        document.each("fields", [&](View field) { set.paths.push_back(field.string("path")); });
        return true;
    });
    return sets;
}

void declare_field_set(Server& server, const IndexedFields& fields) {
    const std::string document = bson([&](BsonWriter& writer) {
        writer.text("_id", field_set_name(fields));
        writer.begin_list("fields");
        for (const std::string& path : fields.paths()) {
            writer.begin_document({});
            put_text(writer, "path", path);
            writer.end();
        }
        writer.end();
    });
    static_cast<void>(server.insert(meta_collection, {document}));
}

std::string with_fields(std::string_view members, const IndexedFields& fields,
                        const std::string& set, const std::vector<IndexedValue>& values) {
    return bson([&](BsonWriter& writer) {
        if (!members.empty()) {
            View(members).elements(
                [&](std::string_view, std::string_view raw) { writer.element(raw); });
        }
        writer.begin_list("fields");
        for (const auto& [field, value] : values) {
            put_text(writer, {}, entry_of(fields.paths()[field], value));
        }
        writer.end();
        writer.text("field_set", set);
    });
}

std::string only_fields(std::string_view members) {
    const View all(members);
    return bson([&](BsonWriter& writer) {
        writer.element(all.element("fields"));
        writer.element(all.element("field_set"));
    });
}

FieldLead find_lead(Server& server, const EventQuery& query) {
    FieldLead lead;
    if (query.where.empty() || !query.aggregate_id.empty()) {
        return lead;
    }
    for (const FieldCondition& condition : query.where) {
        const std::string path = FieldPath::parse(condition.field, condition.source)->canonical();
        if (any_without(server, path)) {
            if (lead.scan_reason.empty()) {
                lead.scan_reason = condition.field + " is not indexed, or not for every event";
            }
            continue;
        }
        for (const FieldValue& value : condition.any_of) {
            lead.entries.push_back(entry_of(path, value));
        }
        lead.scan_reason.clear();
        return lead;
    }
    return lead;
}

}  // namespace quipu::mongo
