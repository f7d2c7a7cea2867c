// SPDX-License-Identifier: Apache-2.0
// Any bytes as a token for Kafka, and as the claims of one: what is taken is whole and still good.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "check.hpp"
#include "quipu/base/base64.hpp"
#include "quipu/log/kafka/token.hpp"

namespace {

void look_at(const std::string& text) {
    const auto token = quipu::kafka::parse_token(text);
    if (!token) {
        fuzz::check(!token.error().message.empty());
        return;
    }
    fuzz::check(token->text == text && !token->principal.empty());
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    fuzz::check(token->expires_ms + 60'000 > now.count() && !fuzz::planted());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    look_at(bytes);
    std::string claims = quipu::to_base64(bytes);
    while (claims.ends_with('=')) claims.pop_back();
    look_at("e30." + claims + ".");
    return 0;
}
