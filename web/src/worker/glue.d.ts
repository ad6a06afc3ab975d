// Emscripten's glue, which web/build.mjs puts in place of these names. It is the same for both
// instruction sets.
declare module 'dragoman:glue/*' {
  const createModule: (settings: object) => Promise<never>;
  export default createModule;
}
