# The unit tests as WebAssembly, run in Node by ctest: once per row below. They read golden files
# through Node's own file system (NODERAWFS), which the shipped modules never link.
if(NOT DRAGOMAN_TEST_SOURCES)
  return()
endif()

# The test programs are CommonJS, unlike the package whose tree they lie in.
file(WRITE ${PROJECT_BINARY_DIR}/package.json "{ \"type\": \"commonjs\" }\n")

# The tests' own code is compiled once: with atomics it can be linked with and without threads.
add_library(dragoman_tests OBJECT ${DRAGOMAN_TEST_SOURCES})
target_link_libraries(dragoman_tests PRIVATE
  dragoman_flags dragoman_test_flags dragoman_test_usage Catch2::Catch2)
target_compile_options(dragoman_tests PRIVATE -matomics -mbulk-memory)

# Both instruction sets and both thread modes; the fourth combination would add nothing.
set(tested_variants ${DRAGOMAN_VARIANTS})
list(FILTER tested_variants EXCLUDE REGEX "^simd-mt ")
foreach(row IN LISTS tested_variants)
  separate_arguments(row UNIX_COMMAND "${row}")
  list(GET row 0 name)
  list(GET row 2 threads)
  add_executable(tests-${name} $<TARGET_OBJECTS:dragoman_tests>)
  target_link_libraries(tests-${name} PRIVATE
    dragoman_core_${threads} dragoman_kernels_${name} dragoman_threads_${threads} Catch2::Catch2WithMain)
  target_link_options(tests-${name} PRIVATE
    -O1  # the objects are optimised; the passes over the linked whole only shrink it
    -sENVIRONMENT=node -sNODERAWFS -sEXIT_RUNTIME -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=4GB
    -sSTACK_SIZE=1MB -sDEFAULT_PTHREAD_STACK_SIZE=256KB -sASSERTIONS=0)
  if(threads STREQUAL mt)
    target_link_options(tests-${name} PRIVATE -sPTHREAD_POOL_SIZE=4)
  endif()
  add_test(NAME wasm-${name}
    COMMAND ${NODE_PROGRAM} ${PROJECT_SOURCE_DIR}/tools/run-wasm.mjs $<TARGET_FILE:tests-${name}>)
  set_tests_properties(wasm-${name} PROPERTIES LABELS wasm TIMEOUT 1200)
endforeach()
