// Translates and classifies in Node, with the default models.
import { DragomanError, pipeline } from 'dragoman';

const translate = await pipeline('translation');
const [{ translation_text: french }] = await translate('Thank you. Where is the station?');
console.log(french);

// Several texts in one call are faster than one call each.
const results = await translate(['Good morning!', 'I am tired.'], { num_beams: 4 });
for (const { translation_text: text, score } of results) console.log(score.toFixed(2), text);

// Every call takes a signal: this one gives up after a minute.
const classify = await pipeline('sentiment-analysis');
const labels = await classify(['I loved it.', 'A waste of time.'], {
  signal: AbortSignal.timeout(60_000),
});
for (const { label, score } of labels) console.log(label, score.toFixed(2));

try {
  await translate('Hello.', { num_beams: 0 });
} catch (error) {
  if (!(error instanceof DragomanError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}

await translate.dispose();
await classify.dispose();
