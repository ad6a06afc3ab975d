# The flags of the project's own code, as INTERFACE targets. Nobody who links the library gets
# the warnings: they are attached to our targets PRIVATE.

# What the language must be wherever the headers are used.
add_library(dragoman_language INTERFACE)
target_compile_features(dragoman_language INTERFACE cxx_std_20)
target_include_directories(dragoman_language INTERFACE ${PROJECT_SOURCE_DIR}/src)

add_library(dragoman_flags INTERFACE)
target_compile_options(dragoman_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Wdouble-promotion -Wimplicit-fallthrough
  # Results are compared between paths and with the Python reference, so no compiler may fuse
  # a multiplication and an addition on its own.
  -ffp-contract=off
  # GCC 12 sees overlapping copies inside std::string where there are none (its bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  -fno-rtti
  # Debug still runs the golden models, which -O0 makes several times slower; full debug
  # information doubles the compile time, lines and names are enough.
  $<$<CONFIG:Debug>:-O1;-g1>)
if(DRAGOMAN_WARNINGS_AS_ERRORS)
  target_compile_options(dragoman_flags INTERFACE -Werror)
endif()

if(EMSCRIPTEN)
  target_compile_options(dragoman_flags INTERFACE -O3 -fwasm-exceptions -msimd128)
  # Embind without RTTI identifies types by address; names of unbound types are then unknown.
  target_compile_definitions(dragoman_flags INTERFACE EMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0)
  target_link_options(dragoman_flags INTERFACE -fwasm-exceptions)
elseif(DRAGOMAN_SANITIZE)
  set(sanitize -fsanitize=${DRAGOMAN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(dragoman_flags INTERFACE ${sanitize})
  target_link_options(dragoman_flags INTERFACE ${sanitize})
endif()
