# Functions that make the core and the kernels with given flags. Natively they are one library;
# under Emscripten there is a core for each thread mode and kernels for each instruction set.

set(DRAGOMAN_CORE_SOURCES
  ${DRAGOMAN_BASE_SOURCES} ${DRAGOMAN_TENSOR_SOURCES} ${DRAGOMAN_NN_SOURCES}
  ${DRAGOMAN_FORMATS_SOURCES} ${DRAGOMAN_TEXT_SOURCES} ${DRAGOMAN_MODELS_SOURCES}
  ${DRAGOMAN_DECODE_SOURCES} ${DRAGOMAN_TASKS_SOURCES})

set(DRAGOMAN_WHOLE_CORE ON)
if(DRAGOMAN_SANITIZE STREQUAL "thread")
  # All that shares work among threads lies in these layers; those above would take minutes.
  set(DRAGOMAN_WHOLE_CORE OFF)
  set(DRAGOMAN_CORE_SOURCES
    ${DRAGOMAN_BASE_SOURCES} ${DRAGOMAN_TENSOR_SOURCES} ${DRAGOMAN_NN_SOURCES})
endif()

if(EMSCRIPTEN)
  set(cold_sources ${DRAGOMAN_CORE_SOURCES})
  list(REMOVE_ITEM cold_sources ${DRAGOMAN_HOT_SOURCES})
  set_source_files_properties(${cold_sources} ${DRAGOMAN_WASM_SOURCES} PROPERTIES COMPILE_OPTIONS -Oz)
endif()

# Everything but the kernels, as static library `name` compiled with the flags of the INTERFACE
# targets in ARGN.
function(dragoman_add_core name)
  add_library(${name} STATIC ${DRAGOMAN_CORE_SOURCES})
  target_link_libraries(${name} PUBLIC dragoman_language PRIVATE dragoman_headers ${ARGN})
endfunction()

# The kernels, the only code that depends on the instruction set, likewise.
function(dragoman_add_kernels name)
  if(NOT DRAGOMAN_KERNELS_SOURCES)
    add_library(${name} INTERFACE)
    return()
  endif()
  add_library(${name} STATIC ${DRAGOMAN_KERNELS_SOURCES})
  target_link_libraries(${name} PUBLIC dragoman_language PRIVATE dragoman_headers ${ARGN})
endfunction()
