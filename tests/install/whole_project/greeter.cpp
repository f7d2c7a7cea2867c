#include <iostream>

#include "events.hpp"

struct Greeter {
    static constexpr std::string_view group = "greeter";
    void on(const quipu::Event<UserGreeted>& event) { std::cout << "hello " + event->name + '\n'; }
};
int main(int argc, char** argv) {
    return quipu::App<Events, Greeter>{argc, argv}.run();
}
