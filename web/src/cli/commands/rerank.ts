// The command `rerank`.
import { pipeline } from 'dragoman';
import { oneLine } from '../command.js';
import { lengthFlags } from '../flags.js';
import type { RankedText, RankingCallOptions } from 'dragoman';
import type { CommandDefinition } from '../command.js';
import type { Flags, FlagsOf } from '../flags.js';

const own: FlagsOf<RankingCallOptions> = {
  'top-k': { value: 'N', kind: 'integer', option: 'top_k', help: 'most lines printed' },
  'function-to-apply': {
    value: 'F',
    kind: 'text',
    option: 'function_to_apply',
    help: 'sigmoid or none, instead of what the model says',
  },
  ...lengthFlags,
};

const flags: Flags = {
  query: { value: 'Q', kind: 'text', option: 'query', required: true, help: 'query' },
  ...own,
};

export const rerank: CommandDefinition = {
  about: 'Prints the lines that answer a query, best first, each behind its score.',
  flags,
  async prepare({ model, json, loadOptions, callOptions }) {
    const run = await pipeline('text-ranking', model ?? null, loadOptions);
    const { query, ...options } = callOptions;
    const { top_k: most } = options as { top_k?: number };
    const found: RankedText[] = [];
    let count = 0;
    return {
      // The best of all lines are among the best of each batch.
      async work(lines) {
        const numbered = lines.map((text, i) => ({ text, index: count + i }));
        const filled = numbered.filter(({ text }) => text.trim() !== '');
        const texts = filled.map(({ text }) => text);
        for (const ranked of await run(query as string, texts, options)) {
          found.push({ ...ranked, index: filled[ranked.index]?.index ?? 0 });
        }
        count += lines.length;
        return [];
      },
      finish() {
        found.sort((a, b) => b.score - a.score || a.index - b.index);
        return found.slice(0, most).map((entry) => {
          return json ? JSON.stringify(entry) : `${entry.score}\t${oneLine(entry.text)}`;
        });
      },
      dispose: () => run.dispose(),
    };
  },
};
