// Renders chats with the package's own code, for check_chat_templates.py.
//
//   node tests/golden/render_chats.mjs < REQUESTS > TEXTS
//
// Both are JSON arrays. A request: "template", "tokens" (special tokens by name), "messages",
// "options", "variables". A text, or {"error": what is wrong}. A request with a "folder" is
// answered by the built package's AutoTokenizer, with {"text", "ids"}. The clock stands still.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

/** The module of chat templates, as it stands in the tree. */
async function loadRenderer() {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-chats-'));
  try {
    await build({
      entryPoints: [join(root, 'web/src/chat-template.ts')],
      outfile: join(folder, 'chat-template.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      absWorkingDir: root,
    });
    return await import(pathToFileURL(join(folder, 'chat-template.mjs')).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function stopClock() {
  const Real = Date;
  const now = new Real(2024, 2, 5, 14, 7, 9);
  globalThis.Date = class extends Real {
    constructor(...given) {
      super(...(given.length > 0 ? given : [now]));
    }
  };
}

const tokenizers = new Map();

/** The text and the ids of a chat, by the tokenizer of a folder. */
async function encode({ folder, messages, options, variables }) {
  if (!tokenizers.has(folder)) {
    const { AutoTokenizer } = await import(pathToFileURL(join(root, 'dist/index.js')).href);
    tokenizers.set(folder, await AutoTokenizer.from_pretrained(folder));
  }
  const tokenizer = tokenizers.get(folder);
  const asked = { ...options, ...variables };
  return {
    text: await tokenizer.apply_chat_template(messages, { ...asked, tokenize: false }),
    ids: await tokenizer.apply_chat_template(messages, asked),
  };
}

async function render({ template, tokens, messages, options, variables }) {
  const { additional_special_tokens: additional = [], ...named } = tokens;
  const info = { ...named, additional_special_tokens: additional, chat_template: template };
  return renderChat('the model', info, messages, options, variables);
}

let text = '';
for await (const piece of process.stdin) text += piece;
const { renderChat } = await loadRenderer();
stopClock();
const results = [];
for (const request of JSON.parse(text)) {
  try {
    results.push(await (request.folder === undefined ? render(request) : encode(request)));
  } catch (error) {
    results.push({ error: error.message, code: error.code });
  }
}
for (const tokenizer of tokenizers.values()) await tokenizer.dispose();
process.stdout.write(JSON.stringify(results));
