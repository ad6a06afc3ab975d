// The application that every bundler builds: one sentence, translated.
import { pipeline } from 'dragoman';

async function main() {
  const translate = await pipeline('translation', '/golden/marian', { dtype: 'fp32' });
  const [{ translation_text }] = await translate('home');
  return { text: translation_text, variant: translate.variant };
}

globalThis.outcome = main();
