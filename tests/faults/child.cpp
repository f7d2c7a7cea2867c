// SPDX-License-Identifier: Apache-2.0
#include "faults/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

#include "faults/board.hpp"
#include "faults/faulty.hpp"
#include "faults/model.hpp"
#include "quipu/delivery/publisher.hpp"
#include "quipu/delivery/relay.hpp"
#include "quipu/delivery/runtime.hpp"
#include "quipu/log/kafka/kafka_log.hpp"
#include "quipu/store/mongo/mongo_store.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"

namespace quipu::faults {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int leave = 2;
constexpr std::int64_t most_behind = 1500;
volatile sig_atomic_t asked_to_end = 0;

const Producer producer{"faults", "1", Environment::test};

/// Tells what a child's log file should have beside its exit code.
void say(const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
}

/// One thread's publishing: its customers in turn, each number until it is acknowledged.
class Load {
  public:
    Load(Store& store, const Plan& plan, Board& board, int first, int count)
        : store_(store), plan_(plan), board_(board), first_(first), count_(count) {
        acks_ = ::open(plan.acknowledgements().c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
                       0600);
    }
    ~Load() { ::close(acks_); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void run(const std::stop_token& stop) {
        // The event's time follows from its number: what is published again has the same bytes.
        std::int64_t number = 0;
        World world;
        world.now = [&] { return Time{std::chrono::milliseconds{plan_.epoch_ms + number}}; };
        RawPublisher raw(store_, Events::types(), producer, world);
        std::vector<std::int64_t> next;
        next.reserve(static_cast<std::size_t>(count_));
        for (int each = 0; each < count_; ++each) next.push_back(continue_at(first_ + each));
        while (!stop.stop_requested()) {
            std::this_thread::sleep_for(std::chrono::microseconds{plan_.pause_us});
            for (int each = 0; each < count_ && !stop.stop_requested(); ++each) {
                // Bounded: what a slow machine has not handled yet must be handled in the end.
                if (board_.last - board_.slowest > most_behind) break;
                std::int64_t& mine = next[static_cast<std::size_t>(each)];
                if (mine > plan_.limit) continue;
                number = mine;
                if (publish(raw, customer_name(first_ + each), number)) ++mine;
                std::this_thread::sleep_for(std::chrono::microseconds{plan_.pause_us});
            }
        }
    }

  private:
    /// Behind what an earlier life has stored, acknowledged or not.
    std::int64_t continue_at(int customer) {
        const std::string name = customer_name(customer);
        std::int64_t low = 0;  // stored
        std::int64_t high = 1;
        while (stored(name, high)) low = std::exchange(high, high * 2);
        while (high - low > 1) {
            const std::int64_t middle = (low + high) / 2;
            (stored(name, middle) ? low : high) = middle;
        }
        return high;
    }
    bool stored(const std::string& name, std::int64_t number) {
        while (true) {
            const auto found = store_.find(event_id(name, number));
            if (found) return found->has_value();
            std::this_thread::sleep_for(100ms);
        }
    }
    bool publish(RawPublisher& raw, const std::string& name, std::int64_t number) {
        if (plan_.plant == "ack") acknowledge(name, number);
        Publisher<Events> publisher(raw);
        const auto done = publisher.publish(
            Placed{.customer = name, .number = number, .filling = filling(number)},
            {.aggregate_id = name, .event_id = event_id(name, number)});
        if (!done) {
            if (!done.error().retryable()) {
                say("publish: " + done.error().message);
                ::_exit(6);
            }
            std::this_thread::sleep_for(20ms);
            return false;
        }
        acknowledge(name, number);
        return true;
    }
    void acknowledge(const std::string& name, std::int64_t number) {
        const std::string line = event_id(name, number) + "\n";
        if (::write(acks_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
            ::_exit(7);
        }
        ++board_.acknowledged;
    }

    Store& store_;
    const Plan& plan_;
    Board& board_;
    const int first_;
    const int count_;
    int acks_ = -1;
};

/// Runtimes that come and go, each a member of both groups.
class Members {
  public:
    Members(Store& store, TopicLog& log, const Plan& plan, Board& board)
        : store_(store), log_(log), plan_(plan), board_(board), random_(plan.seed) {}

    bool join() {
        Member member;
        RuntimeOptions options;
        options.producer = producer;
        options.log = &log_;
        if (!plan_.member.empty()) {
            options.member = plan_.member + std::to_string(members_.size());
        }
        options.notice = [](const DeliveryNotice& notice) {
            if (notice.level != DeliveryNotice::Level::info) {
                say(notice.group + ": " + notice.event_id + ": " + notice.text);
            }
        };
        std::vector<GroupBinding> groups{bind_group<Events>(*member.tally),
                                         bind_group<Events>(*member.audit)};
        // The harness kills programs whatever they handle.
        for (GroupBinding& group : groups) group.options.max_crashes = 0;
        member.runtime = std::make_unique<DeliveryRuntime>(store_, Events::types(),
                                                           std::move(groups), std::move(options));
        if (const auto started = member.runtime->start(); !started) {
            say("start: " + started.error().message);
            return false;
        }
        members_.push_back(std::move(member));
        return true;
    }
    void storm_step() {
        const auto most = static_cast<std::size_t>(plan_.storm);
        if (members_.size() < 2 || (members_.size() < most && random_() % 2 == 0)) {
            if (!join()) ::_exit(3);
        } else {
            const auto at = static_cast<std::ptrdiff_t>(random_() % members_.size());
            if (!members_[static_cast<std::size_t>(at)].runtime->stop()) say("a member hangs");
            members_.erase(members_.begin() + at);
        }
        ++board_.steps;
    }
    bool drain(std::chrono::milliseconds timeout) {
        const auto until = Clock::now() + timeout;
        return std::ranges::all_of(members_, [&](Member& member) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
            return member.runtime->drain(std::max(left, 1ms));
        });
    }
    [[nodiscard]] std::vector<GroupStatus> status() const {
        std::vector<GroupStatus> all;
        for (const Member& member : members_)
            std::ranges::copy(member.runtime->status(), std::back_inserter(all));
        return all;
    }
    bool stop() {
        bool good = true;
        for (Member& member : members_) good = member.runtime->stop() && good;
        return good;
    }

  private:
    struct Member {
        std::unique_ptr<Tally> tally = std::make_unique<Tally>();
        std::unique_ptr<Audit> audit = std::make_unique<Audit>();
        std::unique_ptr<DeliveryRuntime> runtime;
    };
    Store& store_;
    TopicLog& log_;
    const Plan& plan_;
    Board& board_;
    std::mt19937 random_;
    std::vector<Member> members_;
};

std::unique_ptr<TopicLog> open_log(const Plan& plan) {
    KafkaOptions options;
    options.brokers = plan.brokers;
    options.prefix = plan.prefix;
    // A dead member is noticed quickly; nobody waits for long before a reconnection.
    options.notice = [](std::string_view level, std::string_view text) {
        say("log: " + std::string(level) + ": " + std::string(text));
    };
    options.properties = {{"session.timeout.ms", "3000"},
                          {"heartbeat.interval.ms", "500"},
                          {"reconnect.backoff.max.ms", "500"},
                          {"socket.timeout.ms", std::to_string(plan.socket_timeout_ms)}};
    // What librdkafka does goes to the child's log file, when somebody looks for a fault.
    if (const char* debug = std::getenv("QUIPU_FAULT_DEBUG")) {
        options.properties.emplace_back("debug", debug);
    }
    auto log = open_kafka_log(std::move(options));
    if (log) return std::move(*log);
    say("log: " + log.error().message);
    return nullptr;
}

void show(Board& board, Store& store, Relay& relay, Members& members) {
    const std::int64_t last = store.last_position();
    std::int64_t slowest = last;
    std::uint64_t handled = 0;
    std::uint64_t conflicts = 0;
    for (const GroupStatus& status : members.status()) {
        // Of several members each knows what the others have finished.
        slowest = std::min(slowest, status.lag == 0 ? last : status.position);
        handled += status.handled;
        conflicts += status.conflicts;
    }
    board.last = last;
    board.relay = relay.status().position;
    board.slowest = slowest;
    board.handled = static_cast<std::int64_t>(handled);
    board.conflicts = static_cast<std::int64_t>(conflicts);
}

void say_status(Relay& relay, const Members& members) {
    say("relay " + std::to_string(relay.status().lag) + " behind, " + relay.status().problem);
    for (const GroupStatus& status : members.status()) {
        say(status.group + " " + std::to_string(status.lag) + " behind, in flight " +
            std::to_string(status.in_flight) + ", parked " + std::to_string(status.parked) + ", " +
            status.problem);
    }
}

bool work_off(Store& store, Relay& relay, Members& members, Board& board, int patience) {
    const auto until = Clock::now() + std::chrono::seconds{patience};
    while (true) {
        const std::int64_t last = store.last_position();
        show(board, store, relay, members);
        if (relay.wait_published(last, 1s) && members.drain(1s) && relay.status().lag == 0 &&
            store.last_position() == last) {
            return true;
        }
        if (Clock::now() < until) continue;
        say_status(relay, members);
        return false;
    }
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const Plan& plan) {
    if (plan.mongo.empty()) {
        SqliteOptions options;
        options.path = plan.directory / "store.quipu";
        // A kill loses nothing that the kernel has; power cuts are another test's subject.
        options.durability = SqliteOptions::Durability::process_crash_only;
        return open_sqlite_store(std::move(options));
    }
    MongoOptions options;
    options.uri = plan.mongo;
    options.database = plan.database;
    return open_mongo_store(std::move(options));
}

int run_child(const Plan& plan) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct sigaction action{};
    action.sa_handler = [](int) { asked_to_end = 1; };
    ::sigaction(SIGTERM, &action, nullptr);
    action.sa_handler = [](int) { asked_to_end = leave; };
    ::sigaction(SIGUSR1, &action, nullptr);
    const SharedBoard board(plan.directory / plan.board);

