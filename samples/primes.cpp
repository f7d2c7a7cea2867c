// Compiled and run in the sandbox.
#include <algorithm>
#include <iostream>
#include <ranges>
#include <vector>

int main() {
    constexpr int limit = 1'000'000;
    std::vector<bool> composite(limit + 1);
    int count = 0;
    for (int n = 2; n <= limit; ++n) {
        if (composite[static_cast<std::size_t>(n)]) continue;
        ++count;
        for (long m = static_cast<long>(n) * n; m <= limit; m += n) {
            composite[static_cast<std::size_t>(m)] = true;
        }
    }
    std::cout << count << " primes ≤ " << limit << '\n';
}
