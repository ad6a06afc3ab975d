// Renders chats with the package's own code, for check_chat_templates.py.
//
//   node tests/golden/render_chats.mjs < REQUESTS > TEXTS
//
// Both are JSON arrays. A request: "template", "tokens" (special tokens by name), "messages",
// "options", "variables". A text, or {"error": what is wrong}. The clock stands still.
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

let text = '';
for await (const piece of process.stdin) text += piece;
const { renderChat } = await loadRenderer();
stopClock();
const results = [];
for (const { template, tokens, messages, options, variables } of JSON.parse(text)) {
  const { additional_special_tokens: additional = [], ...named } = tokens;
  const info = { ...named, additional_special_tokens: additional, chat_template: template };
  try {
    results.push(await renderChat('the model', info, messages, options, variables));
  } catch (error) {
    results.push({ error: error.message, code: error.code });
  }
}
process.stdout.write(JSON.stringify(results));
