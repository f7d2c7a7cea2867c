// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace quipu::sqlite {

class Reader;

/// Reads the whole file back within one snapshot and returns what is wrong with it; as
/// Store::verify.
[[nodiscard]] std::vector<std::string> verify_file(Reader& reader);

}  // namespace quipu::sqlite
