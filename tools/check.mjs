// The checks that need no build: layers and form. node tools/check.mjs
import { checkFormat } from './check-format.mjs';
import { checkLayers } from './check-layers.mjs';
import { asCommand, isProgram, projectRoot, UserError } from './lib/run.mjs';

/** Prints what is wrong and throws when anything is. */
export function check() {
  const problems = checkLayers(projectRoot);
  for (const problem of problems) console.error(problem);
  const formed = checkFormat();
  if (problems.length > 0) throw new UserError('the layers are not kept (see above).');
  if (!formed) throw new UserError('the form is off (see above); npm run format mends most of it.');
}

if (isProgram(import.meta.url)) await asCommand(check);
