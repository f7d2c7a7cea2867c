// SPDX-License-Identifier: Apache-2.0
#include "quipu/base/base64.hpp"

#include <gtest/gtest.h>

#include <string>

namespace quipu {
namespace {

TEST(Base64, EncodesTheTestVectorsOfRfc4648) {
    EXPECT_EQ(to_base64(""), "");
    EXPECT_EQ(to_base64("f"), "Zg==");
    EXPECT_EQ(to_base64("fo"), "Zm8=");
    EXPECT_EQ(to_base64("foo"), "Zm9v");
    EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
    EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
    EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(to_base64("\xff\xfe\xfd\xfb"), "//79+w==");
}

TEST(Base64, DecodesWhatItEncodes) {
    std::string bytes;
    for (int value = 0; value < 1000; ++value) {
        EXPECT_EQ(from_base64(to_base64(bytes)), bytes) << bytes.size();
        bytes += static_cast<char>(value * 7 % 256);
    }
}

TEST(Base64, RejectsTextThatIsNotBase64) {
    for (const char* text : {"Z", "Zg=", "Zg", "Z===", "Zm9$", "Zm 9"}) {
        EXPECT_FALSE(from_base64(text)) << text;
    }
}

}  // namespace
}  // namespace quipu
