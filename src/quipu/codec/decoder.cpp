// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/decoder.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "quipu/codec/value_text.hpp"
#include "quipu/event/header.hpp"
#include "quipu/event/id.hpp"

namespace quipu::codec {

namespace {

// A struct that contains itself is read by recursion; this bounds the stack it takes.
constexpr std::size_t deepest = 500;

}  // namespace

Decoder::Decoder(std::string_view text, const EventTypes* types,
                 const DecodeOptions& options) noexcept
    : text_(text),
      types_(types),
      options_(options),
      in_(text, std::min(options.max_depth, deepest)) {}

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

bool Decoder::find_member(const Layout& layout, std::size_t hint, std::size_t& index) {
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
    auto& [name, json] = layout.extra->members.emplace_back(name_, std::string{});
    return layout.canonical_extra ? copy_canonical(in_, json) : copy_verbatim(in_, json);
}

void Decoder::generate(const Member& member, void* object) {
    if (member.type->kind == Kind::text) {
        *static_cast<std::string*>(member.in(object)) = new_id();
    } else if (member.type->kind == Kind::time) {
        *static_cast<Time*>(member.in(object)) = now();
    }
}

bool Decoder::fill_absent(const Layout& layout, std::uint64_t seen) {
    for (std::size_t index = 0; index < layout.size(); ++index) {
        if (((seen >> index) & 1) != 0) continue;
        const Member& member = layout.at(index);
        if (must_be_present(member.presence)) return false;
        if (member.presence == Presence::generated) generate(member, layout.object_of(index));
    }
    return true;
}

bool Decoder::read_event_type() {
    StringToken token;
    return in_.peek() == '"' && in_.read_string(token) && token.raw == expected_type_;
}

bool Decoder::read_object(const Layout& layout, const Path* outer) {
    if (layout.size() > Layout::most_members) return false;
    return careful_ ? read_object_carefully(layout, outer) : read_object_quickly(layout, outer);
}

bool Decoder::read_object_carefully(const Layout& layout, const Path* outer) {
    if (!in_.enter()) return false;
    std::array<const char*, Layout::most_members> values{};
    for (bool first = true, more = true;; first = false) {
        if (!in_.next_element('}', first, more)) return false;
        if (!more) break;
        std::size_t index = 0;
        if (!find_member(layout, 0, index)) return false;
        if (index == Layout::npos) {
            if (!take_unknown(layout)) return false;
        } else {
            values[index] = in_.position();
            if (!in_.skip_value()) return false;
        }
    }
    if (layout.extra != nullptr) drop_repeated_members(*layout.extra);
    const char* end = in_.position();
    for (std::size_t index = 0; index < layout.size(); ++index) {
        const Member& member = layout.at(index);
        if (member.type == nullptr) continue;
        const Path here{outer, member.name};
        if (values[index] != nullptr) {
            in_.rewind(values[index]);
            if (!read_member(member, layout.object_of(index), here)) return false;
        } else if (must_be_present(member.presence)) {
            add_fault(Problem::missing, &here, {});
            if (full()) return false;
        } else if (member.presence == Presence::generated) {
            generate(member, layout.object_of(index));
        }
    }
    in_.rewind(end);
    in_.leave();
    return true;
}

bool Decoder::full() const noexcept {
    return faults_.list.size() >= std::max<std::size_t>(options_.max_faults, 1);
}

void Decoder::add_fault(Problem problem, const Path* path, std::string message) {
    if (full()) return;
    Fault fault{std::string(kind_of(problem)), {}, std::move(message)};
    if (fault.message.empty()) fault.message = message_of(problem);
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

bool Decoder::refuse(Problem problem, const char* value, const Path& path,
                     const EnumInfo* allowed) {
    if (!careful_) return false;
    std::string message;
    if (allowed != nullptr) {
        for (const std::string_view name : allowed->values) {
            message.append(message.empty() ? "expected one of " : ", ").append(name);
        }
    }
    add_fault(problem, &path, std::move(message));
    in_.rewind(value);
    return in_.skip_value() && !full();
}

}  // namespace quipu::codec
