// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/bson.hpp"

#include <chrono>
#include <stdexcept>

#include "quipu/base/hex.hpp"
#include "quipu/base/text.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/store/engine/values.hpp"

namespace quipu::mongo {
namespace {

bool find(std::string_view bytes, const char* name, bson_iter_t& at) {
    return !bytes.empty() &&
           bson_iter_init_from_data(&at, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                    bytes.size()) &&
           bson_iter_find(&at, name);
}

std::string_view binary_of(const bson_iter_t& at) {
    bson_subtype_t subtype{};
    std::uint32_t size = 0;
    const std::uint8_t* data = nullptr;
    bson_iter_binary(&at, &subtype, &size, &data);
    return {reinterpret_cast<const char*>(data), size};
}

View document_of(const bson_iter_t& at) {
    std::uint32_t size = 0;
    const std::uint8_t* data = nullptr;
    if (BSON_ITER_HOLDS_DOCUMENT(&at)) {
        bson_iter_document(&at, &size, &data);
    } else if (BSON_ITER_HOLDS_ARRAY(&at)) {
        bson_iter_array(&at, &size, &data);
    }
    return View(std::string_view(reinterpret_cast<const char*>(data), size));
}

}  // namespace

bool is_text(std::string_view bytes) noexcept {
    return bytes.find('\0') == std::string_view::npos && is_valid_utf8(bytes);
}

void put_text(BsonWriter& writer, std::string_view name, std::string_view value) {
    if (is_text(value)) {
        writer.text(name, value);
    } else {
        writer.binary(name, value);
    }
}

void put_time(BsonWriter& writer, std::string_view name, Time time) {
    writer.date(name,
                std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count());
    writer.int64(std::string(name) + "_us", to_micros(time));
}

bool View::has(const char* name) const {
    bson_iter_t at;
    return find(bytes_, name, at);
}

std::int64_t View::integer(const char* name, std::int64_t otherwise) const {
    bson_iter_t at;
    return find(bytes_, name, at) && BSON_ITER_HOLDS_NUMBER(&at) ? bson_iter_as_int64(&at)
                                                                 : otherwise;
}

std::string_view View::text(const char* name) const {
    bson_iter_t at;
    if (!find(bytes_, name, at)) {
        return {};
    }
    if (BSON_ITER_HOLDS_UTF8(&at)) {
        std::uint32_t size = 0;
        const char* text = bson_iter_utf8(&at, &size);
        return {text, size};
    }
    return BSON_ITER_HOLDS_BINARY(&at) ? binary_of(at) : std::string_view{};
}

Time View::time(const char* name_us) const {
    return from_micros(integer(name_us));
}

View View::document(const char* name) const {
    bson_iter_t at;
    return find(bytes_, name, at) ? document_of(at) : View{};
}

std::string_view View::element(const char* name) const {
    bson_iter_t at;
    if (!find(bytes_, name, at)) {
        return {};
    }
    const std::size_t first = bson_iter_offset(&at);
    return bytes_.substr(first, at.next_off - first);
}

void View::elements(const std::function<void(std::string_view, std::string_view)>& visit) const {
    bson_iter_t at;
    if (bytes_.empty() ||
        !bson_iter_init_from_data(&at, reinterpret_cast<const std::uint8_t*>(bytes_.data()),
                                  bytes_.size())) {
        return;
    }
    while (bson_iter_next(&at)) {
        const std::size_t first = bson_iter_offset(&at);
        visit({bson_iter_key(&at), bson_iter_key_len(&at)},
              bytes_.substr(first, at.next_off - first));
    }
}

void View::each(const char* list, const std::function<void(View)>& visit) const {
    bson_iter_t at;
    const std::string_view inside = document(list).bytes();
    if (inside.empty() ||
        !bson_iter_init_from_data(&at, reinterpret_cast<const std::uint8_t*>(inside.data()),
                                  inside.size())) {
        return;
    }
    while (bson_iter_next(&at)) {
        visit(document_of(at));
    }
}

std::string joined(std::string_view first, std::string_view second) {
    std::string out;
    const auto add = [&out](std::string_view part, bool whole) {
        const bool utf8 = is_valid_utf8(part);
        for (const char letter : part) {
            const auto byte = static_cast<unsigned char>(letter);
            if (letter == '%' || letter == '\0' || (letter == '/' && !whole) ||
                (byte >= 0x80 && !utf8)) {
                out += '%';
                append_hex(out, letter, upper_hex_digits);
            } else {
                out += letter;
            }
        }
    };
    add(first, false);
    out += '/';
    add(second, true);
    return out;
}

bson_t as_bson(std::string_view bytes) {
    bson_t document;
    if (!bson_init_static(&document, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                          bytes.size())) {
        throw std::runtime_error("a document for the server is malformed");
    }
    return document;
}

}  // namespace quipu::mongo
