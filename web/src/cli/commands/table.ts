// The commands that read lines.
import { classify } from './classify.js';
import { embed } from './embed.js';
import { fillMask } from './fill-mask.js';
import { generate } from './generate.js';
import { questionAnswering } from './question-answering.js';
import { rerank } from './rerank.js';
import { roles } from './roles.js';
import { summarize } from './summarize.js';
import { tokenClassification } from './token-classification.js';
import { translate } from './translate.js';
import { zeroShot } from './zero-shot.js';

export const commands = {
  translate,
  summarize,
  generate,
  classify,
  'token-classification': tokenClassification,
  ner: tokenClassification,
  'question-answering': questionAnswering,
  'semantic-role-labelling': roles,
  roles,
  'zero-shot': zeroShot,
  'fill-mask': fillMask,
  embed,
  rerank,
};
