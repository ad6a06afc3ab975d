# The one table of WebAssembly modules: name, instruction set, thread mode. A module is
# build/<preset>/<name>.wasm with its glue <name>.mjs. web/src/variant.ts chooses among them.
set(DRAGOMAN_VARIANTS
  "simd       simd    st"
  "relaxed    relaxed st"
  "simd-mt    simd    mt"
  "relaxed-mt relaxed mt")
