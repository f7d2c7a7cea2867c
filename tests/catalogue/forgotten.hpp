// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "events.hpp"

/* The catalogue does not list them.
   struct Nobody { static constexpr std::string_view event_type = "nobody"; }; */
struct OrderLost {
    static constexpr std::string_view event_type = "order_lost";
};
struct OrderStolen {
    static constexpr std::string_view event_type{"order_stolen"};
};
