// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/engine/body_members.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstddef>

namespace quipu::stores {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kept_buffer = std::size_t{1} << 20;

/// The parser and the padded copy that it needs, kept per thread.
struct Scanner {
    ondemand::parser parser;
    std::string padded;

    simdjson::simdjson_result<ondemand::document> scan(std::string_view json) {
        padded.reserve(json.size() + simdjson::SIMDJSON_PADDING);
        padded.assign(json);
        return parser.iterate(padded.data(), json.size(), padded.capacity());
    }
    void trim() {
        if (padded.capacity() > kept_buffer) {
            padded = {};
            parser = ondemand::parser();
        }
    }
};

Scanner& scanner() {
    thread_local Scanner instance;
    return instance;
}

std::string_view without_space(std::string_view token) {
    const auto last = token.find_last_not_of(" \t\r\n");
    return last == std::string_view::npos ? std::string_view{} : token.substr(0, last + 1);
}

std::optional<std::string> scalar_text(ondemand::value value) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    if (type == ondemand::json_type::string) {
        std::string_view text;
        if (value.get_string().get(text) != simdjson::SUCCESS) {
            return std::nullopt;
        }
        return std::string(text);
    }
    if (type == ondemand::json_type::number || type == ondemand::json_type::boolean) {
        return std::string(without_space(value.raw_json_token()));
    }
    return std::nullopt;
}

bool is_segment_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_';
}

}  // namespace

std::optional<std::string> member_text(std::string_view body, std::string_view pointer) {
    auto& scan = scanner();
    std::optional<std::string> text;
    ondemand::document document;
    ondemand::value value;
    if (scan.scan(body).get(document) == simdjson::SUCCESS &&
        document.at_pointer(pointer).get(value) == simdjson::SUCCESS) {
        text = scalar_text(value);
    }
    scan.trim();
    return text;
}

std::string execution_id_of(std::string_view body) {
    if (body.find("\"execution_id\"") == std::string_view::npos) {
        return {};
    }
    auto& scan = scanner();
    std::string id;
    ondemand::document document;
    ondemand::object object;
    std::string_view text;
    if (scan.scan(body).get(document) == simdjson::SUCCESS &&
        document.get_object().get(object) == simdjson::SUCCESS &&
        object.find_field_unordered("execution_id").get_string().get(text) == simdjson::SUCCESS) {
        id = text;
    }
    scan.trim();
    return id;
}

std::optional<std::string> member_pointer(std::string_view path) {
    constexpr std::size_t most_segments = 16;
    if (path.empty() || path.size() > 512 ||
        std::count(path.begin(), path.end(), '.') >= static_cast<std::ptrdiff_t>(most_segments)) {
        return std::nullopt;
    }
    std::string pointer = "/";
    for (const char letter : path) {
        if (letter == '.' && pointer.back() != '/') {
            pointer.push_back('/');
        } else if (is_segment_letter(letter)) {
            pointer.push_back(letter);
        } else {
            return std::nullopt;
        }
    }
    return pointer.back() == '/' ? std::nullopt : std::optional(std::move(pointer));
}

Error bad_member_path() {
    return {ErrorCode::invalid,
            "a member path is made of at most 16 names of letters, digits and underscores with "
            "points between them, such as metadata.user_id"};
}

}  // namespace quipu::stores
