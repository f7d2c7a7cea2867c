#include "quipu/app/program.hpp"

namespace quipu {

int promote_command(const Program& program) {
    return program.fail({ErrorCode::internal, "not here yet"});
}

}  // namespace quipu
