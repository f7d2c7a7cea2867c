// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/decoder.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "quipu/base/text.hpp"
#include "quipu/codec/repeated.hpp"
#include "quipu/codec/value_text.hpp"
#include "quipu/event/header.hpp"
#include "quipu/event/id.hpp"

namespace quipu::codec {

namespace {

// A struct that contains itself is read recursively; this bounds the use of the stack.
constexpr std::size_t deepest = 500;
constexpr std::size_t event_type_index = 1;  // in header_info()

/// Resets a value that an earlier occurrence of the same name may have set.
void reset(const TypeInfo& type, void* at) {
    if (type.optional != nullptr) {
        type.optional->reset(at);
        return;
    }
    switch (type.kind) {
        case Kind::list: type.list->clear(at); break;
        case Kind::map: type.map->clear(at); break;
        case Kind::structure: {
            const StructInfo& info = type.structure();
            info.assign(at, info.defaults);
            break;
        }
        default: break;  // reading overwrites the others
    }
}

}  // namespace

Decoder::Decoder(std::string_view text, const EventTypes* types,
                 const DecodeOptions& options) noexcept
    : text_(text),
      types_(types),
      options_(options),
      in_(text, std::min(options.max_depth, deepest)),
      scalars_(in_, types, options.strict) {}

void Decoder::restart() noexcept {
    in_.rewind(text_.data());
    in_.set_depth(0);
}

Layout Decoder::event_layout(const EventInfo& info, const EventTarget& target) const {
    Layout layout(header_info(), target.header, *info.payload, target.data);
    if (info.payload->extra_offset != StructInfo::no_extra) {
        layout.extra =
            reinterpret_cast<Extra*>(static_cast<char*>(target.data) + info.payload->extra_offset);
        layout.canonical_extra = true;
    } else if (options_.keep_unknown) {
        layout.extra = target.unknown;
    }
    return layout;
}

Layout Decoder::struct_layout(const StructInfo& info, void* object) {
    Layout layout(info, object);
    if (info.extra_offset != StructInfo::no_extra) {
        layout.extra = reinterpret_cast<Extra*>(static_cast<char*>(object) + info.extra_offset);
        layout.canonical_extra = true;
    }
    return layout;
}

bool Decoder::find_field(const Layout& layout, std::size_t hint, std::size_t& index) {
    if (in_.peek() == '"' && hint < layout.size() && in_.take_key(layout.at(hint).key)) {
        index = hint;
        return true;
    }
    StringToken key;
    if (!in_.read_key(key)) return false;
    if (key.escaped) {
        unescape(key, name_);
        index = layout.find(name_, hint);
    } else {
        index = layout.find(key.raw, hint);
        if (index == Layout::npos && layout.extra != nullptr) name_.assign(key.raw);
    }
    return true;
}

bool Decoder::take_unknown(const Layout& layout) {
    if (layout.extra == nullptr) return in_.skip_value();
    auto& [name, json] = layout.extra->fields.emplace_back(name_, std::string{});
    return layout.canonical_extra ? copy_canonical(in_, json) : copy_verbatim(in_, json);
}

void Decoder::generate(const FieldInfo& field, void* object) {
    if (field.type->kind == Kind::text) {
        *static_cast<std::string*>(field.in(object)) =
            options_.generate_absent ? new_id() : std::string{};
    } else if (field.type->kind == Kind::time) {
        *static_cast<Time*>(field.in(object)) = options_.generate_absent ? now() : absent_timestamp;
    }
}

bool Decoder::fill_absent(const Layout& layout, std::uint64_t seen) {
    for (std::size_t index = 0; index < layout.size(); ++index) {
        if (((seen >> index) & 1) != 0) continue;
        const FieldInfo& field = layout.at(index);
        if (must_be_present(field.presence)) return false;
        if (field.presence == Presence::generated) generate(field, layout.object_of(index));
    }
    return true;
}

bool Decoder::read_event_type() {
    StringToken token;
    return in_.peek() == '"' && in_.read_string(token) && token.raw == expected_type_;
}

// The text as a whole.

Faults Decoder::whole_text_fault(FaultKind kind, std::string message) const {
    if (message.empty()) message = message_of(kind);
    return Faults{{Fault{std::string(name_of(kind)), {}, std::move(message)}}};
}

bool Decoder::check_text() noexcept {
    if (text_.size() > options_.max_bytes) return in_.fail(FaultKind::too_long);
    return is_valid_utf8(text_) || in_.malformed();
}

bool Decoder::check_syntax() {
    restart();
    return in_.skip_value() && in_.at_end();
}

bool Decoder::find_type_quickly(std::string_view& type) {
    const FieldInfo& id = header_info().fields[event_type_index - 1];
    const FieldInfo& field = header_info().fields[event_type_index];
    if (in_.peek() != '{' || !in_.enter()) return false;
    for (bool first = true, more = true;; first = false) {
        if (!in_.next_element('}', first, more) || !more) return false;
        StringToken key;
        if (first && in_.take_key(id.key)) {
            if (in_.peek() != '"' || !in_.read_string(key)) return false;
            continue;
        }
        static_cast<void>(in_.peek());
        if (in_.take_key(field.key) || (in_.read_key(key) && key.raw == field.name)) break;
        if (in_.fault() != FaultKind::none || !in_.skip_value()) return false;
    }
    StringToken token;
    if (in_.peek() != '"' || !in_.read_string(token) || token.escaped) return false;
    type = token.raw;
    return true;
}

FaultKind Decoder::find_type_carefully(std::string& type) {
    restart();
    FaultKind kind = FaultKind::union_tag_not_found;
    if (in_.peek() != '{') return FaultKind::dict_type;
    if (!in_.enter()) return in_.fault();
    for (bool first = true, more = true;; first = false) {
        if (!in_.next_element('}', first, more)) return in_.fault();
        if (!more) return kind;
        StringToken token;
        if (!in_.read_key(token)) return in_.fault();
        if (text_of(token, scratch_) != "event_type") {
            if (!in_.skip_value()) return in_.fault();
        } else if (in_.peek() == '"') {
            if (!in_.read_string(token)) return in_.fault();
            unescape(token, type);
            kind = FaultKind::none;
        } else {
            if (!in_.skip_value()) return in_.fault();
            kind = FaultKind::union_tag_invalid;
        }
    }
}

bool Decoder::read_event_quickly(detail::Emplace emplace, void* any, std::size_t& index) {
    if (!find_type_quickly(expected_type_)) return false;
    index = types_->index_of(expected_type_);
    if (index == EventTypes::npos) return false;
    restart();
    static_cast<void>(in_.peek());
    const EventInfo& info = types_->all()[index];
    return read_object(event_layout(info, emplace(any, index)), nullptr) && in_.at_end();
}

std::size_t Decoder::read_event_carefully(detail::Emplace emplace, void* any, Unknown& unknown) {
    const auto refuse_text = [&](FaultKind kind, std::string message = {}) {
        faults_ = whole_text_fault(kind, std::move(message));
        return EventTypes::npos;
    };
    if (!check_syntax()) return refuse_text(in_.fault());
    std::string type;
    const FaultKind kind = find_type_carefully(type);
    if (kind != FaultKind::none) return refuse_text(kind);
    const std::size_t index = types_->index_of(type);
    if (index == EventTypes::npos) {
        if (options_.allow_unknown_types) {
            unknown = {std::move(type), std::string(text_)};
            return EventTypes::npos;
        }
        std::string message(message_of(FaultKind::union_tag_invalid));
        message.append("; the nearest is ").append(types_->nearest(type));
        return refuse_text(FaultKind::union_tag_invalid, std::move(message));
    }
    careful_ = true;
    restart();
    static_cast<void>(in_.peek());
    const EventInfo& info = types_->all()[index];
    const Path root{nullptr, info.event_type};
    const EventTarget target = emplace(any, index);
    // Where emplace() does not create a new event, the first pass may have left values behind.
    *target.header = EventHeader{};
    info.payload->assign(target.data, info.payload->defaults);
    target.unknown->fields.clear();
    static_cast<void>(read_object(event_layout(info, target), &root));
    return index;
}

std::expected<std::size_t, Faults> Decoder::read_event(detail::Emplace emplace, void* any,
                                                       Unknown& unknown) {
    if (!check_text()) return std::unexpected(whole_text_fault(in_.fault()));
    std::size_t index = EventTypes::npos;
    if (read_event_quickly(emplace, any, index)) return index;
    index = read_event_carefully(emplace, any, unknown);
    if (!faults_.list.empty()) return std::unexpected(std::move(faults_));
    return index;
}

std::expected<void, Faults> Decoder::read_struct(const StructInfo& info, void* object) {
    if (!check_text()) return std::unexpected(whole_text_fault(in_.fault()));
    const Layout layout = struct_layout(info, object);
    if (in_.peek() == '{' && read_object(layout, nullptr) && in_.at_end()) return {};
    if (!check_syntax()) return std::unexpected(whole_text_fault(in_.fault()));
    restart();
    if (in_.peek() != '{') return std::unexpected(whole_text_fault(FaultKind::dataclass_type));
    careful_ = true;
    info.assign(object, info.defaults);
    static_cast<void>(read_object(layout, nullptr));
    if (!faults_.list.empty()) return std::unexpected(std::move(faults_));
    return {};
}

// Values and objects. The recursion follows the nesting of the text, which JsonReader limits.
// NOLINTBEGIN(misc-no-recursion)

bool Decoder::read_object(const Layout& layout, const Path* outer) {
    if (layout.size() > Layout::most_fields) return false;
    return careful_ ? read_object_carefully(layout, outer) : read_object_quickly(layout, outer);
}

// The fast path for text without faults. Values in an unusual form go to read_value(), which knows
// every form and, in this pass, returns false instead of adding a fault.

bool Decoder::read_object_quickly(const Layout& layout, const Path* outer) {
    if (!in_.enter()) return false;
    Path here{outer};
    std::uint64_t seen = 0;
    std::size_t index = 0;
    for (bool first = true, more = true;; first = false) {
        if (!in_.next_element('}', first, more)) return false;
        if (!more) break;
        const FieldInfo* field = index < layout.size() ? &layout.at(index) : nullptr;
        if (field == nullptr || !in_.take_key(field->key)) {
            std::size_t found = 0;
            const std::size_t hint = index;
            if (!find_field(layout, hint, found)) return false;
            if (found == Layout::npos) {
                if (!take_unknown(layout)) return false;
                continue;
            }
            index = found;
            field = &layout.at(index);
        }
        const std::uint64_t bit = std::uint64_t{1} << index;
        if ((seen & bit) != 0) return false;
        seen |= bit;
        if (field->type == nullptr) {
            if (!read_event_type()) return false;
        } else {
            here.name = field->name;
            if (!read_field_quickly(*field, layout.object_of(index), here)) return false;
        }
        ++index;
    }
    in_.leave();
    if (layout.extra != nullptr && layout.extra->fields.size() > 1) {
        drop_repeated_fields(*layout.extra);
    }
    const std::size_t count = layout.size();
    const std::uint64_t all = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
    return seen == all || fill_absent(layout, seen);
}

bool Decoder::read_field_quickly(const FieldInfo& field, void* object, const Path& path) {
    void* at = field.in(object);
    const TypeInfo& type = *field.type;
    const char c = in_.peek();
    if (type.optional != nullptr) {
        if (c == 'n' && field.presence != Presence::omittable) {
            type.optional->reset(at);
            return in_.read_literal("null");
        }
        at = type.optional->emplace(at);
    }
    switch (type.kind) {
        case Kind::text: return c == '"' && in_.read_string(*static_cast<std::string*>(at));
        case Kind::integer:
            if (type.bytes == 8 && type.is_signed) {
                if (in_.read_short_integer(*static_cast<std::int64_t*>(at))) return true;
            }
            break;
        case Kind::structure:
            return c == '{' && read_object_quickly(struct_layout(type.structure(), at), &path);
        case Kind::list:
        case Kind::map:
        case Kind::json: break;
        default: return scalars_.read(type, at) == FaultKind::none;
    }
    return read_value(type, at, path);
}

bool Decoder::read_object_carefully(const Layout& layout, const Path* outer) {
    if (!in_.enter()) return false;
    std::array<const char*, Layout::most_fields> values{};
    for (bool first = true, more = true;; first = false) {
        if (!in_.next_element('}', first, more)) return false;
        if (!more) break;
        std::size_t index = 0;
        if (!find_field(layout, 0, index)) return false;
        if (index == Layout::npos) {
            if (!take_unknown(layout)) return false;
        } else {
            values[index] = in_.position();
            if (!in_.skip_value()) return false;
        }
    }
    if (layout.extra != nullptr) drop_repeated_fields(*layout.extra);
    const char* end = in_.position();
    for (std::size_t index = 0; index < layout.size(); ++index) {
        const FieldInfo& field = layout.at(index);
        if (field.type == nullptr) continue;
        const Path here{outer, field.name};
        if (values[index] != nullptr) {
            in_.rewind(values[index]);
            if (!read_field(field, layout.object_of(index), here)) return false;
        } else if (must_be_present(field.presence)) {
            add_fault(FaultKind::missing, &here, {});
            if (full()) return false;
        } else if (field.presence == Presence::generated) {
            generate(field, layout.object_of(index));
        }
    }
    in_.rewind(end);
    in_.leave();
    return true;
}

bool Decoder::read_field(const FieldInfo& field, void* object, const Path& path) {
    void* at = field.in(object);
    const TypeInfo& type = *field.type;
    if (type.optional == nullptr) return read_value(type, at, path);
    if (field.presence != Presence::omittable) return read_element(type, at, path);
    return read_value(type, type.optional->emplace(at), path);
}

bool Decoder::read_element(const TypeInfo& type, void* at, const Path& path) {
    if (type.optional == nullptr) return read_value(type, at, path);
    if (in_.peek() == 'n') {
        type.optional->reset(at);
        return in_.read_literal("null");
    }
    return read_value(type, type.optional->emplace(at), path);
}

bool Decoder::read_value(const TypeInfo& type, void* at, const Path& path) {
    switch (type.kind) {
        case Kind::structure: return read_structure(type, at, path);
        case Kind::list: return read_list(type, at, path);
        case Kind::map: return read_map(type, at, path);
        case Kind::json: return read_json(at);
        default: break;
    }
    static_cast<void>(in_.peek());
    const char* value = in_.position();
    const FaultKind kind = scalars_.read(type, at);
    if (kind == FaultKind::none) return true;
    return refuse(kind, value, path, type.enumeration);
}

bool Decoder::read_structure(const TypeInfo& type, void* at, const Path& path) {
    if (in_.peek() != '{') return refuse(FaultKind::dataclass_type, in_.position(), path);
    return read_object(struct_layout(type.structure(), at), &path);
}

bool Decoder::read_list(const TypeInfo& type, void* at, const Path& path) {
    if (in_.peek() != '[') return refuse(FaultKind::list_type, in_.position(), path);
    if (!in_.enter()) return false;
    type.list->clear(at);
    Path here{&path};
    for (bool first = true, more = true;; first = false) {
        if (!in_.next_element(']', first, more)) return false;
        if (!more) break;
        ++here.index;
        if (!read_element(*type.element, type.list->append(at), here)) return false;
    }
    in_.leave();
    return true;
}

bool Decoder::read_map(const TypeInfo& type, void* at, const Path& path) {
    if (in_.peek() != '{') return refuse(FaultKind::map_type, in_.position(), path);
    if (!in_.enter()) return false;
    type.map->clear(at);
    std::string name;
    for (bool first = true, more = true;; first = false) {
        if (!in_.next_element('}', first, more)) return false;
        if (!more) break;
        StringToken key;
        if (!in_.read_key(key)) return false;
        unescape(key, name);
        const Path here{&path, name};
        void* element = type.map->insert(at, name);
        reset(*type.element, element);
        if (!read_element(*type.element, element, here)) return false;
    }
    in_.leave();
    return true;
}

// NOLINTEND(misc-no-recursion)

bool Decoder::read_json(void* at) {
    std::string& text = static_cast<Json*>(at)->text;
    text.clear();
    return copy_canonical(in_, text);
}

// Faults.

bool Decoder::full() const noexcept {
    return faults_.list.size() >= std::max<std::size_t>(options_.max_faults, 1);
}

void Decoder::add_fault(FaultKind kind, const Path* path, std::string message) {
    if (full()) return;
    Fault fault{std::string(name_of(kind)), {}, std::move(message)};
    if (fault.message.empty()) fault.message = message_of(kind);
    for (; path != nullptr; path = path->outer) {
        if (path->index >= 0) {
            fault.location.emplace_back(path->index);
        } else {
            fault.location.emplace_back(std::string(path->name));
        }
    }
    std::reverse(fault.location.begin(), fault.location.end());
    faults_.list.push_back(std::move(fault));
}

bool Decoder::refuse(FaultKind kind, const char* value, const Path& path, const EnumInfo* allowed) {
    if (!careful_) return false;
    std::string message;
    if (allowed != nullptr) {
        for (const std::string_view name : allowed->values) {
            message.append(message.empty() ? "expected one of " : ", ").append(name);
        }
    }
    add_fault(kind, &path, std::move(message));
    in_.rewind(value);
    return in_.skip_value() && !full();
}

}  // namespace quipu::codec
