// SPDX-License-Identifier: Apache-2.0
// expect: OrderPlaced
// expect: a field of this struct has a type without a wire form
#include <quipu/event/catalogue.hpp>

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
    std::string order_id;
#ifdef RIGHT
    std::vector<std::string> items;
#else
    std::vector<std::string_view> items;
#endif
};

using Events = quipu::Catalogue<OrderPlaced>;
int main() {
    return static_cast<int>(Events::types().all().size());
}
