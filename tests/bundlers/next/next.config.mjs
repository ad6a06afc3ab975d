// Static files, as the other bundlers write them. The bundlers lie two folders above.
import { resolve } from 'node:path';

export default {
  output: 'export',
  distDir: 'out',
  turbopack: { root: resolve(import.meta.dirname, '../../..') },
};