    auto opened = open_store(plan);
    for (int tries = 0; !opened && opened.error().retryable() && tries < 300; ++tries) {
        std::this_thread::sleep_for(100ms);
        opened = open_store(plan);
    }
    if (!opened) {
        say("store: " + opened.error().message);
        return 3;
    }
    const auto raw_log = open_log(plan);
    if (raw_log == nullptr) return 3;
    Death death(plan);
    FaultyStore store(**opened, plan, death);
    FaultyLog log(*raw_log, plan, death);
    Relay relay(store, log, {.lease = 2s});
    Members members(store, log, plan, *board.operator->());
    Result<void> started = relay.start();
    for (int tries = 0; !started && started.error().retryable() && tries < 300; ++tries) {
        std::this_thread::sleep_for(100ms);
        started = relay.start();
    }
    if (!started) {
        say("relay: " + started.error().message);
        return 3;
    }
    for (int member = 0; member < plan.members; ++member) {
        if (!members.join()) return 3;
    }
    {
        std::vector<std::jthread> threads;
        std::vector<std::unique_ptr<Load>> loads;
        for (int half = 0; half < 2 && plan.customers > 0; ++half) {
            const int first = plan.first_customer + half * plan.customers / 2;
            const int end = plan.first_customer + (half + 1) * plan.customers / 2;
            loads.push_back(
                std::make_unique<Load>(store, plan, *board.operator->(), first, end - first));
            threads.emplace_back(
                [load = loads.back().get()](const std::stop_token& stop) { load->run(stop); });
        }
        board->ready = 1;
        std::mt19937 random(plan.seed + 1);
        std::int64_t seen = 0;
        auto moved = Clock::now();
        while (asked_to_end == 0) {
            if (std::exchange(seen, board->slowest.load()) != seen) moved = Clock::now();
            if (Clock::now() - moved > 20s) {
                moved = Clock::now();
                say_status(relay, members);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
            if (plan.storm > 0 && random() % 4 == 0) members.storm_step();
            show(*board.operator->(), store, relay, members);
        }
        for (auto& thread : threads) thread.request_stop();
        threads.clear();
    }
    const bool idle = asked_to_end == leave ||
                      work_off(store, relay, members, *board.operator->(), plan.patience);
    if (!idle) ::_exit(5);
    if (!members.stop()) {
        say("a member does not end");
        say_status(relay, members);
        ::_exit(5);
    }
    relay.stop();
    return 0;
}

}  // namespace quipu::faults
