# The Embind module.
set(DRAGOMAN_WASM_SOURCES
)
