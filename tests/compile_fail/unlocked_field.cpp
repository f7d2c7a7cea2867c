// SPDX-License-Identifier: Apache-2.0
// compiler: clang++-19
// flags: -Wthread-safety -Werror
// case Read: reading variable 'balance_' requires holding mutex 'balance_mutex_'
// case Call: calling function 'add_interest' requires holding mutex 'balance_mutex_'
// case Wait: calling function 'wait< | requires holding mutex 'balance_mutex_'
// case TwiceLocked: cannot call function 'balance' while mutex 'balance_mutex_' is held
#include <quipu/base/mutex.hpp>

#define Read 1
#define Call 2
#define Wait 3
#define TwiceLocked 4
#ifdef RIGHT
#define CASE 0
#endif

class Account {
  public:
    int balance() QUIPU_EXCLUDES(balance_mutex_) {
#if CASE != Read
        const quipu::MutexLock lock(balance_mutex_);
#endif
        return balance_;
    }
    void end_month() QUIPU_EXCLUDES(balance_mutex_) {
#if CASE != Call
        const quipu::MutexLock lock(balance_mutex_);
#endif
        add_interest();
    }
    void wait_until_paid() QUIPU_EXCLUDES(balance_mutex_) {
#if CASE != Wait
        const quipu::MutexLock lock(balance_mutex_);
#endif
        paid_.wait(balance_mutex_, [&]() QUIPU_REQUIRES(balance_mutex_) { return balance_ > 0; });
#if CASE == TwiceLocked
        static_cast<void>(balance());
#endif
    }

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
