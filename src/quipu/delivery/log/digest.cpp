// SPDX-License-Identifier: Apache-2.0
#include "digest.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace quipu::wire {

namespace {

constexpr boost::uuids::uuid name_space{{0x5e, 0x1d, 0x0c, 0x3b, 0x8a, 0x77, 0x4f, 0x0e, 0x9c, 0x52,
                                         0x71, 0x75, 0x69, 0x70, 0x75, 0x01}};

}  // namespace

std::string digest_of(std::string_view bytes) {
    return boost::uuids::to_string(
        boost::uuids::name_generator_sha1(name_space)(bytes.data(), bytes.size()));
}

}  // namespace quipu::wire
