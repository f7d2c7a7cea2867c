// SPDX-License-Identifier: Apache-2.0
// expect: OrderShipped
// expect: no group handles this event of the catalogue
#include <quipu/app/app.hpp>

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
    std::string order_id;
};
struct OrderShipped {
    static constexpr std::string_view event_type = "order_shipped";
    std::string order_id;
};

struct Warehouse {
    static constexpr std::string_view group = "warehouse";
    void on(const quipu::Event<OrderPlaced>&) {}
};

#ifdef RIGHT
using Events = quipu::Catalogue<OrderPlaced, quipu::Terminal<OrderShipped>>;
#else
using Events = quipu::Catalogue<OrderPlaced, OrderShipped>;
#endif
int main(int argc, char** argv) {
    return quipu::App<Events, Warehouse>{argc, argv}.run();
}
