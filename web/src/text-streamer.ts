// TextStreamer: text as it comes, for code that knows the class from transformers.js.
import { DragomanError } from './common/errors.js';
import { isNode } from './common/platform.js';

export interface TextStreamerOptions {
  /** Of what goes on from a prompt, only what is new; other texts have none. */
  skip_prompt?: boolean;
  /** Only `true`, the default: special tokens are no text. */
  skip_special_tokens?: true;
  /** Gets every new piece of text. @param index which text of the input */
  callback_function?: (text: string, index: number) => void;
}

const streamerOptions = ['skip_prompt', 'skip_special_tokens', 'callback_function'];

/**
 * Hands text over piece by piece, as the class of this name in transformers.js; for many texts at
 * once too. Without a `callback_function` it prints.
 */
export class TextStreamer {
  readonly #callback: ((text: string, index: number) => void) | undefined;
  readonly skip_prompt: boolean;

  /**
   * @param _tokenizer not needed here, text is made in the engine; it keeps the place that it has
   * in transformers.js, so that `new TextStreamer(translate.tokenizer, {…})` works
   * @throws DragomanError unsupported-option, invalid-argument
   */
  constructor(_tokenizer?: unknown, options: TextStreamerOptions = {}) {
    for (const [name, value] of Object.entries(options)) {
      const refused = name === 'skip_special_tokens' && value === false;
      if (streamerOptions.includes(name) && !refused) continue;
      throw new DragomanError(
        'unsupported-option',
        `A TextStreamer has no option ${JSON.stringify(name)}${refused ? ' of false' : ''}; ` +
          `it has ${streamerOptions.join(', ')}.`,
      );
    }
    const { callback_function: callback } = options;
    if (callback !== undefined && typeof callback !== 'function') {
      throw new DragomanError('invalid-argument', 'callback_function must be a function.');
    }
    this.#callback = callback;
    this.skip_prompt = options.skip_prompt === true;
  }

  /** Called with every piece; to be overridden. @param stream_end whether the text is complete */
  on_finalized_text(text: string, stream_end: boolean, index: number): void {
    if (this.#callback !== undefined) {
      if (text !== '') this.#callback(text, index);
    } else if (isNode()) {
      process.stdout.write(stream_end ? `${text}\n` : text);
    } else if (text !== '') {
      console.log(text);
    }
  }
}
