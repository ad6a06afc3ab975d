import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useTranslation } from './use-translation';

function App() {
  const [text, setText] = useState('Thank you. Where is the station?');
  const { translation, ready, error } = useTranslation(text);
  return (
    <main>
      <h1>Translate as you type</h1>
      <textarea
        aria-label="English"
        rows={4}
        cols={60}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <p lang="fr" data-testid="translation">
        {translation}
      </p>
      <p role="status">{error ? error.message : ready ? 'Ready.' : 'Loading the model …'}</p>
    </main>
  );
}

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
