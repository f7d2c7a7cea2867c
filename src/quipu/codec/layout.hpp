// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "quipu/event/field.hpp"
#include "quipu/event/type_info.hpp"

namespace quipu::codec {

/// The fields of a JSON object: those of one struct, or those of the header and then those of the
/// event's struct. Indexes count through both.
class Layout {
  public:
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);
    static constexpr std::size_t most_fields = 64;

    Layout(const StructInfo& info, void* object) noexcept
        : second_{info.fields.data(), object}, size_(info.fields.size()) {}
    Layout(const StructInfo& header, void* header_object, const StructInfo& info,
           void* object) noexcept
        : first_{header.fields.data(), header_object},
          second_{info.fields.data(), object},
          first_size_(header.fields.size()),
          size_(first_size_ + info.fields.size()) {}

    /// Receives unknown fields; null drops them. `canonical` chooses their form, see
    /// value_text.hpp.
    Extra* extra = nullptr;
    bool canonical_extra = false;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const FieldInfo& at(std::size_t index) const noexcept {
        return index < first_size_ ? first_.fields[index] : second_.fields[index - first_size_];
    }
    [[nodiscard]] void* object_of(std::size_t index) const noexcept {
        return index < first_size_ ? first_.object : second_.object;
    }
    /// The index of a name; npos if there is none. The search starts at `hint` and wraps around.
    [[nodiscard]] std::size_t find(std::string_view name, std::size_t hint) const noexcept {
        for (std::size_t index = hint; index < size_; ++index) {
            if (at(index).name == name) return index;
        }
        for (std::size_t index = 0; index < hint; ++index) {
            if (at(index).name == name) return index;
        }
        return npos;
    }

  private:
    struct Part {
        const FieldInfo* fields = nullptr;
        void* object = nullptr;
    };
    Part first_;
    Part second_;
    std::size_t first_size_ = 0;
    std::size_t size_ = 0;
};

}  // namespace quipu::codec
