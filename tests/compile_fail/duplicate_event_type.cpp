// SPDX-License-Identifier: Apache-2.0
// expect: FirstGreeting
// expect: SecondGreeting
// expect: two structs of the catalogue have the same event_type
#include <quipu/event/catalogue.hpp>

struct FirstGreeting {
    static constexpr std::string_view event_type = "greeting";
    std::string name;
};
struct SecondGreeting {
#ifdef RIGHT
    static constexpr std::string_view event_type = "second_greeting";
#else
    static constexpr std::string_view event_type = "greeting";
#endif
    std::string name;
};
struct Other {
    static constexpr std::string_view event_type = "other";
};

using Events = quipu::Catalogue<Other, FirstGreeting, SecondGreeting>;
int main() {
    return static_cast<int>(Events::types().all().size());
}
