// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/base/descriptor.hpp"
#include "quipu/base/error.hpp"

namespace integr8s::runtime {

struct Pipe {
    quipu::Descriptor read;
    quipu::Descriptor write;
};

/// A pipe whose ends are closed on exec.
[[nodiscard]] quipu::Result<Pipe> make_pipe();

/// Makes reads from `fd` return at once.
void set_nonblocking(int fd) noexcept;

/// A sealed file in memory with the content `bytes`, positioned at its start. Does not need /proc,
/// which is inaccessible to a program that has disabled its core dumps.
[[nodiscard]] quipu::Result<quipu::Descriptor> memory_file(std::string_view bytes);

/// Reads the rest of `fd`.
[[nodiscard]] std::string read_rest(int fd);

/// The description of the errno value `code`.
[[nodiscard]] std::string errno_text(int code);

/// The content of a small file; empty if it cannot be read.
[[nodiscard]] std::string read_text(const std::string& path);

}  // namespace integr8s::runtime
