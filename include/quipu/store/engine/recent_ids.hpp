// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <unordered_set>

#include "quipu/store/engine/values.hpp"

namespace quipu::stores {

/// Tells of most fresh ids, without a look at the file, that they were never stored.
///
/// UUIDs of version 7 grow with time. Every stored one above `floor` is kept here, so one above
/// `floor` that is not here is new. Others (version 4, times far ahead) get no answer.
class RecentIds {
  public:
    /// Begins with `floor`, the largest eligible id that is stored.
    void begin(const UuidBytes& floor);
    /// Gives no answers from here on.
    void give_up() noexcept { off_ = true; }

    [[nodiscard]] static bool eligible(const UuidBytes& id) noexcept;
    [[nodiscard]] bool certainly_new(const std::optional<UuidBytes>& id) const;
    void stored(const std::optional<UuidBytes>& id);

  private:
    struct Hash {
        // The last bytes of such an id are random.
        std::size_t operator()(const UuidBytes& id) const noexcept {
            std::size_t value = 0;
            std::memcpy(&value, id.data() + 8, sizeof value);
            return value ^ (value >> 29);
        }
    };
    using Set = std::unordered_set<UuidBytes, Hash>;

    bool off_ = true;
    UuidBytes floor_{};
    UuidBytes young_top_{};
    Set young_;
    Set old_;
    UuidBytes old_top_{};
};

}  // namespace quipu::stores
