// Classifies the lines of a text as they are typed.
import { DragomanError, pipeline } from 'dragoman';

function element<Type extends HTMLElement>(id: string): Type {
  return document.getElementById(id) as Type;
}

const reviews = element<HTMLTextAreaElement>('reviews');
const labels = element('labels');
const status = element('status');

let running = new AbortController();

async function main() {
  const classify = await pipeline('sentiment-analysis');
  status.textContent = 'Ready.';

  async function update() {
    running.abort();
    running = new AbortController();
    const lines = reviews.value.split('\n').filter((line) => line.trim() !== '');
    try {
      const results = await classify(lines, { signal: running.signal });
      labels.replaceChildren(
        ...results.map(({ label, score }) => {
          const item = document.createElement('li');
          item.textContent = `${label} ${score.toFixed(2)}`;
          return item;
        }),
      );
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error;
    }
  }

  reviews.addEventListener('input', () => void update());
  await update();
}

main().catch((error: unknown) => {
  status.textContent = error instanceof DragomanError ? error.message : String(error);
});
