// The commands that read lines.
import { classify } from './classify.js';
import { translate } from './translate.js';

export const commands = { translate, classify };
