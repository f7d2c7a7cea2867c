// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace quipu {

/// `text` on one line, with control characters and malformed UTF-8 made visible, so that it is safe
/// on a terminal. Needed for everything that foreign producers choose: ids, keys, headers.
[[nodiscard]] std::string printable(std::string_view text);

/// Valid JSON spread over lines, two spaces a level, safe on a terminal.
[[nodiscard]] std::string pretty_json(std::string_view text);

/// Valid JSON on one line, without insignificant white space, in valid UTF-8.
[[nodiscard]] std::string compact_json(std::string_view text);

/// "17 B", "3.2 KiB", "1.0 GiB".
[[nodiscard]] std::string format_bytes(std::int64_t bytes);

/// Columns under headings, each as wide as its widest cell. Cells are made printable.
class Table {
  public:
    explicit Table(std::vector<std::string> headings);
    void add(std::vector<std::string> cells);
    void print(std::ostream& out) const;

  private:
    std::vector<std::vector<std::string>> rows_;  // the headings first
};

}  // namespace quipu
