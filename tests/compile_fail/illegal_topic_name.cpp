// SPDX-License-Identifier: Apache-2.0
// expect: OrderPlaced
// expect: the event_type of this struct is not a legal topic name
#include <quipu/event/catalogue.hpp>

struct OrderPlaced {
#ifdef RIGHT
    static constexpr std::string_view event_type = "order_placed";
#else
    static constexpr std::string_view event_type = "order placed";
#endif
    std::string order_id;
};

using Events = quipu::Catalogue<OrderPlaced>;
int main() {
    return static_cast<int>(Events::types().all().size());
}
