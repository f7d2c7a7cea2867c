// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

// clang-format off
namespace quipu::detail {

inline constexpr std::size_t max_fields = 40;

/// Calls visit(field...) with every field of an aggregate that has `count` of them.
template <std::size_t count, class T, class Visit>
constexpr decltype(auto) with_fields(T& object, Visit&& visit) {
    if constexpr (count == 1) {
        auto& [m0] = object;
        return visit(m0);
    }
    else if constexpr (count == 2) {
        auto& [m0,m1] = object;
        return visit(m0,m1);
    }
    else if constexpr (count == 3) {
        auto& [m0,m1,m2] = object;
        return visit(m0,m1,m2);
    }
    else if constexpr (count == 4) {
        auto& [m0,m1,m2,m3] = object;
        return visit(m0,m1,m2,m3);
    }
    else if constexpr (count == 5) {
        auto& [m0,m1,m2,m3,m4] = object;
        return visit(m0,m1,m2,m3,m4);
    }
    else if constexpr (count == 6) {
        auto& [m0,m1,m2,m3,m4,m5] = object;
        return visit(m0,m1,m2,m3,m4,m5);
    }
    else if constexpr (count == 7) {
        auto& [m0,m1,m2,m3,m4,m5,m6] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6);
    }
    else if constexpr (count == 8) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7);
    }
    else if constexpr (count == 9) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8);
    }
    else if constexpr (count == 10) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9);
    }
    else if constexpr (count == 11) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10);
    }
    else if constexpr (count == 12) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11);
    }
    else if constexpr (count == 13) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12);
    }
    else if constexpr (count == 14) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13);
    }
    else if constexpr (count == 15) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14);
    }
    else if constexpr (count == 16) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15);
    }
    else if constexpr (count == 17) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16);
    }
    else if constexpr (count == 18) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17);
    }
    else if constexpr (count == 19) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18);
    }
    else if constexpr (count == 20) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19);
    }
    else if constexpr (count == 21) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20);
    }
    else if constexpr (count == 22) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21);
    }
    else if constexpr (count == 23) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22);
    }
    else if constexpr (count == 24) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23);
    }
    else if constexpr (count == 25) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24);
    }
    else if constexpr (count == 26) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25);
    }
    else if constexpr (count == 27) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26);
    }
    else if constexpr (count == 28) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27);
    }
    else if constexpr (count == 29) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28);
    }
    else if constexpr (count == 30) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29);
    }
    else if constexpr (count == 31) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30);
    }
    else if constexpr (count == 32) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31);
    }
    else if constexpr (count == 33) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32);
    }
    else if constexpr (count == 34) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33);
    }
    else if constexpr (count == 35) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34);
    }
    else if constexpr (count == 36) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35);
    }
    else if constexpr (count == 37) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36);
    }
    else if constexpr (count == 38) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37);
    }
    else if constexpr (count == 39) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38);
    }
    else if constexpr (count == 40) {
        auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39] = object;
        return visit(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39);
    }
}

}  // namespace quipu::detail
// clang-format on
