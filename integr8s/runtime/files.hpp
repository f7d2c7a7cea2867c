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

/// A file in memory that holds `bytes` and cannot be changed any more, open at its start. Does not
/// need /proc, which is closed to a program that has switched its core dumps off.
[[nodiscard]] quipu::Result<quipu::Descriptor> memory_file(std::string_view bytes);

/// What is left to read from `fd`.
[[nodiscard]] std::string read_rest(int fd);

/// The text of `code` as errno has it.
[[nodiscard]] std::string errno_text(int code);

/// The content of a small file; empty when it cannot be read.
[[nodiscard]] std::string read_text(const std::string& path);

}  // namespace integr8s::runtime
