// SPDX-License-Identifier: Apache-2.0
// flags: -Werror=missing-field-initializers
// expect: OrderPlaced
// expect: amount
#include <quipu/event/event.hpp>

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
    std::string order_id;
    double amount;
    quipu::Default<std::string> currency = std::string("EUR");
    std::optional<std::string> note = {};
};

OrderPlaced place() {
#ifdef RIGHT
    return OrderPlaced{.order_id = "o-1", .amount = 12.5};
#else
    return OrderPlaced{.order_id = "o-1"};
#endif
}
