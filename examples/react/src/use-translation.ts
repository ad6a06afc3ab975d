// A hook: the French of an English text, growing while it is computed.
import { pipeline } from 'dragoman';
import { useEffect, useState } from 'react';
import type { TranslationPipeline } from 'dragoman';

// One model for the page, however many components use it and however often they come and go.
let loading: Promise<TranslationPipeline> | undefined;

function loadOnce(): Promise<TranslationPipeline> {
  loading ??= pipeline('translation').catch((error: unknown) => {
    loading = undefined; // the next component may try again
    throw error;
  });
  return loading;
}

export interface TranslationState {
  translation: string;
  ready: boolean;
  error?: Error;
}

export function useTranslation(text: string): TranslationState {
  const [state, setState] = useState<TranslationState>({ translation: '', ready: false });
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const run = async () => {
      const translate = await loadOnce();
      if (signal.aborted) return;
      setState((old) => ({ ...old, ready: true }));
      for await (const { translation_text } of translate.stream(text, { signal })) {
        setState({ translation: translation_text, ready: true });
      }
    };
    run().catch((error: Error) => {
      if (!signal.aborted) setState((old) => ({ ...old, error }));
    });
    // The text changed, or the component went: what is computed for it is of no use any more.
    return () => controller.abort();
  }, [text]);
  return state;
}
