// The command `summarize`.
import { pipeline } from 'dragoman';
import { samplingFlags, searchFlags, wholeFlags } from '../generation-flags.js';
import { textWorker } from '../text-worker.js';
import type { CommandDefinition } from '../command.js';
import type { Flags } from '../flags.js';

const flags: Flags = {
  ...searchFlags('summaries'),
  ...samplingFlags,
  truncation: {
    kind: 'switch',
    option: 'truncation',
    help: 'cut a word that is too long instead of failing',
  },
  'no-merge': {
    kind: 'off-switch',
    option: 'merge',
    help: 'leave the summaries of parts as they are',
  },
  ...wholeFlags,
};

export const summarize: CommandDefinition = {
  about: 'Summarises every line, or with --whole all input.',
  flags,
  async prepare(command) {
    const { model, loadOptions, callOptions } = command;
    const run = await pipeline('summarization', model ?? null, loadOptions);
    const worker = textWorker(command, {
      async all(texts) {
        const results = await run(texts, callOptions);
        return results.map((result) => [result].flat());
      },
      textOf: (output) => output.summary_text,
      async stream(text, print) {
        for await (const { delta } of run.stream(text, callOptions)) print(delta);
      },
    });
    return { ...worker, dispose: () => run.dispose() };
  },
};
