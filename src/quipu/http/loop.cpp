// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/loop.hpp"

#include <uv.h>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

#include "quipu/base/mutex.hpp"

namespace quipu::http {
namespace {

// libuv returns negated error numbers of the system.
void check(int result, const char* what) {
    if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

void run_all(std::vector<Task> tasks) {
    for (Task& task : tasks) std::exchange(task, nullptr)();
}

template <class Handle>
uv_handle_t* generic(Handle& handle) {
    return reinterpret_cast<uv_handle_t*>(&handle);
}

}  // namespace

struct Loop::Poster::Mailbox {
    Mutex tasks_mutex;
    std::vector<Task> tasks QUIPU_GUARDED_BY(tasks_mutex);
    uv_async_t* wake QUIPU_GUARDED_BY(tasks_mutex) = nullptr;  ///< null once the loop is destroyed
};

struct Loop::Impl {
    Impl() { check(::uv_loop_init(&loop), "event loop"); }
    ~Impl() {
        [[maybe_unused]] const int closed = ::uv_loop_close(&loop);
        assert(closed == 0);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    uv_loop_t loop{};
    uv_async_t wake{};
    uv_idle_t idle{};
    std::vector<Task> deferred;
};

Loop::Loop() : impl_(std::make_unique<Impl>()), post_(std::make_shared<Poster::Mailbox>()) {
    check(::uv_async_init(&impl_->loop, &impl_->wake,
                          [](uv_async_t* wake) {
                              auto& mailbox = *static_cast<Poster::Mailbox*>(wake->data);
                              MutexLock lock(mailbox.tasks_mutex);
                              auto tasks = std::exchange(mailbox.tasks, {});
                              lock.unlock();
                              run_all(std::move(tasks));
                          }),
          "event loop");
    impl_->wake.data = post_.mailbox_.get();
    {
        const MutexLock lock(post_.mailbox_->tasks_mutex);
        post_.mailbox_->wake = &impl_->wake;
    }
    ::uv_idle_init(&impl_->loop, &impl_->idle);
    impl_->idle.data = impl_.get();
}

Loop::~Loop() {
    std::vector<Task> dropped;
    {
        const MutexLock lock(post_.mailbox_->tasks_mutex);
        post_.mailbox_->wake = nullptr;
        dropped.swap(post_.mailbox_->tasks);
    }
    dropped.clear();
    impl_->deferred.clear();
    ::uv_close(generic(impl_->wake), nullptr);
    ::uv_close(generic(impl_->idle), nullptr);
    ::uv_run(&impl_->loop, UV_RUN_DEFAULT);  // runs the close callbacks of the handles
}

void Loop::run() {
    ::uv_run(&impl_->loop, UV_RUN_DEFAULT);
}

void Loop::quit() {
    ::uv_stop(&impl_->loop);
}

void Loop::defer(Task task) {
    impl_->deferred.push_back(std::move(task));
    ::uv_idle_start(&impl_->idle, [](uv_idle_t* idle) {
        auto& impl = *static_cast<Impl*>(idle->data);
        run_all(std::exchange(impl.deferred, {}));
        if (impl.deferred.empty()) ::uv_idle_stop(idle);
    });
}

void Loop::Poster::operator()(Task task) const {
    const MutexLock lock(mailbox_->tasks_mutex);
    if (mailbox_->wake == nullptr) return;
    mailbox_->tasks.push_back(std::move(task));
    ::uv_async_send(mailbox_->wake);
}

struct Timer::State {
    uv_timer_t handle{};
    Task task;
};

Timer::Timer(Loop& loop) : state_(new State) {
    ::uv_timer_init(&loop.impl_->loop, &state_->handle);
    state_->handle.data = state_;
}

void Timer::start(Clock::time_point at, Task task) {
    using std::chrono::milliseconds;
    if (state_ == nullptr) return;
    state_->task = std::move(task);
    const auto wait = std::chrono::ceil<milliseconds>(at - Clock::now());
    ::uv_update_time(state_->handle.loop);
    ::uv_timer_start(
        &state_->handle,
        [](uv_timer_t* handle) {
            std::exchange(static_cast<State*>(handle->data)->task, nullptr)();
        },
        static_cast<std::uint64_t>(std::max(wait, milliseconds{0}).count()), 0);
}

void Timer::close() {
    if (state_ == nullptr) return;
    state_->task = nullptr;
    ::uv_close(generic(std::exchange(state_, nullptr)->handle),
               [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

struct Watch::State {
    uv_poll_t handle{};
    Notify notify;
    int wanted = 0;
};

Watch::Watch(Loop& loop, int descriptor, Notify notify) : state_(new State) {
    state_->notify = std::move(notify);
    const int made = ::uv_poll_init(&loop.impl_->loop, &state_->handle, descriptor);
    if (made < 0) delete std::exchange(state_, nullptr);
    check(made, "watch on a descriptor");
    state_->handle.data = state_;
}

void Watch::want(bool read, bool write) {
    if (state_ == nullptr) return;
    const int wanted = (read ? UV_READABLE : 0) | (write ? UV_WRITABLE : 0);
    if (std::exchange(state_->wanted, wanted) == wanted) return;
    if (wanted == 0) {
        ::uv_poll_stop(&state_->handle);
        return;
    }
    ::uv_poll_start(&state_->handle, wanted, [](uv_poll_t* handle, int status, int events) {
        auto& state = *static_cast<State*>(handle->data);
        if (status < 0) state.wanted = 0;  // libuv has stopped it
        state.notify({.read = status < 0 || (events & UV_READABLE) != 0,
                      .write = status < 0 || (events & UV_WRITABLE) != 0});
    });
}

void Watch::close() {
    if (state_ == nullptr) return;
    ::uv_close(generic(std::exchange(state_, nullptr)->handle),
               [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

}  // namespace quipu::http
