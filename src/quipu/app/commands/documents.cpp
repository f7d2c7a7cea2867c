// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/commands/event_output.hpp"
#include "quipu/app/engines/store_access.hpp"
#include "quipu/base/base64.hpp"
#include "quipu/base/text.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
namespace views {

/// A document as --json shows it.
struct DocumentView {
    std::string collection;
    std::string key;
    std::int64_t revision = 0;
    Json body;
    Omittable<std::string> body_base64 = {};  ///< set, with `body` null, if the body is not JSON
};

struct CollectionView {
    std::string collection;
};

}  // namespace views

namespace {

constexpr std::size_t page = 200;

struct ListOptions {
    std::string collection;
    std::string prefix;
    std::size_t limit = 100;  ///< 0: all
};

views::DocumentView view_of(const std::string& collection, const Document& document) {
    views::DocumentView view{.collection = to_valid_utf8(collection),
                             .key = to_valid_utf8(document.key),
                             .revision = document.revision,
                             .body = {}};
    if (is_json(document.body)) {
        view.body.text = compact_json(document.body);
    } else {
        view.body_base64.emplace(to_base64(document.body));
    }
    return view;
}

int list_collections(const Invocation& invocation, Store& store) {
    const auto collections = store.collections();
    if (!collections) return invocation.fail(collections.error());
    if (!invocation.json && collections->empty()) invocation.out << "No documents.\n";
    for (const std::string& collection : *collections) {
        if (invocation.json) {
            invocation.print_json(views::CollectionView{to_valid_utf8(collection)});
        } else {
            invocation.out << printable(collection) << '\n';
        }
    }
    return to_int(ExitCode::done);
}

int list(const Invocation& invocation, const ListOptions& options) {
    auto opened = open_to_read(invocation.definition, invocation.engines);
    if (!opened) return invocation.fail(opened.error());
    Store& store = **opened;
    if (options.collection.empty()) return list_collections(invocation, store);
    Table table({"KEY", "REVISION", "BYTES"});
    std::size_t count = 0;
    bool more = false;
    for (std::string after; !more;) {
        const auto documents = store.documents(options.collection, options.prefix, after, page);
        if (!documents) return invocation.fail(documents.error());
        for (const Document& document : *documents) {
            after = document.key;
            more = options.limit != 0 && count == options.limit;
            if (more) break;
            ++count;
            if (invocation.json) {
                invocation.print_json(view_of(options.collection, document));
            } else {
                table.add({document.key, std::to_string(document.revision),
                           std::to_string(document.body.size())});
            }
        }
        if (documents->size() < page) break;
    }
    if (!invocation.json) {
        if (count == 0) {
            invocation.out << "No documents.\n";
        } else {
            table.print(invocation.out);
        }
    }
    if (more) invocation.err << "There are more documents; --limit 0 lists all\n";
    return to_int(ExitCode::done);
}

int get(const Invocation& invocation, const std::string& collection, const std::string& key) {
    auto store = open_to_read(invocation.definition, invocation.engines);
    if (!store) return invocation.fail(store.error());
    const auto document = (*store)->document(collection, key);
    if (!document) return invocation.fail(document.error());
    if (!*document) {
        return invocation.fail(
            {ErrorCode::not_found, "there is no document " + collection + "/" + key});
    }
    if (invocation.json) return invocation.print_json(view_of(collection, **document));
    invocation.out << pretty_json((*document)->body) << '\n';
    return to_int(ExitCode::done);
}

constexpr std::string_view examples =
    "  $P documents list                    the collections\n"
    "  $P documents list counters\n"
    "  $P documents get counters ada";
constexpr SharedOptions shared{.store = true, .json = true};

}  // namespace

void add_documents(CommandSet& commands) {
    const auto listed = std::make_shared<ListOptions>();
    CommandLine::Command documents = commands.add(
        {.name = "documents",
         .summary = "Read the documents that handlers keep",
         .examples = examples,
         .shared = shared,
         .run = [listed](const Invocation& invocation) { return list(invocation, *listed); }});
    CommandLine::Command list_command = commands.add_below(
        documents,
        {.name = "list",
         .summary = "List the collections, or the documents of one",
         .examples = examples,
         .shared = shared,
         .run = [listed](const Invocation& invocation) { return list(invocation, *listed); }});
    list_command.add("COLLECTION", listed->collection, "The collection");
    list_command.add("--prefix", listed->prefix, "Only keys that begin with it")
        .placeholder("TEXT");
    list_command.add("--limit", listed->limit, "At most N documents; 0 for all (100)")
        .placeholder("N");
    const auto place = std::make_shared<std::pair<std::string, std::string>>();
    CommandLine::Command get_command =
        commands.add_below(documents, {.name = "get",
                                       .summary = "Print one document",
                                       .examples = examples,
                                       .shared = shared,
                                       .run = [place](const Invocation& invocation) {
                                           return get(invocation, place->first, place->second);
                                       }});
    get_command.add("COLLECTION", place->first, "The collection").required();
    get_command.add("KEY", place->second, "The document's key").required();
}

}  // namespace quipu
