// SPDX-License-Identifier: Apache-2.0
#include "quipu/event/reflect.hpp"

#include <cassert>
#include <cstring>

#include "quipu/event/detail/field_names.hpp"

namespace quipu {

namespace {

/// A value without an enumerator is printed as a cast: `(app::Color)2`.
bool is_cast(std::string_view item) noexcept {
    return item.starts_with('(') && !item.starts_with("(anonymous namespace)");
}

}  // namespace

namespace detail {

std::vector<std::string_view> parse_fields(std::string_view text, std::size_t count) {
    std::vector<std::string_view> names;
    std::size_t from = first_field(text);
    while (names.size() < count) {
        names.push_back(next_field_name(text, from));
        assert(!names.back().empty());
    }
    return names;
}

std::vector<std::string_view> parse_enumerators(std::string_view text) {
    // … values = {app::Color::red, app::Color::green, (app::Color)2, …}]; Clang writes < and >.
    std::vector<std::string_view> names;
    std::size_t from = text.find("values = ") + std::strlen("values = ") + 1;
    while (from < text.size() && !is_cast(text.substr(from))) {
        const std::size_t end = item_end(text, from);
        names.push_back(last_name(text.substr(from, end - from)));
        if (end == text.size() || text[end] != ',') break;
        from = end + 2;
    }
    return names;
}

std::string_view parse_type(std::string_view text) {
    const std::size_t begin = text.find("= ") + 2;
    std::string_view name = text.substr(begin, text.rfind(']') - begin);
    return name;
}

StructInfo make_struct_info(const StructSource& source) {
    StructInfo info;
    info.name = parse_type(source.type_text);
    info.defaults = source.defaults;
    info.assign = source.assign;
    info.create = source.create;
    info.destroy = source.destroy;
    info.fields.reserve(source.fields.size());
    const auto names = parse_fields(source.fields_text, source.fields.size());
    for (std::size_t index = 0; index < names.size(); ++index) {
        const FieldSource& field = source.fields[index];
        const auto offset = static_cast<std::size_t>(static_cast<const char*>(field.address) -
                                                     static_cast<const char*>(source.defaults));
        if (field.type == nullptr) {
            info.extra_offset = offset;
        } else {
            info.fields.push_back(
                FieldInfo{names[index], offset, field.presence, &field.type(), {}});
        }
    }
    render_keys(info);
    return info;
}

}  // namespace detail

void render_keys(StructInfo& info) {
    constexpr std::size_t readable = 32;
    std::string text;
    for (const FieldInfo& field : info.fields) text.append(1, '"').append(field.name).append("\":");
    text.append(readable, '\0');
    info.key_text = std::make_shared<const std::string>(std::move(text));
    const char* at = info.key_text->data();
    for (FieldInfo& field : info.fields) {
        field.key = {at, field.name.size() + 3};
        at += field.key.size();
    }
}

std::size_t EnumInfo::read(const void* object) const noexcept {
    // Little-endian: the low bytes come first, whatever the size of the enum.
    std::uint64_t value = 0;
    std::memcpy(&value, object, bytes);
    return static_cast<std::size_t>(value);
}

void EnumInfo::write(void* object, std::size_t index) const noexcept {
    const std::uint64_t value = index;
    std::memcpy(object, &value, bytes);
}

void Extra::set(std::string name, std::string json) {
    for (auto& [key, value] : fields) {
        if (key == name) {
            value = std::move(json);
            return;
        }
    }
    fields.emplace_back(std::move(name), std::move(json));
}

const std::string* Extra::find(const std::string& name) const noexcept {
    for (const auto& [key, value] : fields) {
        if (key == name) return &value;
    }
    return nullptr;
}

}  // namespace quipu
