// The command `semantic-role-labelling`, also called `roles`.
import { pipeline } from 'dragoman';
import { exceptBlank, oneLine } from '../command.js';
import type { PredicateRoles } from 'dragoman';
import type { CommandDefinition } from '../command.js';
import type { Flags } from '../flags.js';

const flags: Flags = {
  predicates: {
    value: 'A,B',
    kind: 'list',
    option: 'predicates',
    required: true,
    help: 'words whose roles are wanted, wherever they stand',
  },
};

/** Of each place of a predicate the roles, one behind the other. */
function printed(found: readonly PredicateRoles[]): string {
  const roles = found.flatMap((one) => one.roles);
  return roles.map(({ role, text }) => `${role}\t${oneLine(text.trim())}`).join('\t');
}

/** Where a line has them, as whole words: lines need not have them all. */
function placesIn(text: string, predicates: readonly string[]): { start: number; end: number }[] {
  return predicates.flatMap((predicate) => {
    const escaped = predicate.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    const whole = new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'gu');
    const found = [...text.matchAll(whole)];
    return found.map(({ index }) => ({ start: index, end: index + predicate.length }));
  });
}

export const roles: CommandDefinition = {
  about: 'Prints the roles that words of every line have for its predicates.',
  flags,
  async prepare({ model, json, loadOptions, callOptions }) {
    const run = await pipeline('semantic-role-labelling', model ?? null, loadOptions);
    const { predicates, ...options } = callOptions;
    const work = exceptBlank(json, async (lines) => {
      const inputs = lines.map((text) => ({
        text,
        predicates: placesIn(text, predicates as string[]),
      }));
      const asked = inputs.filter((input) => input.predicates.length > 0);
      const results = asked.length > 0 || lines.length === 0 ? await run(asked, options) : [];
      return inputs.map((input) => {
        const found = input.predicates.length > 0 ? (results.shift() as PredicateRoles[]) : [];
        return json ? JSON.stringify(found) : printed(found);
      });
    });
    return { work, dispose: () => run.dispose() };
  },
};
