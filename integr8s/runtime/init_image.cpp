// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/init_image.hpp"

#include <cstddef>

// Embedded in this program, so that there is no second file to install, find or confuse.
asm(".pushsection .rodata\n"
    ".balign 16\n"
    ".global integr8s_pod_init_begin\n"
    "integr8s_pod_init_begin:\n"
    ".incbin \"" INTEGR8S_POD_INIT
    "\"\n"
    ".global integr8s_pod_init_end\n"
    "integr8s_pod_init_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
extern const char integr8s_pod_init_begin[];
extern const char integr8s_pod_init_end[];
}

namespace integr8s::runtime {

std::string_view pod_init_image() noexcept {
    const char* const begin = integr8s_pod_init_begin;
    return {begin, static_cast<std::size_t>(integr8s_pod_init_end - begin)};
}

}  // namespace integr8s::runtime
