// The command `question-answering`: all lines together are the context.
import { pipeline } from 'dragoman';
import { oneLine } from '../command.js';
import type { Answer, QuestionAnsweringCallOptions } from 'dragoman';
import type { CommandDefinition } from '../command.js';
import type { Flags, FlagsOf } from '../flags.js';

const own: FlagsOf<QuestionAnsweringCallOptions> = {
  'top-k': { value: 'N', kind: 'integer', option: 'top_k', help: 'most answers (default 1)' },
  'doc-stride': {
    value: 'N',
    kind: 'integer',
    option: 'doc_stride',
    help: 'tokens that windows of a long text have in common',
  },
  'max-answer-len': {
    value: 'N',
    kind: 'integer',
    option: 'max_answer_len',
    help: 'most tokens of an answer (default 15)',
  },
  'max-seq-len': {
    value: 'N',
    kind: 'integer',
    option: 'max_seq_len',
    help: 'most tokens of question and window together',
  },
  'max-question-len': {
    value: 'N',
    kind: 'integer',
    option: 'max_question_len',
    help: 'cut the question to so many tokens',
  },
  'handle-impossible-answer': {
    kind: 'switch',
    option: 'handle_impossible_answer',
    help: 'print an empty answer where there is none',
  },
  'no-align-to-words': {
    kind: 'off-switch',
    option: 'align_to_words',
    help: 'answers may begin and end within words',
  },
};

const flags: Flags = {
  question: { value: 'Q', kind: 'text', option: 'question', required: true, help: 'the question' },
  ...own,
};

const printed = ({ answer, score }: Answer) => `${oneLine(answer)}\t${score}`;

export const questionAnswering: CommandDefinition = {
  about: 'Prints the answer that the text, all its lines together, has to a question.',
  flags,
  async prepare({ model, json, loadOptions, callOptions }) {
    const run = await pipeline('question-answering', model ?? null, loadOptions);
    const { question, ...options } = callOptions;
    const context: string[] = [];
    return {
      async work(lines) {
        // The request without any question is for its options to be checked.
        if (lines.length === 0) await run([] as string[], [], options);
        context.push(...lines);
        return [];
      },
      async finish() {
        const text = context.join('\n');
        if (text.trim() === '') return [];
        const answers = [await run(question as string, text, options)].flat();
        return answers.map((one) => (json ? JSON.stringify(one) : printed(one)));
      },
      dispose: () => run.dispose(),
    };
  },
};
