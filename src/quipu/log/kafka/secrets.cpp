// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/secrets.hpp"

#include <algorithm>
#include <utility>

namespace quipu::kafka {

void Secrets::add(std::string value) {
    if (value.empty()) {
        return;
    }
    values_.push_back(std::move(value));
    std::ranges::sort(values_, std::ranges::greater{}, &std::string::size);
}

std::string Secrets::mask(std::string_view text) const {
    std::string masked(text);
    for (const std::string& value : values_) {
        for (auto at = masked.find(value); at != std::string::npos; at = masked.find(value, at)) {
            masked.replace(at, value.size(), "***");
            at += 3;
        }
    }
    return masked;
}

}  // namespace quipu::kafka
