// SPDX-License-Identifier: Apache-2.0
// expect: Warehouse
// expect: Payments
// expect: two groups have the same name
#include <quipu/app/app.hpp>

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
    std::string order_id;
};

struct Warehouse {
    static constexpr std::string_view group = "orders";
    void on(const quipu::Event<OrderPlaced>&) {}
};
struct Payments {
#ifdef RIGHT
    static constexpr std::string_view group = "payments";
#else
    static constexpr std::string_view group = "orders";
#endif
    void on(const quipu::Event<OrderPlaced>&) {}
};

using Events = quipu::Catalogue<OrderPlaced>;
int main(int argc, char** argv) {
    return quipu::App<Events, Warehouse, Payments>{argc, argv}.run();
}
