// SPDX-License-Identifier: Apache-2.0
// expect: OrderPlaced
// expect: `indexed` names a field that is not a single value
#include <quipu/event/catalogue.hpp>

enum class Channel { shop, phone };

struct Address {
    std::string city;
};

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
#ifdef RIGHT
    static constexpr auto indexed = quipu::fields("order_id", "channel", "paid_at", "total");
#else
    static constexpr auto indexed = quipu::fields("order_id", "items");
#endif
    std::string order_id;
    std::vector<std::string> items;
    std::optional<Channel> channel;
    std::optional<quipu::Time> paid_at;
    quipu::Default<double> total = 0;
    Address address;
};

using Events = quipu::Catalogue<OrderPlaced>;
int main() {
    return static_cast<int>(Events::types().indexed_fields().size());
}
