// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "integr8s/domain/documents.hpp"
#include "quipu/delivery/handler.hpp"
#include "quipu/store/store.hpp"

namespace integr8s {

// The outputs of an execution. Events carry them as text within the codec's limit; the exact bytes
// are kept beside, in documents of their own that are small enough to be read again.

enum class Stream { out, err };

/// Bytes of an OutputChunk. Even where each becomes six characters of JSON ("\u0000"), the document
/// stays below the codec's limit of 1 MiB.
inline constexpr std::size_t chunk_bytes = 128 * 1024;

/// Characters that both outputs together may take in the JSON of an event.
inline constexpr std::size_t event_output_bytes = 768 * 1024;

/// Keeps the exact bytes of one stream of an execution.
void store_output(quipu::Documents& documents, std::string_view execution_id, Stream stream,
                  std::string_view bytes);

/// Reads back what store_output() kept; empty when it kept nothing. Errors: those of the store;
/// corrupt.
[[nodiscard]] quipu::Result<std::string> load_output(quipu::Store& store,
                                                     std::string_view execution_id, Stream stream);

/// Outputs as an event carries them.
struct EventOutput {
    std::string stdout_text;  ///< valid UTF-8
    std::string stderr_text;
    bool truncated = false;
};

/// Replaces what is not UTF-8 and cuts so that the JSON of both takes at most `budget` bytes; the
/// shorter one is cut last.
[[nodiscard]] EventOutput event_output(std::string_view stdout_bytes, std::string_view stderr_bytes,
                                       std::size_t budget = event_output_bytes);

/// Bytes that `text` (valid UTF-8) takes inside a JSON string.
[[nodiscard]] std::size_t json_bytes(std::string_view text) noexcept;

}  // namespace integr8s
