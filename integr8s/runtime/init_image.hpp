// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace integr8s::runtime {

/// The executable of the first process of each pod (see init/pod_init.cpp), as the bytes of its
/// file.
[[nodiscard]] std::string_view pod_init_image() noexcept;

}  // namespace integr8s::runtime
