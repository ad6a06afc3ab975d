// The layer check finds each kind of violation, in a small tree that is in order without it.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { checkLayers } from '../../tools/check-layers.mjs';

const inOrder = {
  'src/base/eigen.hpp': '#include <Eigen/Core>\n',
  'src/kernels/simd.hpp': '#include <wasm_simd128.h>\n#include "tensor/view.hpp"\n',
  'src/formats/reader.cpp': '#include "nn/slots.hpp"\n#include "formats/reader.hpp"\n',
  'src/tasks/task.cpp': '#include "text/tokenizer.hpp"\n#include "decode/beam.hpp"\n',
  'wasm/bindings.cpp':
    '#include <emscripten/bind.h>\n#include "boundary.hpp"\n#include "tasks/task.hpp"\n',
  'web/src/index.ts': "export { pipeline } from './pipeline.js';\n",
  'web/src/pipeline.ts': "import type { Options } from './options.js';\n",
  'web/src/options.ts': "import type { pipeline } from './pipeline.js';\n",
  'web/src/worker/main.ts': "import { codes } from '../common/errors.js';\n",
  'web/src/common/errors.ts': 'export const codes = [];\n',
  'web/src/cli/main.ts': "import { pipeline } from '../pipeline.js';\n",
};

/** What the check says about the tree above with `changes` laid over it. */
function check(changes) {
  const root = mkdtempSync(join(tmpdir(), 'layers-'));
  try {
    for (const [path, text] of Object.entries({ ...inOrder, ...changes })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return checkLayers(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('a tree in order has no violation', () => {
  assert.deepEqual(check({}), []);
});

const violations = {
  'a layer includes a higher one': {
    'src/tensor/view.hpp': '#include <vector>\n#include "kernels/gemm.hpp"\n',
    expected: 'src/tensor/view.hpp:2: tensor may not include kernels ("kernels/gemm.hpp")',
  },
  'formats includes text': {
    'src/formats/spm.cpp': '#include "text/vocab.hpp"\n',
    expected: 'src/formats/spm.cpp:1: formats may not include text ("text/vocab.hpp")',
  },
  'text includes formats': {
    'src/text/spm.cpp': '#include "formats/bytes.hpp"\n',
    expected: 'src/text/spm.cpp:1: text may not include formats ("formats/bytes.hpp")',
  },
  'text includes nn': {
    'src/text/spm.cpp': '#include "nn/slots.hpp"\n',
    expected: 'src/text/spm.cpp:1: text may not include nn ("nn/slots.hpp")',
  },
  'a second file includes Eigen': {
    'src/nn/norm.cpp': '#include <Eigen/Dense>\n',
    expected: 'src/nn/norm.cpp:1: <Eigen/Dense> may be included by src/base/eigen.hpp only',
  },
  'intrinsics outside the kernels': {
    'src/nn/norm.cpp': '  #  include <wasm_simd128.h>\n',
    expected: 'src/nn/norm.cpp:1: <wasm_simd128.h> may be included by src/kernels/ only',
  },
  'Emscripten in the core': {
    'src/tasks/task.cpp': '#include <emscripten.h>\n',
    expected: 'src/tasks/task.cpp:1: <emscripten.h> may be included by wasm/ only',
  },
  'input and output in the core': {
    'src/text/vocab.cpp': '#include <fstream>\n',
    expected: 'src/text/vocab.cpp:1: <fstream> may be included by no file of the core',
  },
  'the core includes the bindings': {
    'src/tasks/task.cpp': '#include "wasm/boundary.hpp"\n',
    expected: 'src/tasks/task.cpp:1: tasks may not include wasm ("wasm/boundary.hpp")',
  },
  'an include relative to its own file': {
    'src/nn/norm.cpp': '#include "../base/error.hpp"\n',
    expected: 'src/nn/norm.cpp:1: "../base/error.hpp" is not written from src/',
  },
  'an unknown folder': {
    'src/extras/x.cpp': '\n',
    expected: 'src/extras/x.cpp:1: extras is not one of the layers',
  },
  'the worker imports the page': {
    'web/src/worker/load.ts': "\nimport {\n  x,\n} from '../pipeline.js';\n",
    expected: 'web/src/worker/load.ts:2: worker may not import page (web/src/pipeline.ts)',
  },
  'the worker imports the page dynamically': {
    'web/src/worker/load.ts': "const page = await import('../index.js');\n",
    expected: 'web/src/worker/load.ts:1: worker may not import page (web/src/index.ts)',
  },
  'the page imports the worker, types only': {
    'web/src/pipeline.ts': "import type { x } from './worker/load.js';\n",
    expected: 'web/src/pipeline.ts:1: page may not import worker (web/src/worker/load.ts)',
  },
  'common code imports a side': {
    'web/src/common/errors.ts': "export * from '../options.js';\n",
    expected: 'web/src/common/errors.ts:1: common may not import page (web/src/options.ts)',
  },
  'imports that go round': {
    'web/src/env.ts': "import { a } from './options.js';\nexport const codes = [a];\n",
    'web/src/options.ts': "import './env.js';\n",
    expected:
      'web/src/env.ts:1: imports go round: ' +
      'web/src/env.ts -> web/src/options.ts -> web/src/env.ts',
  },
};

for (const [name, { expected, ...changes }] of Object.entries(violations)) {
  test(`found: ${name}`, () => {
    assert.deepEqual(check(changes), [expected]);
  });
}
