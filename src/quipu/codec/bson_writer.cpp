// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/bson_writer.hpp"

#include <bit>
#include <cstring>

namespace quipu::codec {

static_assert(std::endian::native == std::endian::little, "BSON is little-endian");

void BsonWriter::put(const void* data, std::size_t size) {
    out_.append(static_cast<const char*>(data), size);
}

void BsonWriter::head(char type, std::string_view name) {
    out_.push_back(type);
    if (open_.back().list) {
        out_ += std::to_string(open_.back().next++);
    } else {
        out_ += name;
    }
    out_.push_back('\0');
}

void BsonWriter::open(bool list) {
    open_.push_back({.start = out_.size(), .list = list});
    out_.append(sizeof(std::int32_t), '\0');
}

void BsonWriter::end() {
    out_.push_back('\0');
    const auto size = static_cast<std::int32_t>(out_.size() - open_.back().start);
    std::memcpy(out_.data() + open_.back().start, &size, sizeof size);
    open_.pop_back();
}

void BsonWriter::int32(std::string_view name, std::int32_t value) {
    head('\x10', name);
    put(&value, sizeof value);
}

void BsonWriter::int64(std::string_view name, std::int64_t value) {
    head('\x12', name);
    put(&value, sizeof value);
}

void BsonWriter::number(std::string_view name, double value) {
    head('\x01', name);
    put(&value, sizeof value);
}

void BsonWriter::boolean(std::string_view name, bool value) {
    head('\x08', name);
    out_.push_back(value ? '\1' : '\0');
}

void BsonWriter::null(std::string_view name) {
    head('\x0A', name);
}

void BsonWriter::text(std::string_view name, std::string_view value) {
    head('\x02', name);
    const auto size = static_cast<std::int32_t>(value.size() + 1);
    put(&size, sizeof size);
    out_ += value;
    out_.push_back('\0');
}

void BsonWriter::binary(std::string_view name, std::string_view bytes) {
    head('\x05', name);
    const auto size = static_cast<std::int32_t>(bytes.size());
    put(&size, sizeof size);
    out_.push_back('\0');
    out_ += bytes;
}

void BsonWriter::date(std::string_view name, std::int64_t milliseconds) {
    head('\x09', name);
    put(&milliseconds, sizeof milliseconds);
}

void BsonWriter::document(std::string_view name, std::string_view bson) {
    head('\x03', name);
    out_ += bson;
}

void BsonWriter::element(std::string_view raw) {
    out_ += raw;
}

void BsonWriter::begin_document(std::string_view name) {
    head('\x03', name);
    open(false);
}

void BsonWriter::begin_list(std::string_view name) {
    head('\x04', name);
    open(true);
}

}  // namespace quipu::codec
