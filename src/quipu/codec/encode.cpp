// SPDX-License-Identifier: Apache-2.0
#include "quipu/base/text.hpp"
#include "quipu/codec/encoder.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/codec/number_text.hpp"
#include "quipu/event/header.hpp"

namespace quipu {

namespace codec {

namespace {

/// The name of the field of `object` that is not UTF-8. Encodes each field by itself, which is
/// slow; called only after a failure.
std::string broken_field(const StructInfo& info, const void* object) {
    for (const FieldInfo& field : info.fields) {
        if (field.type == nullptr) continue;
        StructInfo alone;
        alone.fields.push_back(field);
        std::string out;
        JsonWriter writer(out);
        Encoder encoder(writer);
        writer.text("{");
        if (encoder.fields(alone, object) && !is_valid_utf8(writer.written())) {
            return std::string(field.name);
        }
    }
    return "(extra)";
}

std::unexpected<Error> refuse(std::string_view what, std::string_view why) {
    return fail(ErrorCode::invalid, std::string(what).append(": ").append(why));
}

}  // namespace

}  // namespace codec

namespace detail {

Result<void> encode_event(std::string& out, std::string_view event_type, const EventHeader& header,
                          const StructInfo& info, const void* data, const Extra& unknown) {
    using namespace codec;
    constexpr std::size_t usual = 512;
    const StructInfo& first = header_info();
    JsonWriter writer(out);
    Encoder encoder(writer);
    encoder.event_type = event_type;
    writer.reserve(usual);
    writer.put('{');
    bool good = encoder.fields(first, &header) && encoder.fields(info, data);
    if (good && info.extra_offset != StructInfo::no_extra) {
        const auto* kept =
            reinterpret_cast<const Extra*>(static_cast<const char*>(data) + info.extra_offset);
        good = encoder.extra(*kept, info, &first);
    }
    if (!good || !encoder.extra(unknown, info, &first)) return refuse(event_type, encoder.error());
    writer.text("}");
    if (!is_valid_utf8(writer.written())) {
        std::string name = broken_field(first, &header);
        if (name == "(extra)") name = broken_field(info, data);
        return refuse(event_type, name + ": not valid UTF-8; convert it or use to_valid_utf8()");
    }
    writer.finish();
    return {};
}

Result<void> encode_struct(std::string& out, const StructInfo& info, const void* object) {
    using namespace codec;
    JsonWriter writer(out);
    Encoder encoder(writer);
    if (!encoder.structure(info, object)) return refuse(info.name, encoder.error());
    if (!is_valid_utf8(writer.written())) {
        return refuse(info.name, broken_field(info, object) +
                                     ": not valid UTF-8; convert it or use to_valid_utf8()");
    }
    writer.finish();
    return {};
}

}  // namespace detail

void append_json_string(std::string& out, std::string_view text) {
    codec::JsonWriter writer(out);
    if (is_valid_utf8(text)) {
        writer.quoted(text);
    } else {
        writer.quoted(to_valid_utf8(text));
    }
    writer.finish();
}

}  // namespace quipu
