// SPDX-License-Identifier: Apache-2.0
// expect: OrderPlaced
// expect: `indexed` names a field that this event does not have
#include <quipu/event/catalogue.hpp>

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
#ifdef RIGHT
    static constexpr auto indexed = quipu::fields("order_id", "namespace");
#else
    static constexpr auto indexed = quipu::fields("order_id", "namespace_");
#endif
    std::string order_id;
    std::string namespace_;
};

using Events = quipu::Catalogue<OrderPlaced>;
int main() {
    return static_cast<int>(Events::types().indexed_fields().size());
}
