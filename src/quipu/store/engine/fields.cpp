// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/engine/fields.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "quipu/base/checksum.hpp"

namespace quipu::stores {
namespace {

namespace ondemand = simdjson::ondemand;
using Source = FieldCondition::Source;

constexpr std::size_t kept_buffer = std::size_t{1} << 20;
constexpr std::size_t names_max = 16;
constexpr std::size_t path_bytes_max = 512;
constexpr std::size_t entry_bytes_max = 128;
constexpr std::size_t kept_prefix = 96;

// The fields that every store indexes; what events declare comes after them.
constexpr std::size_t user_field = 0;
constexpr std::size_t correlation_field = 1;
constexpr std::size_t first_declared = 2;

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

/// Walks over a body. A walk that met broken JSON stops early, and what it found says nothing of
/// what comes behind.
class Walk {
  public:
    [[nodiscard]] bool broken() const noexcept { return broken_; }

    /// Calls `visit(name, value)` for the fields of an object until it returns false.
    template <class Visit>
    void each_field(ondemand::object object, Visit&& visit) {
        for (auto item : object) {
            ondemand::field field;
            if (std::move(item).get(field) != simdjson::SUCCESS) {
                broken_ = true;
                return;
            }
            const char* const begin = field.key().raw();
            std::size_t size = 0;
            bool escaped = false;
            while (begin[size] != '"') {
                escaped = escaped || begin[size] == '\\';
                size += begin[size] == '\\' ? 2 : 1;
            }
            std::string_view name(begin, size);
            if (escaped && field.unescaped_key().get(name) != simdjson::SUCCESS) {
                broken_ = true;
                return;
            }
            if (!visit(name, field.value())) {
                return;
            }
        }
    }

    std::optional<FieldValue> below(ondemand::object object, std::span<const std::string> names) {
        std::optional<FieldValue> found;
        each_field(object, [&](std::string_view name, ondemand::value value) {
            if (name != names.front()) {
                return true;
            }
            found = below(value, names.subspan(1));
            return false;
        });
        return found;
    }

    std::optional<FieldValue> below(ondemand::value value, std::span<const std::string> names) {
        if (names.empty()) {
            return scalar(value);
        }
        ondemand::json_type type{};
        if (value.type().get(type) != simdjson::SUCCESS) {
            broken_ = true;
            return std::nullopt;
        }
        ondemand::object object;
        ondemand::array array;
        if (type == ondemand::json_type::object &&
            value.get_object().get(object) == simdjson::SUCCESS) {
            return below(object, names);
        }
        if (type == ondemand::json_type::array &&
            value.get_array().get(array) == simdjson::SUCCESS) {
            return below(array, names);
        }
        return std::nullopt;
    }

    std::optional<FieldValue> scalar(ondemand::value value) {
        ondemand::json_type type{};
        if (value.type().get(type) != simdjson::SUCCESS) {
            broken_ = true;
            return std::nullopt;
        }
        if (type == ondemand::json_type::string) {
            std::string_view text;
            if (value.get_string().get(text) != simdjson::SUCCESS) {
                broken_ = true;
                return std::nullopt;
            }
            return FieldValue::text(text);
        }
        if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
            return std::nullopt;
        }
        const std::string_view token = without_space(value.raw_json_token());
        if (token == "true" || token == "false") {
            return FieldValue::boolean(token == "true");
        }
        return token == "null" ? FieldValue::null() : FieldValue::number(token);
    }

  private:
    std::optional<FieldValue> below(ondemand::array array, std::span<const std::string> names) {
        const std::string& text = names.front();
        std::size_t index = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
        if (error != std::errc{} || end != text.data() + text.size()) {
            return std::nullopt;
        }
        for (auto item : array) {
            ondemand::value value;
            if (std::move(item).get(value) != simdjson::SUCCESS) {
                broken_ = true;
                return std::nullopt;
            }
            if (index-- == 0) {
                return below(value, names.subspan(1));
            }
        }
        return std::nullopt;
    }

    bool broken_ = false;
};

bool is_plain(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

/// The name that begins `rest`, which is moved behind it; nothing where none begins.
std::optional<std::string> take_name(std::string_view& rest) {
    std::string name;
    if (!rest.starts_with('"')) {
        name = rest.substr(0, rest.find('.'));
        rest.remove_prefix(name.size());
        return is_plain(name) ? std::optional(std::move(name)) : std::nullopt;
    }
    rest.remove_prefix(1);
    while (!rest.empty() && rest.front() != '"') {
        if (rest.front() == '\\') {
            rest.remove_prefix(1);
            if (rest.empty() || (rest.front() != '"' && rest.front() != '\\')) {
                return std::nullopt;
            }
        }
        name.push_back(rest.front());
        rest.remove_prefix(1);
    }
    if (rest.empty()) {
        return std::nullopt;
    }
    rest.remove_prefix(1);
    return name;
}

std::string in_quotes(std::string_view name) {
    std::string text = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') {
            text.push_back('\\');
        }
        text.push_back(c);
    }
    return text + '"';
}

}  // namespace

