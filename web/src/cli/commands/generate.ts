// The command `generate`.
import { pipeline } from 'dragoman';
import { oneLine } from '../command.js';
import { samplingFlags, searchFlags, wholeFlags } from '../generation-flags.js';
import { isStreamed, printStream, textWorker } from '../text-worker.js';
import type { ChatMessage, TextGenerationCallOptions, TextGenerationPipeline } from 'dragoman';
import type { Command, CommandDefinition, Prepared } from '../command.js';
import type { Flags } from '../flags.js';

const flags: Flags = {
  chat: { kind: 'switch', help: 'lines are turns of one chat; a reply is printed for each' },
  system: { value: 'TEXT', kind: 'text', help: 'with --chat, what the chat begins with' },
  'full-text': { kind: 'switch', option: 'return_full_text', help: 'print prompts as well' },
  ...searchFlags('outputs'),
  ...samplingFlags,
  'no-special-tokens': {
    kind: 'off-switch',
    option: 'add_special_tokens',
    help: 'give prompts to the model as they are',
  },
  ...wholeFlags,
};

type Options = TextGenerationCallOptions & { return_full_text: false };

// What was said so far is part of every turn; a blank line is none.
function chatWorker(run: TextGenerationPipeline, command: Omit<Command, 'name'>): Prepared['work'] {
  const { system } = command.values;
  const messages: ChatMessage[] = [];
  if (typeof system === 'string') messages.push({ role: 'system', content: system });
  const options = { ...command.callOptions, return_full_text: false } as Options;
  const streamed = isStreamed(command);
  const reply = async (): Promise<string[]> => {
    let text = '';
    if (streamed) {
      await printStream(async (print) => {
        for await (const { delta } of run.stream(messages, options)) {
          text += delta;
          print(delta);
        }
      });
    } else {
      text = (await run(messages, options))[0]?.generated_text ?? '';
    }
    messages.push({ role: 'assistant', content: text });
    if (streamed) return [];
    return [command.json ? JSON.stringify(messages[messages.length - 1]) : oneLine(text)];
  };
  return async (lines) => {
    const printed: string[] = [];
    if (lines.length === 0) await run([], options);
    for (const line of lines) {
      if (line.trim() === '') {
        if (!streamed) printed.push(command.json ? 'null' : '');
        continue;
      }
      messages.push({ role: 'user', content: line });
      printed.push(...(await reply()));
    }
    return printed;
  };
}

export const generate: CommandDefinition = {
  about: 'Goes on from every line, or with --whole from all input, or replies with --chat.',
  flags,
  async prepare(command) {
    const { model, loadOptions, callOptions, values } = command;
    const run = await pipeline('text-generation', model ?? null, loadOptions);
    const dispose = () => run.dispose();
    if (values['chat'] === true) return { work: chatWorker(run, command), dispose };
    const options = { return_full_text: false, ...callOptions };
    const worker = textWorker(command, {
      all: (texts) => run(texts, options),
      textOf: (output) => output.generated_text,
      async stream(text, print) {
        for await (const { delta } of run.stream(text, options)) print(delta);
      },
    });
    return { ...worker, dispose };
  },
};
