# Third-party sources. tools/setup.mjs names folders that already hold them (build/
# dependencies.cmake sets FETCHCONTENT_SOURCE_DIR_<NAME>); without it they are fetched, pinned by
# hash. Eigen and RapidJSON are headers only, Catch2 is for the tests.
include(FetchContent)

FetchContent_Declare(eigen
  URL https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.gz
  URL_HASH SHA256=8586084f71f9bde545ee7fa6d00288b264a2b7ac3607b974e54d13e7162c1c72
  DOWNLOAD_EXTRACT_TIMESTAMP OFF
  SOURCE_SUBDIR headers-only)  # no such folder: its own build is not wanted
FetchContent_Declare(rapidjson
  URL https://github.com/Tencent/rapidjson/archive/24b5e7a8b27f42fa16b96fc70aade9106cf7102f.tar.gz
  URL_HASH SHA256=2d2601a82d2d3b7e143a3c8d43ef616671391034bc46891a9816b79cf2d3e7a8
  DOWNLOAD_EXTRACT_TIMESTAMP OFF
  SOURCE_SUBDIR headers-only)
FetchContent_MakeAvailable(eigen rapidjson)

# SYSTEM: our warnings are not theirs.
add_library(dragoman_headers INTERFACE)
target_include_directories(dragoman_headers SYSTEM INTERFACE
  ${eigen_SOURCE_DIR} ${rapidjson_SOURCE_DIR}/include)

if(DRAGOMAN_TESTS)
  FetchContent_Declare(catch2 SYSTEM
    URL https://github.com/catchorg/Catch2/archive/refs/tags/v3.7.1.tar.gz
    URL_HASH SHA256=c991b247a1a0d7bb9c39aa35faf0fe9e19764213f28ffba3109388e62ee0269c
    DOWNLOAD_EXTRACT_TIMESTAMP OFF)
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)  # its options obey these variables
  set(CATCH_INSTALL_DOCS OFF)
  set(CATCH_INSTALL_EXTRAS OFF)
  FetchContent_MakeAvailable(catch2)
  # A hundred small files become a handful: a minute less for each preset.
  set_target_properties(Catch2 Catch2WithMain PROPERTIES
    UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 40 EXCLUDE_FROM_ALL ON)
  target_compile_options(Catch2 PRIVATE -O1 -g0)
  if(EMSCRIPTEN)
    # Atomics let one build of it be linked with and without threads.
    foreach(target Catch2 Catch2WithMain)
      # The newest standard it knows of by itself here is C++14, which leaves out string_view.
      target_compile_features(${target} PRIVATE cxx_std_20)
      target_compile_options(${target} PRIVATE -fwasm-exceptions -matomics -mbulk-memory)
    endforeach()
  endif()
  list(APPEND CMAKE_MODULE_PATH ${catch2_SOURCE_DIR}/extras)
endif()
