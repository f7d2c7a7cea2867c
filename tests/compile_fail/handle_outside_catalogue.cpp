// SPDX-License-Identifier: Apache-2.0
// expect: Warehouse
// expect: this group has an `on` for an event that is not in the catalogue
#include <quipu/delivery/handler.hpp>

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
    std::string order_id;
};
struct OrderLost {
    static constexpr std::string_view event_type = "order_lost";
    std::string order_id;
};

struct Warehouse {
    static constexpr std::string_view group = "warehouse";
    void on(const quipu::Event<OrderPlaced>&) {}
#ifndef RIGHT
    void on(const quipu::Event<OrderLost>&, quipu::Documents&) {}
#endif
};

using Events = quipu::Catalogue<OrderPlaced>;
int main() {
    Warehouse warehouse;
    return static_cast<int>(quipu::bind_group<Events>(warehouse).subscriptions.size());
}
