// SPDX-License-Identifier: Apache-2.0
// expect: OrderShipped
// expect: this handler publishes an event that its Publishes<...> does not name
#include <quipu/delivery/handler.hpp>

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
    std::string order_id;
};
struct PaymentRequested {
    static constexpr std::string_view event_type = "payment_requested";
    std::string order_id;
};
struct OrderShipped {
    static constexpr std::string_view event_type = "order_shipped";
    std::string order_id;
};

struct Payments {
    static constexpr std::string_view group = "payments";
#ifdef RIGHT
    using Output = quipu::Publishes<PaymentRequested, OrderShipped>;
#else
    using Output = quipu::Publishes<PaymentRequested>;
#endif
    void on(const quipu::Event<OrderPlaced>& event, Output& out) {
        out.publish(PaymentRequested{.order_id = event->order_id});
        out.publish(OrderShipped{.order_id = event->order_id});
    }
};

using Events =
    quipu::Catalogue<OrderPlaced, quipu::Terminal<PaymentRequested>, quipu::Terminal<OrderShipped>>;
int main() {
    Payments payments;
    return static_cast<int>(quipu::bind_group<Events>(payments).subscriptions.size());
}
