// SPDX-License-Identifier: Apache-2.0
// Kills a program that publishes and handles at random moments, and checks after each time that
// nothing it had acknowledged is lost, nothing is done twice, and the file is sound.
//
// kill_harness [--rounds N] [--jobs N] [--seed S] [--directory D] [--plant lost|double|gap]
// QUIPU_KILL_ROUNDS sets the rounds, too. `--jobs` processes share the rounds, each with files of
// its own. `--plant` damages the file before each check: then the harness must find a fault.
// Exit code 0: no fault, 1: a fault was found, 2: it could not run.
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "quipu/store/sqlite/sqlite_store.hpp"
#include "store/sqlite/kill_checker.hpp"
#include "store/support.hpp"
#include "support/temp_directory.hpp"

namespace quipu::kill {
namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
    int rounds = 500;
    int jobs = 4;
    std::uint64_t seed = std::random_device{}();
    std::filesystem::path directory;
    std::string plant;
};

/// A file grows over this many rounds, so that each kill meets one with a past.
constexpr int rounds_per_file = 20;

std::optional<Settings> settings(int count, char** words) {
    Settings out;
    if (const char* rounds = std::getenv("QUIPU_KILL_ROUNDS")) {
        out.rounds = std::atoi(rounds);
    }
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view word = words[i];
        if (word == "--rounds") {
            out.rounds = std::atoi(words[i + 1]);
        } else if (word == "--jobs") {
            out.jobs = std::atoi(words[i + 1]);
        } else if (word == "--seed") {
            out.seed = std::strtoull(words[i + 1], nullptr, 10);
        } else if (word == "--directory") {
            out.directory = words[i + 1];
        } else if (word == "--plant") {
            out.plant = words[i + 1];
        } else {
            return std::nullopt;
        }
    }
    const bool known =
        out.plant.empty() || out.plant == "lost" || out.plant == "double" || out.plant == "gap";
    const bool good = known && out.rounds > 0 && out.jobs > 0;
    return count % 2 == 1 && good ? std::optional(out) : std::nullopt;
}

/// Takes everything the pipe has; false when the other end is closed.
bool drain(int pipe, Checker& checker, int wait_milliseconds, bool& ready) {
    pollfd readable{.fd = pipe, .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, wait_milliseconds) <= 0) {
        return true;
    }
    std::array<Acknowledgement, 128> batch{};
    const ssize_t size = ::read(pipe, batch.data(), sizeof batch);
    if (size <= 0) {
        return false;
    }
    const auto count = static_cast<std::size_t>(size) / sizeof(Acknowledgement);
    for (std::size_t i = 0; i < count; ++i) {
        ready = ready || batch[i].kind == Acknowledgement::Kind::ready;
        checker.add(batch[i]);
    }
    return true;
}

/// Counted in what was acknowledged, then in time: a busy machine must not make every life too
/// short to have done anything.
struct Life {
    std::int64_t acknowledgements;
    std::chrono::microseconds after;
    bool from_birth;  ///< only time, from the child's start, so that opening is killed, too
};

/// Lets a child live. False when it ended by itself.
bool run_and_kill(const std::filesystem::path& file, std::int64_t first, Checker& checker,
                  Life life) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
        return false;
    }
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        run_child(file, ends[1], first);
    }
    ::close(ends[1]);
    bool ready = false;
    bool open = child > 0;
    const std::int64_t enough = checker.acknowledged() + life.acknowledgements;
    while (open && !life.from_birth && (!ready || checker.acknowledged() < enough)) {
        open = drain(ends[0], checker, 30'000, ready);
    }
    const auto end = Clock::now() + life.after;
    while (open && Clock::now() < end) {
        open = drain(ends[0], checker, 1, ready);
    }
    const bool lived = open;
    if (child > 0) {
        ::kill(child, SIGKILL);
        while (drain(ends[0], checker, -1, ready)) {
        }
        ::waitpid(child, nullptr, 0);
    }
    ::close(ends[0]);
    return lived;
}

void run_sql(const std::filesystem::path& file, const std::string& sql) {
    sqlite3* db = nullptr;
    if (sqlite3_open(file.c_str(), &db) != SQLITE_OK ||
        sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        std::fprintf(stderr, "cannot plant a fault: %s\n", sqlite3_errmsg(db));
    }
    sqlite3_close(db);
}

