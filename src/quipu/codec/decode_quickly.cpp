// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/decoder.hpp"

namespace quipu::codec {

// The path of texts without a fault. Values that are not of the usual form go to read_value(),
// which knows every form and, in this pass, gives up where it would note a fault. The recursion
// over values follows the nesting of the text, which the reader bounds.
// NOLINTBEGIN(misc-no-recursion)

bool Decoder::read_object_quickly(const Layout& layout, const Path* outer) {
    if (!in_.enter()) return false;
    Path here{outer};
    std::uint64_t seen = 0;
    std::size_t index = 0;
    for (bool first = true, more = true;; first = false) {
        if (!in_.next_element('}', first, more)) return false;
        if (!more) break;
        const Member* member = index < layout.size() ? &layout.at(index) : nullptr;
        if (member == nullptr || !in_.take_key(member->key)) {
            std::size_t found = 0;
            const std::size_t hint = index;
            if (!find_member(layout, hint, found)) return false;
            if (found == Layout::npos) {
                if (!take_unknown(layout)) return false;
                continue;
            }
            index = found;
            member = &layout.at(index);
        }
        const std::uint64_t bit = std::uint64_t{1} << index;
        if ((seen & bit) != 0) return false;
        seen |= bit;
        if (member->type == nullptr) {
            if (!read_event_type()) return false;
        } else {
            here.name = member->name;
            if (!read_member_quickly(*member, layout.object_of(index), here)) return false;
        }
        ++index;
    }
    in_.leave();
    if (layout.extra != nullptr && layout.extra->members.size() > 1) {
        drop_repeated_members(*layout.extra);
    }
    const std::size_t count = layout.size();
    const std::uint64_t all = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
    return seen == all || fill_absent(layout, seen);
}

bool Decoder::read_member_quickly(const Member& member, void* object, const Path& path) {
    void* at = member.in(object);
    const TypeInfo& type = *member.type;
    const char c = in_.peek();
    if (type.optional != nullptr) {
        if (c == 'n' && member.presence != Presence::omittable) {
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
        default: return read_scalar(type, at) == Problem::none;
    }
    return read_value(type, at, path);
}

// NOLINTEND(misc-no-recursion)

}  // namespace quipu::codec
