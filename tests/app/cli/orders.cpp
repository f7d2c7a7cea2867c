// SPDX-License-Identifier: Apache-2.0
// A program for the tests of the command line: handlers that fail, wait and publish, a service, a
// command and a switch of its own. What its handlers do is steered by files in the current
// directory, so that a test can change its mind while the program runs.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <quipu/http/server.hpp>
#include <quipu/quipu.hpp>
#include <stdexcept>
#include <thread>

namespace orders {

enum class Priority { low, high };

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
    std::string order_id;
    Priority priority = Priority::low;
    std::vector<std::int64_t> items = {};
    quipu::Default<std::string> wait_for = std::string{};  ///< the file that the handler waits for
    std::optional<std::string> execution_id = {};
};
struct PaymentRequested {
    static constexpr std::string_view event_type = "payment_requested";
    std::string order_id;
};
struct OrderShipped {
    static constexpr std::string_view event_type = "order_shipped";
    std::string order_id;
};

void wait_for(const std::string& file) {
    std::ofstream(file + ".started") << "yes";
    while (!std::filesystem::exists(file)) {
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

struct Payments {
    static constexpr std::string_view group = "payments";

    void on(const quipu::Event<OrderPlaced>& event, quipu::Publishes<PaymentRequested>& out) {
        if (!event->wait_for.empty()) wait_for(event->wait_for);
        if (std::filesystem::exists("refuse")) throw quipu::Reject("the card was refused");
        if (std::filesystem::exists("fail")) throw std::runtime_error("the bank does not answer");
        out.publish(PaymentRequested{.order_id = event->order_id});
        std::cout << "paid " + event->order_id + '\n' << std::flush;
    }
};

using Events =
    quipu::Catalogue<OrderPlaced, quipu::Terminal<PaymentRequested>, quipu::External<OrderShipped>>;

class Counter : public quipu::Service {
  public:
    bool loud = false;

    quipu::Result<void> prepare(quipu::Running& running) override {
        if (std::filesystem::exists("broken")) {
            return quipu::fail(quipu::ErrorCode::unavailable, "the counter is broken");
        }
        if (loud) running.log("info", "the counter is loud");
        if (running.http() == nullptr) return {};
        running.http()->route("GET", "/orders", [](const quipu::HttpRequest&) {
            return quipu::HttpResponse::json(200, R"({"orders":0})");
        });
        return {};
    }
    void stop() override { std::ofstream("service.stopped") << "yes"; }
    void metrics(std::string& out) override { out += "orders_counted 7\n"; }
    void describe(std::vector<std::pair<std::string, std::string>>& facts) override {
        facts.emplace_back("counter", "counts orders");
    }
    std::string problem() override {
        return std::filesystem::exists("problem") ? "the counter has lost count" : "";
    }
};

int echo(const quipu::CommandContext& context) {
    std::cout << "file " << context.file.string() << "\nhttp " << context.http_address << "\njson "
              << context.json << '\n';
    for (const std::string& argument : context.arguments) std::cout << "[" << argument << "]\n";
    return static_cast<int>(context.arguments.size());
}

}  // namespace orders

int main(int argc, char** argv) {
    quipu::App<orders::Events, orders::Payments> app{argc, argv};
    orders::Counter counter;
    app.definition().name = "orders";
    app.definition().version = "2.3.4";
    app.definition().services = {&counter};
    app.definition().run_flags = {{"loud", "Make noise", &counter.loud}};
    app.definition().commands = {
        {"echo", "Show what a command gets", "  orders echo a b", orders::echo}};
    return app.run();
}
