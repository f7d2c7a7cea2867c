// SPDX-License-Identifier: Apache-2.0
// Faults of brokers, stores and connections, one function each.
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <string_view>
#include <thread>

#include "faults/modes.hpp"
#include "faults/tcp_proxy.hpp"

namespace quipu::faults {

std::string shared(const char* variable) {
    std::string value = environment(variable);
    if (value.empty()) throw Skipped{std::string(variable) + " names no server"};
    return value;
}

namespace {

using namespace std::chrono_literals;

/// A broker of this test's own, so that other tests keep theirs.
class Broker {
  public:
    explicit Broker(const std::string& advertised = {}) : servers_(check(), advertised) {
        if (!servers_.run()) throw Skipped{"no broker of its own can be started"};
    }
    [[nodiscard]] std::string address() const { return servers_.variable("QUIPU_TEST_KAFKA"); }
    void command(const std::string& word) const { servers_.command(word, "kafka/1"); }

  private:
    static std::string check() {
        static_cast<void>(shared("QUIPU_TEST_KAFKA"));
        static_cast<void>(shared("QUIPU_TEST_SERVERS"));
        return "kafka";
    }
    Servers servers_;
};

using Fault = std::function<void(std::mt19937&, int round)>;
using Change = std::function<void(History&)>;

/// One program under load; `fault` comes and goes each round, then the program recovers.
void rounds_of(const Settings& settings, Totals& totals, const std::string& brokers,
               const Change& change, const Fault& fault, int replication = 1) {
    std::mt19937 random(settings.seed);
    while (totals.rounds < settings.rounds && totals.faults.empty()) {
        History history(settings, totals, brokers, replication);
        if (change) change(history);
        auto child = history.start(history.plan);
        history.more(*child, 20);
        for (int round = 0; round < rounds_per_history && totals.rounds < settings.rounds;
             ++round) {
            sleep_between(random, 0, 100);
            fault(random, totals.rounds);
            history.recover(*child);
            ++totals.rounds;
            if (!history.good()) break;
        }
        history.finish(std::move(child));
    }
}

void broker_kill(const Settings& settings, Totals& totals) {
    const Broker broker;
    rounds_of(settings, totals, broker.address(), {}, [&](std::mt19937& random, int) {
        broker.command("kill");
        sleep_between(random, 0, 300);
        broker.command("start");
    });
}

void broker_stop(const Settings& settings, Totals& totals) {
    const Broker broker;
    rounds_of(settings, totals, broker.address(), {}, [&](std::mt19937& random, int round) {
        broker.command("pause");
        // Beyond the session's three seconds from time to time.
        sleep_between(random, 500, settings.long_run ? 5000 : (round % 7 == 6 ? 4500 : 1000));
        broker.command("resume");
    });
}

void leader_move(const Settings& settings, Totals& totals) {
    const Servers servers;
    const std::string brokers = shared("QUIPU_TEST_KAFKA3");
    rounds_of(
        settings, totals, brokers, {},
        [&](std::mt19937& random, int round) {
            const std::string node = std::to_string(1 + random() % 3);
            // A broker that is silent for three seconds loses what it leads.
            if (round % 4 == 0) {
                servers.command("kill", node);
                sleep_between(random, 0, 4000);
                servers.command("start", node);
            } else {
                servers.command("pause", node);
                sleep_between(random, 2500, 5000);
                servers.command("resume", node);
            }
        },
        3);
}

void store_down(const Settings& settings, Totals& totals) {
    static_cast<void>(shared("QUIPU_TEST_KAFKA"));
    static_cast<void>(shared("QUIPU_TEST_SERVERS"));
    const Servers mongo("mongo", {});
    if (!mongo.run()) throw Skipped{"no MongoDB server can be started"};
    const auto change = [&](History& history) {
        history.plan.mongo = mongo.variable("QUIPU_TEST_MONGO");
        history.plan.database = "faults_" + std::to_string(totals.histories);
        history.plan.pause_us = 20'000;
    };
    rounds_of(settings, totals, shared("QUIPU_TEST_KAFKA"), change,
              [&](std::mt19937& random, int round) {
                  if (settings.long_run && round % 100 == 0) {
                      mongo.command("pause", "mongo/1");
                      std::this_thread::sleep_for(60s);
                      mongo.command("resume", "mongo/1");
                  } else if (round % 2 == 0) {
                      mongo.command("pause", "mongo/1");
                      sleep_between(random, 200, 1500);
                      mongo.command("resume", "mongo/1");
                  } else {
                      mongo.command("kill", "mongo/1");
                      sleep_between(random, 0, 1000);
                      mongo.command("start", "mongo/1");
                  }
              });
}

void proxied(const Settings& settings, Totals& totals,
             const std::function<void(TcpProxy&, std::mt19937&)>& fault) {
    TcpProxy proxy;
    const Broker broker(proxy.address());
    const std::string real = broker.address();
    proxy.set_target(static_cast<std::uint16_t>(std::stoi(real.substr(real.rfind(':') + 1))));
    const auto change = [](History& history) { history.plan.socket_timeout_ms = 1500; };
    rounds_of(settings, totals, proxy.address(), change,
              [&](std::mt19937& random, int) { fault(proxy, random); });
}

void proxy_reset(const Settings& settings, Totals& totals) {
    proxied(settings, totals, [](TcpProxy& proxy, std::mt19937& random) {
        for (auto times = 1 + random() % 5; times > 0; --times) {
            proxy.reset();
            sleep_between(random, 0, 150);
        }
    });
}

void proxy_half_open(const Settings& settings, Totals& totals) {
    proxied(settings, totals, [](TcpProxy& proxy, std::mt19937& random) {
        constexpr std::array ways{TcpProxy::Silence::requests, TcpProxy::Silence::answers,
                                  TcpProxy::Silence::both};
        proxy.silence(ways[random() % ways.size()]);
        sleep_between(random, 100, 1200);
        const auto end = random() % 3;
        if (end == 0) proxy.reset();
        if (end == 1) proxy.resume();
        // Else the clients have to notice it by themselves.
    });
}

void duplicates(const Settings& settings, Totals& totals) {
    const auto change = [](History& history) {
        history.plan.duplicates = 30;
        history.plan.delay_ms = 300;
    };
    rounds_of(settings, totals, shared("QUIPU_TEST_KAFKA"), change,
              [](std::mt19937& random, int) { sleep_between(random, 200, 600); });
    if (totals.repetitions == 0) totals.add({"unsound: nothing was published twice"});
}

}  // namespace

namespace {

struct Mode {
    std::string_view name;
    void (*run)(const Settings&, Totals&);
    int rounds;
};

constexpr std::array modes{
    Mode{"broker-kill", broker_kill, 6},
    Mode{"broker-stop", broker_stop, 7},  // the seventh stop outlasts a session
    Mode{"leader-move", leader_move, 6},  // two kills, four stops
    Mode{"store-down", store_down, 6},
    Mode{"proxy-reset", proxy_reset, 10},
    Mode{"proxy-half-open", proxy_half_open, 12},  // three silences with three ends, at random
    Mode{"duplicates", duplicates, 8},
    Mode{"program-kill", program_kill, 10},  // a random moment and nine points
    Mode{"rebalance", rebalance, 20},
    Mode{"processes", processes, 12},  // kill, leave and stop, at random
    Mode{"planted", planted, 1},
};

const Mode* find_mode(std::string_view name) noexcept {
    const auto* const mode = std::ranges::find(modes, name, &Mode::name);
    return mode == modes.end() ? nullptr : mode;
}

}  // namespace

int usual_rounds(std::string_view mode) noexcept {
    const Mode* const found = find_mode(mode);
    return found == nullptr ? 1 : found->rounds;
}

bool run_mode(const Settings& settings, Totals& totals) {
    const Mode* const mode = find_mode(settings.mode);
    if (mode == nullptr) return false;
    mode->run(settings, totals);
    return true;
}

}  // namespace quipu::faults