/// Damages the file as no kill may. False when there is nothing to damage yet.
bool plant(const std::string& fault, const std::filesystem::path& file, const Checker& checker) {
    if (checker.last_published() < 3 || checker.last_handled() == 0) {
        return false;
    }
    if (fault == "lost") {
        run_sql(file,
                "DELETE FROM events WHERE position >= " + std::to_string(checker.last_published()));
    } else if (fault == "gap") {
        run_sql(file, "DELETE FROM events WHERE position = 2");
    } else {
        SqliteOptions options;
        options.path = file;
        auto store = open_sqlite_store(options);
        return store && (*store)->commit(
                            test::append(effect_event(checker.last_handled(), 900'000'000'000)));
    }
    return true;
}

void remove_files(const std::filesystem::path& file) {
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
        std::error_code error;
        std::filesystem::remove(file.string() + suffix, error);
    }
}

/// One job's rounds; the exit code.
int run_job(const Settings& settings) {
    const test::TempDirectory own;
    const auto file = (settings.directory.empty() ? own.path() : settings.directory) /
                      ("kill-" + std::to_string(settings.seed) + ".quipu");
    std::mt19937_64 random(settings.seed);
    std::unique_ptr<Checker> checker;
    std::int64_t acknowledged = 0;
    for (int round = 0; round < settings.rounds; ++round) {
        if (round % rounds_per_file == 0) {
            acknowledged += checker ? checker->acknowledged() : 0;
            remove_files(file);
            checker = std::make_unique<Checker>();
        }
        const Life life{.acknowledgements = static_cast<std::int64_t>(random() % 100),
                        .after = std::chrono::microseconds(random() % 50'000),
                        .from_birth = random() % 4 == 0};
        const std::int64_t first = 1 + std::int64_t{round} * 10'000'000;
        if (!run_and_kill(file, first, *checker, life)) {
            std::fprintf(stderr, "round %d: the child ended before it was killed\n", round);
            return 2;
        }
        const bool planted = !settings.plant.empty() && plant(settings.plant, file, *checker);
        const auto faults = checker->check(file);
        for (const auto& fault : faults) {
            std::printf("round %d: fault found: %s\n", round, fault.c_str());
        }
        if (!faults.empty()) {
            return 1;
        }
        if (planted) {
            std::printf("round %d: the planted fault was not found\n", round);
            return 0;
        }
    }
    acknowledged += checker ? checker->acknowledged() : 0;
    std::printf("%d rounds, %lld acknowledgements\n", settings.rounds,
                static_cast<long long>(acknowledged));
    return acknowledged > 0 ? 0 : 2;
}

/// Shares the rounds among processes; the exit code is the worst of theirs.
int run(const Settings& settings) {
    std::printf("seed %llu, %d rounds by %d jobs\n", static_cast<unsigned long long>(settings.seed),
                settings.rounds, settings.jobs);
    std::fflush(stdout);
    std::vector<pid_t> jobs;
    for (int job = 0; job < settings.jobs; ++job) {
        Settings share = settings;
        share.seed += static_cast<std::uint64_t>(job);
        share.rounds = (settings.rounds + job) / settings.jobs;
        if (share.rounds == 0) continue;
        const pid_t process = ::fork();
        if (process == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const int code = run_job(share);
            std::fflush(stdout);
            ::_exit(code);
        }
        jobs.push_back(process);
    }
    int worst = 0;
    for (const pid_t process : jobs) {
        int status = 0;
        const bool ended = process > 0 && ::waitpid(process, &status, 0) == process;
        const int code = ended && WIFEXITED(status) ? WEXITSTATUS(status) : 2;
        // A fault that was found is more important than a job that could not continue.
        if (code != 0 && worst != 1) worst = code;
    }
    if (worst == 0 && settings.plant.empty()) {
        std::printf("%d rounds: nothing lost, nothing doubled, no gap\n", settings.rounds);
    }
    return worst;
}

}  // namespace
}  // namespace quipu::kill

int main(int argc, char** argv) {
    const auto settings = quipu::kill::settings(argc, argv);
    if (!settings) {
        std::fprintf(stderr,
                     "usage: %s [--rounds N] [--jobs N] [--seed S] [--directory D] "
                     "[--plant lost|double|gap]\n",
                     argv[0]);
        return 2;
    }
    return quipu::kill::run(*settings);
}
