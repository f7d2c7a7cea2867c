// SPDX-License-Identifier: Apache-2.0
// expect: OrderLost
// expect: this event is not in the catalogue. Add the struct to the Catalogue
#include <quipu/delivery/publisher.hpp>

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
    std::string order_id;
};
struct OrderLost {
    static constexpr std::string_view event_type = "order_lost";
    std::string order_id;
};

using Events = quipu::Catalogue<OrderPlaced>;

bool publish(quipu::Publisher<Events> publisher) {
#ifdef RIGHT
    return publisher.publish(OrderPlaced{.order_id = "o-1"}).has_value();
#else
    return publisher.publish(OrderLost{.order_id = "o-1"}).has_value();
#endif
}
