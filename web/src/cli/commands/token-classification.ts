// The command `token-classification`, also called `ner`.
import { pipeline } from 'dragoman';
import { exceptBlank, oneLine } from '../command.js';
import type { Entity, LabelledToken, TokenClassificationCallOptions } from 'dragoman';
import type { CommandDefinition } from '../command.js';
import type { FlagsOf } from '../flags.js';

const flags: FlagsOf<TokenClassificationCallOptions> = {
  'aggregation-strategy': {
    value: 'S',
    kind: 'text',
    option: 'aggregation_strategy',
    help: 'simple (default), first, average, max, or none for single tokens',
  },
  'ignore-labels': {
    value: 'A,B',
    kind: 'list',
    option: 'ignore_labels',
    help: 'labels that are left out (default O)',
  },
  stride: {
    value: 'N',
    kind: 'integer',
    option: 'stride',
    help: 'tokens that windows of a long line have in common',
  },
};

function printed(line: string, found: readonly (Entity | LabelledToken)[], json: boolean): string {
  if (json) return JSON.stringify(found);
  return found
    .map((one) => {
      const name = 'entity' in one ? one.entity : one.entity_group;
      return `${name}\t${oneLine(line.slice(one.start, one.end).trim())}`;
    })
    .join('\t');
}

export const tokenClassification: CommandDefinition = {
  about: 'Prints the label and text of every entity of every line.',
  flags,
  async prepare({ model, json, loadOptions, callOptions }) {
    const run = await pipeline('token-classification', model ?? null, loadOptions);
    const options = { aggregation_strategy: 'simple' as const, ...callOptions };
    const work = exceptBlank(json, async (lines) => {
      const results = await run(lines, options);
      return results.map((found, index) => printed(lines[index] as string, found, json));
    });
    return { work, dispose: () => run.dispose() };
  },
};
