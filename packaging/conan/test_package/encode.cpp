// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <quipu/quipu.hpp>

struct UserGreeted {
    static constexpr std::string_view event_type = "user_greeted";
    std::string name;
};
struct Greeter {
    static constexpr std::string_view group = "greeter";
    void on(const quipu::Event<UserGreeted>& event) { std::cout << "hello " + event->name + '\n'; }
};

// Shows that the whole library is linked: the program prints its version.
int main() {
    char name[] = "encode";
    char version[] = "--version";
    char* arguments[] = {name, version, nullptr};
    return quipu::App<quipu::Catalogue<UserGreeted>, Greeter>{2, arguments}.run();
}
