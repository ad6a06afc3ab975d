// The code in README and docs: every block of TypeScript compiles against the package's types, and
// those that need no page run, as do the command lines.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { golden, root, runNode, runShell } from './support.js';

interface Block {
  name: string;
  /** What stands behind the fence: `ts`, `ts page`, `sh`, … */
  language: string;
  code: string;
}

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

function blocksOf(page: string): Block[] {
  const lines = readFileSync(join(root, page), 'utf8').split('\n');
  const blocks: Block[] = [];
  let open: Block | undefined;
  lines.forEach((line, index) => {
    const fence = /^```(.*)$/.exec(line);
    if (fence === null) {
      if (open) open.code += `${line}\n`;
    } else if (open === undefined) {
      open = { name: `${page}:${index + 1}`, language: fence[1] ?? '', code: '' };
    } else {
      blocks.push(open);
      open = undefined;
    }
  });
  return blocks;
}

const blocks = pages.flatMap(blocksOf);
const scripts = blocks.filter(({ language }) => /^ts\b/.test(language));
const commands = blocks.filter(({ language }) => language === 'sh');

describe('code blocks', () => {
  it('are marked with a language that is checked', () => {
    const known = /^(ts|ts page|sh|html|json|text|nginx|mermaid|)$/;
    const strange = blocks.filter(({ language }) => !known.test(language));
    expect(strange.map(({ name, language }) => `${name} ${language}`)).toEqual([]);
    expect(scripts.length).toBeGreaterThan(3);
  });

  it('compile', () => {
    const options = readConfig();
    const files = new Map(
      scripts.map(({ code }, index) => [join(root, `block-${index}.ts`), code] as const),
    );
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists, readFile } = host;
    host.fileExists = (path) => files.has(path) || fileExists(path);
    host.readFile = (path) => files.get(path) ?? readFile(path);
    host.getSourceFile = (path, target) => {
      const code = files.get(path);
      // A block without imports is a script to the compiler; blocks must not see each other.
      if (code !== undefined) return ts.createSourceFile(path, `${code}export {};\n`, target);
      return getSourceFile(path, target);
    };
    const program = ts.createProgram([...files.keys()], options, host);
    const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      const index = Number(/block-(\d+)/.exec(file?.fileName ?? '')?.[1]);
      return `${scripts[index]?.name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
    expect(problems).toEqual([]);
  });
});

function readConfig(): ts.CompilerOptions {
  const path = join(root, 'tsconfig.json');
  const { config } = ts.readConfigFile(path, ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  // A line that shows how to get a value need not use it.
  return {
    ...options,
    noUnusedLocals: false,
    noUncheckedIndexedAccess: false,
    // The types that users get.
    paths: { dragoman: [join(root, 'dist/index.d.ts')] },
  };
}

// A folder where the names that the pages use exist.
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-docs-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/dragoman'), 'dir');
  mkdirSync(join(folder, 'models/Helsinki-NLP'), { recursive: true });
  symlinkSync(golden('marian'), join(folder, 'models/Helsinki-NLP/opus-mt-en-fr'), 'dir');
  symlinkSync(golden('marian'), join(folder, 'opus-mt-en-fr'), 'dir');
  for (const name of ['dragoman-en-fr', 'dragoman-sentiment']) {
    symlinkSync(join(root, 'models', name), join(folder, 'models', name), 'dir');
  }
  for (const name of ['book.txt', 'reviews.txt']) {
    writeFileSync(join(folder, name), 'A fine story.\nDull.\n');
  }
  writeFileSync(join(folder, 'masks.txt'), 'A [MASK] story.\n');
  linkModels();
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
});

/** Tiny models under the names that the pages use, on the hub's and beside the program. */
function linkModels(): void {
  // The tiny tokenizer knows few words, and takes the others letter by letter.
  const sentences = join(folder, 'sentences');
  cpSync(golden('features'), sentences, { recursive: true });
  writeFileSync(join(sentences, 'sentence_bert_config.json'), '{"max_seq_length": 48}');
  const models = {
    'sentence-transformers/all-MiniLM-L6-v2': sentences,
    'MoritzLaurer/xtremedistil-l6-h256-zeroshot-v1.1-all-33': golden('zero-shot'),
    'google-bert/bert-base-uncased': golden('fill-mask'),
    'dslim/bert-base-NER': golden('entities'),
    'distilbert/distilbert-base-cased-distilled-squad': golden('answers'),
    'openai-community/gpt2': golden('gpt2'),
    'Qwen/Qwen2.5-0.5B-Instruct': golden('qwen2'),
    'facebook/bart-large-cnn': golden('bart-summary'),
    'own/bert-srl': golden('roles'),
    'facebook/m2m100_418M': golden('m2m100'),
    'cross-encoder/ms-marco-MiniLM-L6-v2': golden('ranking'),
  };
  for (const [id, target] of Object.entries(models)) {
    const [owner = '', name = ''] = id.split('/');
    mkdirSync(join(folder, 'models', owner), { recursive: true });
    symlinkSync(target, join(folder, 'models', id), 'dir');
    symlinkSync(target, join(folder, name), 'dir');
  }
}
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a block runs', () => {
  const inNode = scripts.filter(({ language }) => language === 'ts');
  it.each(inNode.map((block) => [block.name, block] as const))('%s', async (_, { code }) => {
    const settings =
      "import { env } from 'dragoman';\n" +
      `env.localModelPath = ${JSON.stringify(join(folder, 'models'))};\n`;
    // Blocks that set `env` bring their own import.
    const own = /import \{[^}]*\benv\b[^}]*\} from 'dragoman'/.test(code);
    const { outputText } = ts.transpileModule(own ? code : settings + code, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(join(folder, 'block.js'), outputText);
    const { status, stderr } = await runNode(['block.js'], '', folder);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('a command line runs', () => {
  const lines = commands.flatMap(({ name, code }) => {
    const ours = code.split('\n').filter((line) => line.includes('npx dragoman'));
    return ours.map((line) => [`${name} ${line}`, line] as const);
  });
  it.each(lines)('%s', async (_, line) => {
    const { status, stderr } = await runShell(line, folder);
    // The one command whose result is not what it prints tells about it.
    const report = line.includes('dragoman pack') ? /^.*MB of weights became .* MB .*\n$/ : /^$/;
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(report) });
  });
});

it('links between pages lead somewhere', () => {
  const broken = pages.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? '');
    return targets
      .filter((target) => !existing(join(root, page, '..', target)))
      .map((target) => `${page}: ${target}`);
  });
  expect(broken).toEqual([]);
});

function existing(path: string): boolean {
  return ts.sys.fileExists(path) || ts.sys.directoryExists(relative('.', path) || '.');
}
