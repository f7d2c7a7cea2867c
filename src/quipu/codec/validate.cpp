// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/validate.hpp"

#include <istream>
#include <ostream>

#include "quipu/base/base64.hpp"
#include "quipu/base/text.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/codec/json_reader.hpp"
#include "quipu/codec/value_text.hpp"

namespace quipu {

namespace {

struct Case {
    std::string id = "null";  // as JSON
    std::string input;
    bool has_input = false;
};

bool read_input(codec::JsonReader& reader, bool base64, Case& out) {
    codec::StringToken token;
    if (reader.peek() != '"' || !reader.read_string(token)) return false;
    codec::unescape(token, out.input);
    out.has_input = true;
    if (!base64) return true;
    auto bytes = from_base64(out.input);
    if (!bytes) return false;
    out.input = std::move(*bytes);
    return true;
}

bool read_case(std::string_view line, Case& out) {
    constexpr std::size_t depth = 64;
    if (!is_valid_utf8(line)) return false;
    codec::JsonReader reader(line, depth);
    if (reader.peek() != '{' || !reader.enter()) return false;
    for (bool first = true, more = true;; first = false) {
        if (!reader.next_element('}', first, more)) return false;
        if (!more) return reader.at_end() && out.has_input;
        codec::StringToken key;
        if (!reader.read_key(key)) return false;
        if (key.raw == "id") {
            out.id.clear();
            if (!codec::copy_canonical(reader, out.id)) return false;
        } else if (key.raw == "input" || key.raw == "input_b64") {
            if (!read_input(reader, key.raw == "input_b64", out)) return false;
        } else if (!reader.skip_value()) {
            return false;
        }
    }
}

void append_location(std::string& out, const std::vector<Fault::Step>& location) {
    out += '[';
    for (std::size_t i = 0; i < location.size(); ++i) {
        if (i > 0) out += ',';
        if (const auto* name = std::get_if<std::string>(&location[i])) {
            append_json_string(out, *name);
        } else {
            out += std::to_string(std::get<std::int64_t>(location[i]));
        }
    }
    out += ']';
}

void append_errors(std::string& out, const Faults& faults) {
    out += R"("ok":false,"errors":[)";
    for (std::size_t i = 0; i < faults.list.size(); ++i) {
        if (i > 0) out += ',';
        out += R"({"type":)";
        append_json_string(out, faults.list[i].kind);
        out += R"(,"loc":)";
        append_location(out, faults.list[i].location);
        out += R"(,"msg":)";
        append_json_string(out, faults.list[i].message);
        out += '}';
    }
    out += ']';
}

/// Escapes the three characters that many programs treat as the end of a line (U+0085, U+2028,
/// U+2029). In JSON they occur in strings only.
std::string escape_line_ends(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    for (std::size_t i = 0; i < json.size();) {
        const std::string_view rest = json.substr(i);
        if (rest.starts_with("\xC2\x85")) {
            out += "\\u0085";
            i += 2;
        } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
            out += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
            i += 3;
        } else {
            out += rest[0];
            ++i;
        }
    }
    return out;
}

}  // namespace

std::string validate_line(std::string_view line, const Canonical& canonical) {
    Case given;
    if (!read_case(line, given)) {
        return R"({"id":null,"ok":false,"errors":[{"type":"value_error","loc":[],)"
               R"("msg":"the line is not an object with id and input or input_b64"}]})";
    }
    std::string out = R"({"id":)" + given.id + ',';
    const auto verdict = canonical(given.input);
    if (verdict) {
        out += R"("ok":true,"output":)";
        append_json_string(out, *verdict);
    } else {
        append_errors(out, verdict.error());
    }
    out += '}';
    return escape_line_ends(out);
}

void validate_lines(std::istream& in, std::ostream& out, const Canonical& canonical) {
    for (std::string line; std::getline(in, line);) {
        if (!line.empty()) out << validate_line(line, canonical) << '\n';
    }
    out.flush();
}

}  // namespace quipu
