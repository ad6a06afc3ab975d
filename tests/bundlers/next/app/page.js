'use client';
// The application of ../../app as a component. It is rendered on the server too, which imports the
// package there.
import { pipeline } from 'dragoman';
import { useEffect } from 'react';

async function main() {
  const translate = await pipeline('translation', '/golden/marian', { dtype: 'fp32' });
  const [{ translation_text }] = await translate('home');
  return { text: translation_text, variant: translate.variant };
}

export default function Page() {
  useEffect(() => {
    globalThis.outcome ??= main();
  }, []);
  return <p>{typeof pipeline}</p>;
}
