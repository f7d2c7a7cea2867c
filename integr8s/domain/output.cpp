// SPDX-License-Identifier: Apache-2.0
#include "integr8s/domain/output.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "quipu/base/base64.hpp"
#include "quipu/base/text.hpp"
#include "quipu/codec/json.hpp"

namespace integr8s {
namespace {

std::string prefix_of(std::string_view execution_id, Stream stream) {
    return std::string(execution_id) + (stream == Stream::out ? "/stdout/" : "/stderr/");
}

/// The number with six digits, so that keys sort in the order of the chunks.
std::string chunk_key(const std::string& prefix, std::size_t index) {
    std::string digits = std::to_string(index);
    return prefix + std::string(6 - std::min<std::size_t>(6, digits.size()), '0') + digits;
}

bool continues_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// The longest prefix of at most `most` bytes that does not split a character.
std::size_t whole_characters(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text.size();
    std::size_t end = most;
    while (end > 0 && most - end < 4 && continues_character(text[end])) --end;
    return continues_character(text[end]) ? most : end;
}

std::size_t json_bytes_of(unsigned char byte) {
    switch (byte) {
        case '"':
        case '\\':
        case '\b':
        case '\f':
        case '\n':
        case '\r':
        case '\t': return 2;
        default: return byte < 0x20 ? 6 : 1;
    }
}

/// Truncates `text` (valid UTF-8) to what fits into `budget` bytes of JSON.
void cut_to(std::string& text, std::size_t budget) {
    std::size_t used = 0;
    std::size_t end = 0;
    while (end < text.size()) {
        const std::size_t more = json_bytes_of(static_cast<unsigned char>(text[end]));
        if (used + more > budget) break;
        used += more;
        ++end;
    }
    text.resize(whole_characters(text, end));
}

}  // namespace

void store_output(quipu::Documents& documents, std::string_view execution_id, Stream stream,
                  std::string_view bytes) {
    const std::string prefix = prefix_of(execution_id, stream);
    for (std::size_t index = 0; !bytes.empty(); ++index) {
        const std::string_view piece = bytes.substr(0, whole_characters(bytes, chunk_bytes));
        OutputChunk chunk;
        if (quipu::is_valid_utf8(piece)) {
            chunk.text = std::string(piece);
        } else {
            chunk.base64 = quipu::to_base64(piece);
        }
        documents.put(chunk_key(prefix, index), chunk);
        bytes.remove_prefix(piece.size());
    }
}

quipu::Result<std::string> load_output(quipu::Store& store, std::string_view execution_id,
                                       Stream stream) {
    constexpr std::size_t page = 32;
    const std::string prefix = prefix_of(execution_id, stream);
    std::string bytes;
    std::string after;
    while (true) {
        auto found = store.documents(OutputChunk::collection, prefix, after, page);
        if (!found) return std::unexpected(std::move(found.error()));
        for (const quipu::Document& document : *found) {
            auto chunk = quipu::from_json<OutputChunk>(document.body);
            if (!chunk) {
                return quipu::fail(quipu::ErrorCode::corrupt,
                                   "output " + document.key + ": " + chunk.error().summary());
            }
            if (chunk->text) bytes += *chunk->text;
            if (!chunk->base64) continue;
            auto decoded = quipu::from_base64(*chunk->base64);
            if (!decoded) return quipu::fail(quipu::ErrorCode::corrupt, "bad base64 text");
            bytes += *decoded;
        }
        if (found->size() < page) return bytes;
        after = found->back().key;
    }
}

EventOutput event_output(std::string_view stdout_bytes, std::string_view stderr_bytes,
                         std::size_t budget) {
    EventOutput output{quipu::to_valid_utf8(stdout_bytes), quipu::to_valid_utf8(stderr_bytes),
                       false};
    const std::size_t out = json_bytes(output.stdout_text);
    const std::size_t err = json_bytes(output.stderr_text);
    if (out + err <= budget) return output;
    output.truncated = true;
    const std::size_t half = budget / 2;
    cut_to(output.stdout_text, err < half ? budget - err : half);
    cut_to(output.stderr_text, budget - json_bytes(output.stdout_text));
    return output;
}

std::size_t json_bytes(std::string_view text) noexcept {
    std::size_t bytes = 0;
    for (const char byte : text) bytes += json_bytes_of(static_cast<unsigned char>(byte));
    return bytes;
}

}  // namespace integr8s
