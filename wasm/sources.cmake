# The Embind module.
set(DRAGOMAN_WASM_SOURCES
  wasm/bindings.cpp
  wasm/staging.cpp
)
