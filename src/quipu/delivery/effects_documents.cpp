// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "quipu/delivery/effects.hpp"

namespace quipu {

const Effects::Write* Effects::last_write(const Key& key) const noexcept {
    const auto found = std::find_if(writes_.rbegin(), writes_.rend(),
                                    [&](const Write& write) { return write.key == key; });
    return found == writes_.rend() ? nullptr : &*found;
}

std::optional<std::string> Effects::get(std::string_view collection, std::string_view key) {
    const Key full{collection, key};
    if (const Write* write = last_write(full)) return write->body;
    auto document = store_.document(collection, key);
    if (!document) throw EffectError(std::move(document.error()));
    // The first reading counts: a change since then is what the guard has to find.
    revisions_.try_emplace(full, *document ? (*document)->revision : 0);
    if (!*document) return std::nullopt;
    return std::move((*document)->body);
}

void Effects::put(std::string_view collection, std::string_view key, std::string body) {
    writes_.push_back({{std::string(collection), std::string(key)}, std::move(body)});
}

void Effects::erase(std::string_view collection, std::string_view key) {
    writes_.push_back({{std::string(collection), std::string(key)}, std::nullopt});
}

std::vector<std::pair<std::string, std::string>> Effects::scan(std::string_view collection,
                                                               std::string_view prefix,
                                                               std::size_t limit) {
    // Own erasures hide stored documents, so as many more are read as could be hidden.
    auto stored = store_.documents(collection, prefix, {}, limit + writes_.size());
    if (!stored) throw EffectError(std::move(stored.error()));
    std::map<std::string, std::optional<std::string>> merged;
    for (Document& document : *stored) {
        revisions_.try_emplace({std::string(collection), document.key}, document.revision);
        merged.emplace(std::move(document.key), std::move(document.body));
    }
    for (const Write& write : writes_) {
        if (write.key.first == collection && write.key.second.starts_with(prefix)) {
            merged[write.key.second] = write.body;
        }
    }
    std::vector<std::pair<std::string, std::string>> found;
    for (auto& [key, body] : merged) {
        if (found.size() == limit) break;
        if (body) found.emplace_back(key, std::move(*body));
    }
    return found;
}

}  // namespace quipu
