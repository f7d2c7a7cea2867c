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
int main(int argc, char** argv) {
    return quipu::App<quipu::Catalogue<UserGreeted>, Greeter>{argc, argv}.run();
}
