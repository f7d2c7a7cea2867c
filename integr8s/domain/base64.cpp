// SPDX-License-Identifier: Apache-2.0
#include "integr8s/domain/base64.hpp"

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>

namespace integr8s {

namespace iterators = boost::archive::iterators;

std::string to_base64(std::string_view bytes) {
    using Encode = iterators::base64_from_binary<
        iterators::transform_width<std::string_view::const_iterator, 6, 8>>;
    std::string text(Encode(bytes.begin()), Encode(bytes.end()));
    text.append((3 - bytes.size() % 3) % 3, '=');
    return text;
}

quipu::Result<std::string> from_base64(std::string_view text) {
    using Decode = iterators::transform_width<iterators::binary_from_base64<const char*>, 8, 6>;
    const auto bad = [] { return quipu::fail(quipu::ErrorCode::corrupt, "bad base64 text"); };
    if (text.size() % 4 != 0) return bad();
    std::size_t padding = text.ends_with('=') ? 1 : 0;
    if (text.ends_with("==")) padding = 2;
    text.remove_suffix(padding);
    if (text.contains('=')) return bad();
    // The library's iterators read whole groups only, so the end is filled up and cut off again.
    std::string whole(text);
    whole.append(padding, 'A');
    try {
        std::string bytes(Decode(whole.data()), Decode(whole.data() + whole.size()));
        bytes.resize(whole.size() / 4 * 3 - padding);
        return bytes;
    } catch (const iterators::dataflow_exception&) {
        return bad();
    }
}

}  // namespace integr8s
