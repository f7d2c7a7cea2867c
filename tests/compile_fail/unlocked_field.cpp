// SPDX-License-Identifier: Apache-2.0
// compiler: clang++-19
// flags: -Wthread-safety -Werror
// expect: reading variable 'balance_' requires holding mutex 'balance_mutex_'
// expect: calling function 'add_interest' requires holding mutex 'balance_mutex_'
// expect: calling function 'wait<
#include <quipu/base/mutex.hpp>

class Account {
  public:
#ifdef RIGHT
    int balance() QUIPU_EXCLUDES(balance_mutex_) {
        const quipu::MutexLock lock(balance_mutex_);
        return balance_;
    }
    void end_month() QUIPU_EXCLUDES(balance_mutex_) {
        const quipu::MutexLock lock(balance_mutex_);
        add_interest();
    }
    void wait_until_paid() QUIPU_EXCLUDES(balance_mutex_) {
        const quipu::MutexLock lock(balance_mutex_);
        paid_.wait(balance_mutex_, [&]() QUIPU_REQUIRES(balance_mutex_) { return balance_ > 0; });
    }
#else
    int balance() { return balance_; }
    void end_month() { add_interest(); }
    void wait_until_paid() {
        paid_.wait(balance_mutex_, [&]() QUIPU_REQUIRES(balance_mutex_) { return balance_ > 0; });
    }
#endif

  private:
    void add_interest() QUIPU_REQUIRES(balance_mutex_) { balance_ += balance_ / 100; }

    quipu::Mutex balance_mutex_;
    quipu::Condition paid_;
    int balance_ QUIPU_GUARDED_BY(balance_mutex_) = 0;
};

int main() {
    Account account;
    account.end_month();
    account.wait_until_paid();
    return account.balance();
}
