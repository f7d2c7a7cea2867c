#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "quipu/codec/base64.hpp"

namespace quipu::test {

/// An unsigned JSON Web Token with these claims; brokers that are set up for tests take such ones.
[[nodiscard]] inline std::string token_of(std::string_view claims) {
    const auto part = [](std::string_view bytes) {
        std::string text = codec::to_base64(bytes);
        text.erase(std::ranges::find(text, '='), text.end());
        std::ranges::replace(text, '+', '-');
        std::ranges::replace(text, '/', '_');
        return text;
    };
    return part(R"({"alg":"none"})") + '.' + part(claims) + '.';
}

/// One that is good for so long from now.
[[nodiscard]] inline std::string token_for(const std::string& subject, std::chrono::seconds time) {
    const auto end =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now() + time);
    return token_of(R"({"sub":")" + subject + R"(","exp":)" +
                    std::to_string(end.time_since_epoch().count()) + "}");
}

/// A file for a token, which does not exist before it is written. Gone at the end.
class TokenFile {
  public:
    TokenFile() {
        std::string pattern = std::filesystem::temp_directory_path() / "quipu-token-XXXXXX";
        directory_ = ::mkdtemp(pattern.data());
        path_ = directory_ / "token";
    }
    ~TokenFile() { std::filesystem::remove_all(directory_); }
    TokenFile(const TokenFile&) = delete;
    TokenFile& operator=(const TokenFile&) = delete;

    /// Whoever reads it finds the old content or the new one.
    void write(const std::string& content) const {
        const std::filesystem::path fresh = directory_ / "fresh";
        std::ofstream(fresh) << content;
        std::filesystem::rename(fresh, path_);
    }
    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
    [[nodiscard]] std::string path() const { return path_; }
    [[nodiscard]] std::string url() const { return "file://" + path(); }

  private:
    std::filesystem::path directory_;
    std::filesystem::path path_;
};

}  // namespace quipu::test
