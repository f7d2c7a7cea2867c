// SPDX-License-Identifier: Apache-2.0
#include "quipu/base/checksum.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>

namespace quipu::stores {
namespace {

/// CRC-32 as its definition says (ISO 3309, zlib's polynomial): a store's checksums must stay what
/// they are.
std::uint32_t bit_by_bit(std::uint32_t start, std::string_view bytes) {
    std::uint32_t sum = ~start;
    for (const char byte : bytes) {
        sum ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1U) ^ (sum % 2 == 1 ? 0xEDB88320U : 0U);
    }
    return ~sum;
}

TEST(Checksum, IsCrc32ForEveryLength) {
    std::mt19937_64 random(7);
    std::string bytes;
    for (std::size_t size = 0; size < 1500; ++size) {
        const auto start = static_cast<std::uint32_t>(random());
        ASSERT_EQ(crc32_of(start, bytes), bit_by_bit(start, bytes)) << size << " bytes";
        bytes.push_back(static_cast<char>(random()));
    }
    EXPECT_EQ(crc32_of(0, "123456789"), 0xCBF43926U);
}

TEST(Checksum, OfPartsIsThatOfTheWhole) {
    const std::string bytes(777, 'q');
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        const std::string_view whole = bytes;
        ASSERT_EQ(crc32_of(crc32_of(0, whole.substr(0, cut)), whole.substr(cut)),
                  crc32_of(0, whole));
    }
}

}  // namespace
}  // namespace quipu::stores
