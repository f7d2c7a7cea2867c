// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "integr8s/domain/documents.hpp"
#include "quipu/delivery/handler.hpp"
#include "quipu/store/store.hpp"

namespace integr8s {

// The outputs of an execution. Events carry them as text, truncated to the codec's limit; the exact
// bytes are stored in documents of their own, in chunks that stay below that limit.

enum class Stream { out, err };

/// The size of an OutputChunk in bytes. Even if each byte becomes six characters of JSON
/// ("\u0000"), the document stays below the codec's limit of 1 MiB.
inline constexpr std::size_t chunk_bytes = 128 * 1024;

/// The largest size of both outputs together in the JSON of an event, in bytes.
inline constexpr std::size_t event_output_bytes = 768 * 1024;

/// Stores the exact bytes of one output stream of an execution.
void store_output(quipu::Documents& documents, std::string_view execution_id, Stream stream,
                  std::string_view bytes);

/// Reads what store_output() stored; empty if it stored nothing. Errors: those of the store;
/// corrupt.
[[nodiscard]] quipu::Result<std::string> load_output(quipu::Store& store,
                                                     std::string_view execution_id, Stream stream);

/// The outputs in the form that events carry.
struct EventOutput {
    std::string stdout_text;  ///< valid UTF-8
    std::string stderr_text;
    bool truncated = false;
};

/// Replaces what is not UTF-8 and truncates the outputs so that the JSON of both has at most
/// `budget` bytes. The longer one is truncated first.
[[nodiscard]] EventOutput event_output(std::string_view stdout_bytes, std::string_view stderr_bytes,
                                       std::size_t budget = event_output_bytes);

/// The number of bytes of `text` (valid UTF-8) inside a JSON string.
[[nodiscard]] std::size_t json_bytes(std::string_view text) noexcept;

}  // namespace integr8s
