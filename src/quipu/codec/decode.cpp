// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "quipu/codec/decoder.hpp"
#include "quipu/event/header.hpp"

namespace quipu {

namespace codec {

namespace {

constexpr std::size_t event_type_index = 1;  // in header_info()

}  // namespace

Faults Decoder::whole_text_fault(Problem problem, std::string message) const {
    if (message.empty()) message = message_of(problem);
    return Faults{{Fault{std::string(kind_of(problem)), {}, std::move(message)}}};
}

bool Decoder::check_text() noexcept {
    if (text_.size() > options_.max_bytes) return in_.fail(Problem::too_long);
    return is_valid_utf8(text_) || in_.malformed();
}

bool Decoder::check_syntax() {
    restart();
    return in_.skip_value() && in_.at_end();
}

bool Decoder::find_type_quickly(std::string_view& type) {
    const Member& id = header_info().members[event_type_index - 1];
    const Member& member = header_info().members[event_type_index];
    if (in_.peek() != '{' || !in_.enter()) return false;
    for (bool first = true, more = true;; first = false) {
        if (!in_.next_element('}', first, more) || !more) return false;
        StringToken key;
        if (first && in_.take_key(id.key)) {
            if (in_.peek() != '"' || !in_.read_string(key)) return false;
            continue;
        }
        static_cast<void>(in_.peek());
        if (in_.take_key(member.key) || (in_.read_key(key) && key.raw == member.name)) break;
        if (in_.problem() != Problem::none || !in_.skip_value()) return false;
    }
    StringToken token;
    if (in_.peek() != '"' || !in_.read_string(token) || token.escaped) return false;
    type = token.raw;
    return true;
}

Problem Decoder::find_type_carefully(std::string& type) {
    restart();
    Problem problem = Problem::union_tag_not_found;
    if (in_.peek() != '{') return Problem::dict_type;
    if (!in_.enter()) return in_.problem();
    for (bool first = true, more = true;; first = false) {
        if (!in_.next_element('}', first, more)) return in_.problem();
        if (!more) return problem;
        StringToken token;
        if (!in_.read_key(token)) return in_.problem();
        if (text_of(token, scratch_) != "event_type") {
            if (!in_.skip_value()) return in_.problem();
        } else if (in_.peek() == '"') {
            if (!in_.read_string(token)) return in_.problem();
            unescape(token, type);
            problem = Problem::none;
        } else {
            if (!in_.skip_value()) return in_.problem();
            problem = Problem::union_tag_invalid;
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
    const auto fault = [&](Problem problem, std::string message = {}) {
        faults_ = whole_text_fault(problem, std::move(message));
        return EventTypes::npos;
    };
    if (!check_syntax()) return fault(in_.problem());
    std::string type;
    const Problem problem = find_type_carefully(type);
    if (problem != Problem::none) return fault(problem);
    const std::size_t index = types_->index_of(type);
    if (index == EventTypes::npos) {
        if (options_.allow_unknown_types) {
            unknown = {std::move(type), std::string(text_)};
            return EventTypes::npos;
        }
        std::string message(message_of(Problem::union_tag_invalid));
        message.append("; the nearest is ").append(types_->nearest(type));
        return fault(Problem::union_tag_invalid, std::move(message));
    }
    careful_ = true;
    restart();
    static_cast<void>(in_.peek());
    const EventInfo& info = types_->all()[index];
    const Path root{nullptr, info.event_type};
    const EventTarget target = emplace(any, index);
    // The first pass has left its traces where emplace() does not make a new event.
    *target.header = EventHeader{};
    info.payload->assign(target.data, info.payload->defaults);
    target.unknown->members.clear();
    static_cast<void>(read_object(event_layout(info, target), &root));
    return index;
}

std::expected<std::size_t, Faults> Decoder::read_event(detail::Emplace emplace, void* any,
                                                       Unknown& unknown) {
    if (!check_text()) return std::unexpected(whole_text_fault(in_.problem()));
    std::size_t index = EventTypes::npos;
    if (read_event_quickly(emplace, any, index)) return index;
    index = read_event_carefully(emplace, any, unknown);
    if (!faults_.list.empty()) return std::unexpected(std::move(faults_));
    return index;
}

std::expected<void, Faults> Decoder::read_struct(const StructInfo& info, void* object) {
    if (!check_text()) return std::unexpected(whole_text_fault(in_.problem()));
    const Layout layout = struct_layout(info, object);
    if (in_.peek() == '{' && read_object(layout, nullptr) && in_.at_end()) return {};
    if (!check_syntax()) return std::unexpected(whole_text_fault(in_.problem()));
    restart();
    if (in_.peek() != '{') return std::unexpected(whole_text_fault(Problem::dataclass_type));
    careful_ = true;
    info.assign(object, info.defaults);
    static_cast<void>(read_object(layout, nullptr));
    if (!faults_.list.empty()) return std::unexpected(std::move(faults_));
    return {};
}

}  // namespace codec

namespace detail {

std::expected<std::size_t, Faults> decode_event(std::string_view bytes, const EventTypes& types,
                                                Emplace emplace, void* any, Unknown& unknown,
                                                const DecodeOptions& options) {
    return codec::Decoder(bytes, &types, options).read_event(emplace, any, unknown);
}

std::expected<void, Faults> decode_struct(std::string_view bytes, const StructInfo& info,
                                          void* object, const DecodeOptions& options) {
    return codec::Decoder(bytes, nullptr, options).read_struct(info, object);
}

}  // namespace detail

}  // namespace quipu
