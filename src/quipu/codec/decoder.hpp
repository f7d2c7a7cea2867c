// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "quipu/codec/fault_kind.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/codec/json_reader.hpp"
#include "quipu/codec/layout.hpp"
#include "quipu/codec/scalar_decoder.hpp"

namespace quipu::codec {

/// The location of a value, as a chain from the innermost step outwards.
struct Path {
    const Path* outer = nullptr;
    std::string_view name = {};
    std::int64_t index = -1;  ///< index in a list; -1 if the step is `name`
};

/// Decodes one JSON text into structs, driven by their StructInfo.
///
/// First it tries a fast single pass, which accepts fields in any order and stops at the first
/// irregularity, such as a fault or a repeated name. Then it decodes the text again carefully: it
/// checks the syntax of the whole text, reads the fields in the order of the struct, each at its
/// last occurrence, and collects all faults. Valid text is thus fast, and invalid text gets a
/// complete report.
class Decoder {
  public:
    /// If `types` is null, names of event types are only checked for their form.
    Decoder(std::string_view text, const EventTypes* types, const DecodeOptions& options) noexcept;

    [[nodiscard]] std::expected<std::size_t, Faults> read_event(detail::Emplace emplace, void* any,
                                                                Unknown& unknown);
    [[nodiscard]] std::expected<void, Faults> read_struct(const StructInfo& info, void* object);

  private:
    // The text as a whole.
    [[nodiscard]] bool check_text() noexcept;
    [[nodiscard]] bool check_syntax();
    void restart() noexcept;
    [[nodiscard]] bool find_type_quickly(std::string_view& type);
    /// Finds the last event_type. Without a usable one, returns the fault.
    [[nodiscard]] FaultKind find_type_carefully(std::string& type);
    [[nodiscard]] bool read_event_quickly(detail::Emplace emplace, void* any, std::size_t& index);
    [[nodiscard]] std::size_t read_event_carefully(detail::Emplace emplace, void* any,
                                                   Unknown& unknown);
    [[nodiscard]] Layout event_layout(const EventInfo& info, const EventTarget& target) const;
    [[nodiscard]] static Layout struct_layout(const StructInfo& info, void* object);

    // Objects. The functions below return false to stop: the text is invalid, a fault was found
    // (first pass), or max_faults have been found (second pass).
    [[nodiscard]] bool read_object(const Layout& layout, const Path* outer);
    [[nodiscard]] bool read_object_quickly(const Layout& layout, const Path* outer);
    [[nodiscard]] bool read_object_carefully(const Layout& layout, const Path* outer);
    [[nodiscard]] bool read_field_quickly(const FieldInfo& field, void* object, const Path& path);
    /// Reads a name and looks it up, starting at `hint`. `index` is npos for an unknown name, which
    /// is then in name_ if the layout keeps unknown fields.
    [[nodiscard]] bool find_field(const Layout& layout, std::size_t hint, std::size_t& index);
    [[nodiscard]] bool take_unknown(const Layout& layout);
    [[nodiscard]] bool fill_absent(const Layout& layout, std::uint64_t seen);
    void generate(const FieldInfo& field, void* object);
    [[nodiscard]] bool read_event_type();

    // Values.
    [[nodiscard]] bool read_field(const FieldInfo& field, void* object, const Path& path);
    [[nodiscard]] bool read_element(const TypeInfo& type, void* at, const Path& path);
    [[nodiscard]] bool read_value(const TypeInfo& type, void* at, const Path& path);
    [[nodiscard]] bool read_structure(const TypeInfo& type, void* at, const Path& path);
    [[nodiscard]] bool read_list(const TypeInfo& type, void* at, const Path& path);
    [[nodiscard]] bool read_map(const TypeInfo& type, void* at, const Path& path);
    [[nodiscard]] bool read_json(void* at);

    // Faults.
    [[nodiscard]] bool refuse(FaultKind kind, const char* value, const Path& path,
                              const EnumInfo* allowed = nullptr);
    void add_fault(FaultKind kind, const Path* path, std::string message);
    [[nodiscard]] bool full() const noexcept;
    [[nodiscard]] Faults whole_text_fault(FaultKind kind, std::string message = {}) const;

    std::string_view text_;
    const EventTypes* types_;
    const DecodeOptions& options_;
    JsonReader in_;
    ScalarDecoder scalars_;
    bool careful_ = false;
    std::string_view expected_type_;
    std::string name_;  // of a field, if it has escapes or is unknown
    std::string scratch_;
    Faults faults_;
};

}  // namespace quipu::codec
