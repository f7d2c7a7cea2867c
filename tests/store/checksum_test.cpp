#include "quipu/store/checksum.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>

namespace quipu::stores {
namespace {

TEST(Checksum, IsZlibsForEveryLength) {
    std::mt19937_64 random(7);
    std::string bytes;
    for (std::size_t size = 0; size < 1500; ++size) {
        const auto start = static_cast<std::uint32_t>(random());
        const auto expected =
            bytes.empty() ? start
                          : crc32_z(start, reinterpret_cast<const Bytef*>(bytes.data()), size);
        ASSERT_EQ(crc32_of(start, bytes), expected) << size << " bytes";
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
