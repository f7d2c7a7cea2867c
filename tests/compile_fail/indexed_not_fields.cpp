// SPDX-License-Identifier: Apache-2.0
// expect: OrderPlaced
// expect: declare `static constexpr auto indexed = quipu::fields
#include <quipu/event/catalogue.hpp>

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
#ifdef RIGHT
    static constexpr auto indexed = quipu::fields("order_id");
#else
    static constexpr std::string_view indexed = "order_id";
#endif
    std::string order_id;
};

using Events = quipu::Catalogue<OrderPlaced>;
int main() {
    return static_cast<int>(Events::types().indexed_fields().size());
}
