# SPDX-License-Identifier: Apache-2.0
# `cmake --graphviz=rooms.dot build/dev` draws the rooms of the library and integr8s, and what links what.
set(GRAPHVIZ_GRAPH_NAME "quipu")
set(GRAPHVIZ_EXTERNAL_LIBS FALSE)
set(GRAPHVIZ_UNKNOWN_LIBS FALSE)
set(GRAPHVIZ_INTERFACE_LIBS FALSE)
set(GRAPHVIZ_OBJECT_LIBS FALSE)
set(GRAPHVIZ_GENERATE_PER_TARGET FALSE)
set(GRAPHVIZ_GENERATE_DEPENDERS FALSE)
set(GRAPHVIZ_IGNORE_TARGETS ".*_tests" ".*_bench" "test_engines" "store_contract" ".*_harness" ".*_program"
    "engine_faults.*" "conformance.*" "interop.*" ".*_fuzz" "integr8s_pod_init")
