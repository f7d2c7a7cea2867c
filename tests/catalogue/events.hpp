// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

// struct Commented { static constexpr std::string_view event_type = "commented_out"; };
struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
    std::string order_id;
};
