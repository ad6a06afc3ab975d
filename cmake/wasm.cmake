# The WebAssembly modules: core and bindings are compiled once per thread mode, kernels once per
# instruction set and thread mode, and linked as the table in variants.cmake says.

if(NOT CMAKE_RUNTIME_OUTPUT_DIRECTORY)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endif()

# Flags by thread mode, and of what we ship beyond them: tests are linked from the same core, but
# their own code is not optimised across files.
add_library(dragoman_threads_st INTERFACE)
add_library(dragoman_threads_mt INTERFACE)
target_compile_options(dragoman_threads_mt INTERFACE -pthread)
# Growing memory that threads share slows JavaScript's access to it, and only that; the warning
# about it would come with every link.
target_link_options(dragoman_threads_mt INTERFACE -pthread -Wno-pthreads-mem-growth)
foreach(threads st mt)
  target_link_libraries(dragoman_threads_${threads} INTERFACE dragoman_flags)
  add_library(dragoman_${threads} INTERFACE)
  target_link_libraries(dragoman_${threads} INTERFACE dragoman_threads_${threads})
  if(DRAGOMAN_LTO)
    target_compile_options(dragoman_${threads} INTERFACE -flto)
  endif()
endforeach()

add_library(dragoman_isa_simd INTERFACE)
add_library(dragoman_isa_relaxed INTERFACE)
target_compile_options(dragoman_isa_relaxed INTERFACE -mrelaxed-simd)

# What every module is linked with. The glue is bundled into the worker and runs nowhere else, so
# it must hold nothing that a user's bundler could take for a reference to a file (import.meta,
# new Worker(new URL())); that is what USE_ES6_IMPORT_META=0 with the one environment is for.
add_library(dragoman_module INTERFACE)
target_link_options(dragoman_module INTERFACE
  -O3 $<$<BOOL:${DRAGOMAN_LTO}>:-flto>
  -lembind -fno-rtti  # at link time too: it chooses the Embind library that knows types our way
  -sMODULARIZE -sEXPORT_ES6 -sUSE_ES6_IMPORT_META=0 -sENVIRONMENT=worker
  -sFILESYSTEM=0 -sDYNAMIC_EXECUTION=0
  -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=4GB
  # Eigen puts up to 128 KB on the stack, and the default 64 KB overflows silently.
  -sSTACK_SIZE=1MB -sDEFAULT_PTHREAD_STACK_SIZE=256KB
  -sINCOMING_MODULE_JS_API=instantiateWasm,locateFile,print,printErr,onAbort,wasmMemory
  $<IF:$<CONFIG:Debug>,-sASSERTIONS=2,-sASSERTIONS=0>)

foreach(threads st mt)
  dragoman_add_core(dragoman_core_${threads} dragoman_${threads})
  if(NOT DRAGOMAN_WASM_SOURCES)
    continue()
  endif()
  add_library(dragoman_bindings_${threads} OBJECT ${DRAGOMAN_WASM_SOURCES})
  target_link_libraries(dragoman_bindings_${threads} PRIVATE
    dragoman_language dragoman_headers dragoman_${threads})
  target_compile_definitions(dragoman_bindings_${threads} PRIVATE
    DRAGOMAN_VERSION="${PROJECT_VERSION}")
endforeach()

add_custom_target(modules)  # all of them, without the tests
foreach(row IN LISTS DRAGOMAN_VARIANTS)
  separate_arguments(row UNIX_COMMAND "${row}")
  list(GET row 0 name)
  list(GET row 1 isa)
  list(GET row 2 threads)
  dragoman_add_kernels(dragoman_kernels_${name} dragoman_${threads} dragoman_isa_${isa})
  if(NOT DRAGOMAN_WASM_SOURCES)
    continue()
  endif()
  add_executable(${name} $<TARGET_OBJECTS:dragoman_bindings_${threads}>)
  set_target_properties(${name} PROPERTIES SUFFIX .mjs)
  add_dependencies(modules ${name})
  target_link_libraries(${name} PRIVATE
    dragoman_module dragoman_core_${threads} dragoman_kernels_${name} dragoman_${threads})
  if(threads STREQUAL mt)
    # JavaScript decides how many threads there are.
    target_link_options(${name} PRIVATE "SHELL:-sPTHREAD_POOL_SIZE='Module[\"poolSize\"]'")
  endif()
endforeach()
