// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/store/query.hpp"
#include "quipu/store/record.hpp"

namespace quipu::stores {

/// Where a condition looks: a path into the body or the name of a header.
class FieldPath {
  public:
    /// Nothing for a path that is not as FieldCondition::field says.
    [[nodiscard]] static std::optional<FieldPath> parse(std::string_view path,
                                                        FieldCondition::Source source);

    [[nodiscard]] FieldCondition::Source source() const noexcept { return source_; }
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
    /// Equal for equal places, however they are written: "a.b" for a body, "#name" for a header.
    [[nodiscard]] std::string canonical() const;
    /// What canonical() gave.
    [[nodiscard]] static FieldPath from_canonical(std::string_view canonical);

    friend bool operator==(const FieldPath&, const FieldPath&) = default;

  private:
    std::vector<std::string> names_;
    FieldCondition::Source source_ = FieldCondition::Source::body;
};

/// What to say when FieldPath::parse gives nothing.
[[nodiscard]] Error bad_field_path(std::string_view path);

/// The string, number, boolean or null at `path`, the first where a name repeats. Nothing for an
/// absent field, an object, a list, and a body that is no JSON object.
[[nodiscard]] std::optional<FieldValue> field_value(std::string_view body,
                                                    const RecordHeaders& headers,
                                                    const FieldPath& path);

/// The value of a JSON text that is a string, number, boolean or null; nothing for other text.
[[nodiscard]] std::optional<FieldValue> scalar_value(std::string_view json);

/// Whether the event meets the condition, which has a valid path.
[[nodiscard]] bool meets(std::string_view body, const RecordHeaders& headers,
                         const FieldCondition& condition);

/// A value of an indexed field in an event.
struct IndexedValue {
    std::size_t field = 0;  ///< in IndexedFields::paths()
    FieldValue value;
};

/// The fields that a store keeps an index of: the user and the correlation id, which every event
/// may have, and what the program's events declare.
class IndexedFields {
  public:
    /// `declared` are names at the top level of the JSON.
    explicit IndexedFields(std::vector<std::string> declared);

    /// As FieldPath::canonical; each once.
    [[nodiscard]] const std::vector<std::string>& paths() const noexcept { return paths_; }
    /// The values that field_value() gives for these paths, in one walk over the body.
    [[nodiscard]] std::vector<IndexedValue> values(std::string_view body,
                                                   const RecordHeaders& headers) const;

  private:
    /// False when the body is broken JSON in a way that a walk for one field may not meet.
    bool collect(std::string_view body, std::vector<IndexedValue>& values) const;

    std::vector<std::string> paths_;
    std::vector<std::string> names_;  ///< of paths_, from `first_declared` on
};

/// A value's text in an index. A long one is cut and ends with a checksum, so that an entry stays
/// small; what it leads to must be compared with the whole value.
[[nodiscard]] std::string index_text(const FieldValue& value);

}  // namespace quipu::stores