std::optional<FieldPath> FieldPath::parse(std::string_view path, Source source) {
    if (path.empty() || path.size() > path_bytes_max) {
        return std::nullopt;
    }
    FieldPath out;
    out.source_ = source;
    if (source == Source::header) {
        out.names_.emplace_back(path);
        return out;
    }
    for (;;) {
        auto name = take_name(path);
        if (!name || out.names_.size() == names_max) {
            return std::nullopt;
        }
        out.names_.push_back(*std::move(name));
        if (path.empty()) {
            return out;
        }
        if (path.front() != '.') {
            return std::nullopt;
        }
        path.remove_prefix(1);
    }
}

std::string FieldPath::canonical() const {
    if (source_ == Source::header) {
        return "#" + names_.front();
    }
    std::string text;
    for (const std::string& name : names_) {
        text += text.empty() ? "" : ".";
        text += is_plain(name) ? name : in_quotes(name);
    }
    return text;
}

FieldPath FieldPath::from_canonical(std::string_view canonical) {
    const bool header = canonical.starts_with('#');
    return parse(canonical.substr(header ? 1 : 0), header ? Source::header : Source::body)
        .value_or(FieldPath{});
}

Error bad_field_path(std::string_view path) {
    constexpr std::size_t shown = 100;
    return {ErrorCode::invalid,
            "'" + std::string(path.substr(0, shown)) +
                "' is no path to a field: at most 16 names with points between them, such as "
                "metadata.user_id; a name with other characters than letters, digits and "
                "underscores stands in double quotes"};
}

std::optional<FieldValue> scalar_value(std::string_view json) {
    // A value of its own is awkward to walk; as an only field it is like any other.
    const std::string wrapped = "{\"v\":" + std::string(json) + "}";
    static const FieldPath path = FieldPath::from_canonical("v");
    return field_value(wrapped, {}, path);
}

std::optional<FieldValue> field_value(std::string_view body, const RecordHeaders& headers,
                                      const FieldPath& path) {
    if (path.names().empty()) {
        return std::nullopt;
    }
    if (path.source() == Source::header) {
        const auto value = headers.find(path.names().front());
        return value ? std::optional(FieldValue::text(*value)) : std::nullopt;
    }
    auto& scan = scanner();
    std::optional<FieldValue> found;
    ondemand::document document;
    ondemand::object object;
    if (scan.scan(body).get(document) == simdjson::SUCCESS &&
        document.get_object().get(object) == simdjson::SUCCESS) {
        found = Walk().below(object, path.names());
    }
    scan.trim();
    return found;
}

bool meets(std::string_view body, const RecordHeaders& headers, const FieldCondition& condition) {
    const auto path = FieldPath::parse(condition.field, condition.source);
    const auto value = path ? field_value(body, headers, *path) : std::nullopt;
    return value && std::ranges::find(condition.any_of, *value) != condition.any_of.end();
}

IndexedFields::IndexedFields(std::vector<std::string> declared)
    : paths_{"metadata.user_id", "#" + std::string(correlation_header)} {
    std::ranges::sort(declared);
    declared.erase(std::ranges::unique(declared).begin(), declared.end());
    for (std::string& name : declared) {
        paths_.push_back(is_plain(name) ? name : in_quotes(name));
        names_.push_back(std::move(name));
    }
}

std::vector<IndexedValue> IndexedFields::values(std::string_view body,
                                                const RecordHeaders& headers) const {
    std::vector<IndexedValue> values;
    values.reserve(paths_.size());
    if (!headers.empty()) {
        if (const auto id = headers.find(correlation_header)) {
            values.push_back({correlation_field, FieldValue::text(*id)});
        }
    }
    if (!collect(body, values)) {
        values.clear();
        for (std::size_t field = 0; field < paths_.size(); ++field) {
            if (auto value = field_value(body, headers, FieldPath::from_canonical(paths_[field]))) {
                values.push_back({field, *std::move(value)});
            }
        }
    }
    scanner().trim();
    return values;
}

bool IndexedFields::collect(std::string_view body, std::vector<IndexedValue>& values) const {
    static const std::vector<std::string> user{"user_id"};
    ondemand::document document;
    ondemand::object object;
    if (scanner().scan(body).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
        return true;
    }
    // A name that repeats counts where it comes first, whatever its value is.
    std::vector<bool> seen(paths_.size(), false);
    std::size_t awaited = names_.size() + 1;  // and the user
    Walk walk;
    walk.each_field(object, [&](std::string_view name, ondemand::value value) {
        const auto declared = std::ranges::find(names_, name);
        std::optional<FieldValue> found;
        std::size_t field = user_field;
        if (declared != names_.end()) {
            field = first_declared + static_cast<std::size_t>(declared - names_.begin());
            found = seen[field] ? std::nullopt : walk.scalar(value);
        } else if (name == "metadata" && !seen[user_field]) {
            found = walk.below(value, user);
        } else {
            return true;
        }
        if (!seen[field]) --awaited;
        seen[field] = true;
        if (found) {
            values.push_back({field, *std::move(found)});
        }
        return !walk.broken() && awaited != 0;
    });
    return !walk.broken();
}

std::string index_text(const FieldValue& value) {
    const std::string& text = value.canonical();
    if (text.size() <= entry_bytes_max) {
        return text;
    }
    std::size_t kept = kept_prefix;
    while ((static_cast<unsigned char>(text[kept]) & 0xC0U) == 0x80U && kept > 1) {
        --kept;  // no character is cut in two
    }
    return text.substr(0, kept) + "#" + std::to_string(crc32_of(0, text)) + "." +
           std::to_string(text.size());
}

}  // namespace quipu::stores
