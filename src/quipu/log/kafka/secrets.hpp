// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quipu::kafka {

/// Values that must not appear in any text.
class Secrets {
  public:
    void add(std::string value);
    /// `text` with "***" in place of each secret.
    [[nodiscard]] std::string mask(std::string_view text) const;

  private:
    std::vector<std::string> values_;  ///< longest first: one may be part of another
};

}  // namespace quipu::kafka
