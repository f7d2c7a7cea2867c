# SPDX-License-Identifier: Apache-2.0
# Each of PATTERNS must match a test of PROGRAM, or a renamed test would silently leave the slice.
foreach(pattern ${PATTERNS})
    execute_process(COMMAND ${PROGRAM} --gtest_list_tests --gtest_filter=${pattern}
                    OUTPUT_VARIABLE tests COMMAND_ERROR_IS_FATAL ANY)
    if(NOT tests MATCHES "\n  ")
        message(SEND_ERROR "no test of ${PROGRAM} is named ${pattern}")
    endif()
endforeach()
