// SPDX-License-Identifier: Apache-2.0
// Records that end the process whenever they are handled.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "delivery/fixture.hpp"

namespace quipu::delivery_test {
namespace {

/// A group of processes that may use 64 MiB of memory, where this machine lets the test make one.
class SmallMemory {
  public:
    SmallMemory() : path_("/sys/fs/cgroup/memory/quipu-test-" + std::to_string(::getpid())) {
        std::error_code none;
        made_ = std::filesystem::create_directory(path_, none) &&
                write("memory.limit_in_bytes", "67108864");
    }
    ~SmallMemory() { ::rmdir(path_.c_str()); }
    SmallMemory(const SmallMemory&) = delete;
    SmallMemory& operator=(const SmallMemory&) = delete;

    /// Puts this process into it.
    [[nodiscard]] bool enter() const { return made_ && write("cgroup.procs", "0"); }

  private:
    [[nodiscard]] bool write(const char* name, const char* text) const {
        std::ofstream file(path_ / name);
        file << text << std::flush;
        return file.good();
    }
    std::filesystem::path path_;
    bool made_ = false;
};

/// Ways for a process to end, none of which leaves a destructor the time to run.
struct End {
    const char* name;
    void (*end)();
};

void use_all_memory() {
    constexpr std::size_t piece = std::size_t{1} << 20;
    // Where the memory has no limit, this is the signal that the kernel sends.
    for (std::size_t i = 0; i < 256; ++i) std::memset(std::malloc(piece), 1, piece);
    std::raise(SIGKILL);
}

/// Order 1 ends the process, while another order is being handled if there is one.
struct Deadly {
    static constexpr std::string_view group = "deadly";
    explicit Deadly(void (*end)()) : end_(end) {}

    void on(const Event<Ordered>& event) {
        if (event->number != 1) {
            beside_ = true;
            // Not for ever: order 1 may have been handled before, or be handled later.
            for (int i = 0; i < 500 && !ending_; ++i) std::this_thread::sleep_for(1ms);
            return;
        }
        for (int i = 0; i < 200 && !beside_; ++i) std::this_thread::sleep_for(1ms);
        ending_ = true;
        end_();
    }

  private:
    void (*end_)();
    std::atomic<bool> beside_{false};
    std::atomic<bool> ending_{false};
};

class CrashingHandler : public DeliveryTest, public testing::WithParamInterface<End> {
  protected:
    void SetUp() override {
        DeliveryTest::SetUp();
        order("ada", 1);
        order("bob", 2);
    }
    /// Runs the group in a process of its own until all is handled; false if the process died.
    bool run_process() {
        raw_.reset();
        store_.reset();
        const pid_t child = ::fork();
        EXPECT_GE(child, 0);
        if (child == 0) {
            const rlimit no_core{};
            ::setrlimit(RLIMIT_CORE, &no_core);
            static_cast<void>(memory_.enter());
            reopen();
            Deadly deadly(GetParam().end);
            auto runtime = run(deadly);
            const bool drained = runtime->drain(60s);
            ::_exit(drained && runtime->stop() ? 0 : 1);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        reopen();
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

    SmallMemory memory_;
};

TEST_P(CrashingHandler, RecordBecomesADeadLetterAndNoInnocentOneDoes) {
    // The first death may have been any record's; the others happen while the record runs alone.
    for (int death = 0; death < 4; ++death) ASSERT_FALSE(run_process()) << death;
    EXPECT_TRUE(letters().empty());
    ASSERT_TRUE(run_process());
    ASSERT_EQ(letters().size(), 1U);
    EXPECT_EQ(letters()[0].record->position, 1);
    EXPECT_THAT(letters()[0].error, testing::HasSubstr("the process ended 3 times"));
    EXPECT_THAT(*store_->unfinished("deadly", {1, 2}), testing::IsEmpty())
        << "the other one was handled";
    EXPECT_TRUE(run_process()) << "a clean stop takes the suspicion back";
}

INSTANTIATE_TEST_SUITE_P(Ends, CrashingHandler,
                         testing::Values(End{"Exit", [] { ::_exit(7); }},
                                         End{"Abort", [] { std::abort(); }},
                                         End{"SegmentationFault", [] { std::raise(SIGSEGV); }},
                                         End{"OutOfMemory", use_all_memory}),
                         [](const auto& end) { return std::string(end.param.name); });

}  // namespace
}  // namespace quipu::delivery_test
