// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace integr8s::runtime {

/// The program that is the first process of each pod (see init/pod_init.cpp), as a whole file.
[[nodiscard]] std::string_view pod_init_image() noexcept;

}  // namespace integr8s::runtime
