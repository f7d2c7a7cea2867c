#include <iostream>
#include <iterator>
#include <quipu/codec/json.hpp>

struct UserGreeted {
    static constexpr std::string_view event_type = "user_greeted";
    std::string name;
};

// Reads one event from standard input, says whom it greets, and writes it again.
int main() {
    const std::string text(std::istreambuf_iterator<char>(std::cin), {});
    const auto event = quipu::decode_as<UserGreeted>(text);
    if (!event) {
        std::cerr << "no such event\n";
        return 1;
    }
    std::cout << "hello " + (*event)->name + '\n' + quipu::encode(*event).value() + '\n';
}
