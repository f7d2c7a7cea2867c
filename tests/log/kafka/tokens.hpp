// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "quipu/base/base64.hpp"
#include "store/support.hpp"
#include "support/temp_directory.hpp"

namespace quipu::test {

/// An unsigned JSON Web Token with these claims; brokers that are set up for tests take such ones.
[[nodiscard]] inline std::string token_of(std::string_view claims) {
    const auto part = [](std::string_view bytes) {
        std::string text = to_base64(bytes);
        text.erase(std::ranges::find(text, '='), text.end());
        std::ranges::replace(text, '+', '-');
        std::ranges::replace(text, '/', '_');
        return text;
    };
    return part(R"({"alg":"none"})") + '.' + part(claims) + '.';
}

/// A token that is valid for the given time from now.
[[nodiscard]] inline std::string token_for(const std::string& subject, std::chrono::seconds time) {
    const auto end =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now() + time);
    return token_of(R"({"sub":")" + subject + R"(","exp":)" +
                    std::to_string(end.time_since_epoch().count()) + "}");
}

/// A file for a token, which does not exist before it is written. Gone at the end.
class TokenFile {
  public:
    /// Replaces the file atomically: readers find the old content or the new one.
    void write(const std::string& content) const {
        const std::filesystem::path fresh = directory() / "fresh";
        std::ofstream(fresh) << content;
        std::filesystem::rename(fresh, path());
    }
    [[nodiscard]] const std::filesystem::path& directory() const noexcept {
        return directory_.path();
    }
    [[nodiscard]] std::string path() const { return directory() / "token"; }
    [[nodiscard]] std::string url() const { return "file://" + path(); }

  private:
    TempDirectory directory_;
};

}  // namespace quipu::test
