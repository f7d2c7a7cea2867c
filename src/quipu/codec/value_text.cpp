// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/value_text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "quipu/codec/coerce.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/codec/number_text.hpp"

namespace quipu::codec {

namespace {

/// A member of an object in the output: where its name begins and its value ends.
struct Written {
    std::size_t begin = 0;
    std::size_t colon = 0;
    std::size_t end = 0;
};

/// Removes repeated names: the first occurrence keeps its place and gets the value of the last.
/// `open` is the position of the object's brace in `out`, which ends with the last member.
void drop_repeated(std::string& out, std::size_t open, const std::vector<Written>& members) {
    const auto name = [&](const Written& m) {
        return std::string_view(out).substr(m.begin, m.colon - m.begin);
    };
    std::vector<std::size_t> order(members.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const int compared = name(members[a]).compare(name(members[b]));
        return compared != 0 ? compared < 0 : a < b;
    });
    std::vector<std::size_t> last(members.size());
    std::vector<bool> first(members.size(), true);
    bool repeated = false;
    for (std::size_t i = 0; i < order.size();) {
        std::size_t next = i + 1;
        while (next < order.size() && name(members[order[next]]) == name(members[order[i]])) {
            first[order[next++]] = false;
        }
        last[order[i]] = order[next - 1];
        repeated = repeated || next > i + 1;
        i = next;
    }
    if (!repeated) return;
    std::string kept;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (!first[i]) continue;
        if (!kept.empty()) kept += ',';
        kept += name(members[i]);
        const Written& from = members[last[i]];
        kept.append(out, from.colon, from.end - from.colon);
    }
    out.replace(open + 1, std::string::npos, kept);
}

class CanonicalCopy {
  public:
    CanonicalCopy(JsonReader& reader, std::string& out) : in_(reader), out_(out) {}

    // JsonReader limits the depth and thus the recursion.
    bool value() {  // NOLINT(misc-no-recursion)
        switch (const char c = in_.peek()) {
            case '{': return object();
            case '[': return list();
            case '"': return string();
            case 't': return literal("true");
            case 'f': return literal("false");
            case 'n': return literal("null");
            default: return starts_number(c) ? number() : in_.malformed();
        }
    }

  private:
    bool object() {  // NOLINT(misc-no-recursion)
        if (!in_.enter()) return false;
        const std::size_t open = out_.size();
        out_ += '{';
        std::vector<Written> members;
        for (bool first = true, more = true;; first = false) {
            if (!in_.next_element('}', first, more)) return false;
            if (!more) break;
            if (!first) out_ += ',';
            StringToken key;
            if (!in_.read_key(key)) return false;
            Written member{out_.size(), 0, 0};
            append_json_string(out_, text_of(key, scratch_));
            member.colon = out_.size();
            out_ += ':';
            if (!value()) return false;
            member.end = out_.size();
            members.push_back(member);
        }
        in_.leave();
        if (members.size() > 1) drop_repeated(out_, open, members);
        out_ += '}';
        return true;
    }
    bool list() {  // NOLINT(misc-no-recursion)
        if (!in_.enter()) return false;
        out_ += '[';
        for (bool first = true, more = true;; first = false) {
            if (!in_.next_element(']', first, more)) return false;
            if (!more) break;
            if (!first) out_ += ',';
            if (!value()) return false;
        }
        in_.leave();
        out_ += ']';
        return true;
    }
    bool string() {
        StringToken token;
        if (!in_.read_string(token)) return false;
        append_json_string(out_, text_of(token, scratch_));
        return true;
    }
    bool number() {
        NumberToken token;
        if (!in_.read_number(token)) return false;
        if (token.form != NumberToken::Form::integer) {
            append_double(out_, to_double(token));
        } else {
            out_ += token.raw == "-0" ? std::string_view("0") : token.raw;
        }
        return true;
    }
    bool literal(std::string_view word) {
        out_ += word;
        return in_.read_literal(word);
    }

    JsonReader& in_;
    std::string& out_;
    std::string scratch_;
};

/// Appends `text`, which must be valid, without white space between tokens and with null for the
/// literals that are not JSON.
void append_minified(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        std::size_t size = 1;
        if (c == '"') {
            while (text[i + size] != '"') size += text[i + size] == '\\' ? 2U : 1U;
            ++size;
        }
        const std::string_view rest = text.substr(i);
        if (c == 'N' || c == 'I' || (c == '-' && rest.size() > 1 && rest[1] == 'I')) {
            size = c == 'N' ? 3 : 8;  // NaN, Infinity, -Infinity
            if (c == '-') size = 9;
            out += "null";
        } else if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            out += rest.substr(0, size);
        }
        i += size;
    }
}

}  // namespace

bool copy_verbatim(JsonReader& reader, std::string& out) {
    static_cast<void>(reader.peek());
    const char* begin = reader.position();
    if (!reader.skip_value()) return false;
    append_minified(out, {begin, static_cast<std::size_t>(reader.position() - begin)});
    return true;
}

bool copy_canonical(JsonReader& reader, std::string& out) {
    return CanonicalCopy(reader, out).value();
}

}  // namespace quipu::codec
