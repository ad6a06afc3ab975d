// The published types say what calls give; checked by tsc, which the build runs over the tests.
import { expectTypeOf, it } from 'vitest';
import { DragomanError, models, pipeline } from 'dragoman';
import type {
  Answer,
  Classification,
  Entity,
  ErrorCode,
  InspectedClassification,
  InspectedFeatures,
  LabelledToken,
  PipelineFor,
  PredicateRoles,
  StoredModel,
  Tensor,
  TextClassificationPipeline,
  Translation,
  TranslationPipeline,
  ZeroShotClassification,
} from 'dragoman';

it('pipelines are typed by their task', () => {
  expectTypeOf<PipelineFor<'translation'>>().toEqualTypeOf<TranslationPipeline>();
  expectTypeOf<PipelineFor<'translation_en_to_fr'>>().toEqualTypeOf<TranslationPipeline>();
  expectTypeOf<PipelineFor<'sentiment-analysis'>>().toEqualTypeOf<TextClassificationPipeline>();
});

it('results are typed by the arguments', () => {
  const calls = (translate: TranslationPipeline, classify: TextClassificationPipeline) => ({
    text: translate('a'),
    texts: translate(['a'], { num_beams: 2 }),
    ranked: translate(['a'], { num_return_sequences: 2 }),
    best: classify(['a']),
    pair: classify({ text: 'a', text_pair: 'b' }, { top_k: null }),
    // @ts-expect-error a number is no text
    wrong: () => translate(1),
    // @ts-expect-error there is no such option
    unknown: () => translate('a', { beams: 2 }),
  });
  type Calls = ReturnType<typeof calls>;
  expectTypeOf<Calls['text']>().resolves.toEqualTypeOf<Translation[]>();
  expectTypeOf<Calls['texts']>().resolves.toEqualTypeOf<Translation[]>();
  expectTypeOf<Calls['ranked']>().resolves.toEqualTypeOf<Translation[] | Translation[][]>();
  expectTypeOf<Calls['best']>().resolves.toEqualTypeOf<Classification[]>();
  expectTypeOf<Calls['pair']>().resolves.toEqualTypeOf<Classification[]>();
});

it('entities and answers are typed by the options', () => {
  const calls = (
    label: PipelineFor<'ner'>,
    ask: PipelineFor<'question-answering'>,
    roles: PipelineFor<'semantic-role-labelling'>,
  ) => ({
    tokens: label('a', { stride: 2 }),
    entities: label('a', { aggregation_strategy: 'max' }),
    texts: label(['a'], { aggregation_strategy: 'max' }),
    words: label(['a'], { is_split_into_words: true }),
    best: ask('a', 'b'),
    ranked: ask('a', 'b', { top_k: 2 }),
    many: ask([{ question: 'a', context: 'b' }], { align_to_words: false }),
    pairs: ask(['a'], 'b'),
    roles: roles({ words: ['a'], predicates: [0] }),
    // @ts-expect-error indices go with words
    index: () => roles({ text: 'a', predicates: [0] }),
    // @ts-expect-error there is no such strategy
    wrong: () => label('a', { aggregation_strategy: 'last' }),
  });
  type Calls = ReturnType<typeof calls>;
  expectTypeOf<Calls['tokens']>().resolves.toEqualTypeOf<LabelledToken[]>();
  expectTypeOf<Calls['entities']>().resolves.toEqualTypeOf<Entity[]>();
  expectTypeOf<Calls['texts']>().resolves.toEqualTypeOf<Entity[][]>();
  expectTypeOf<Calls['words']>().resolves.toEqualTypeOf<LabelledToken[]>();
  expectTypeOf<Calls['best']>().resolves.toEqualTypeOf<Answer>();
  expectTypeOf<Calls['ranked']>().resolves.toEqualTypeOf<Answer | Answer[]>();
  expectTypeOf<Calls['many']>().resolves.toEqualTypeOf<Answer[]>();
  expectTypeOf<Calls['pairs']>().resolves.toEqualTypeOf<Answer[]>();
  expectTypeOf<Calls['roles']>().resolves.toEqualTypeOf<PredicateRoles[]>();
});

it('tensors and inspections are typed by the options', () => {
  const held = { output_attentions: true } as const;
  const perhaps = { output_attentions: true };
  const calls = (
    extract: PipelineFor<'embeddings'>,
    classify: TextClassificationPipeline,
    zeroShot: PipelineFor<'zero-shot-classification'>,
  ) => ({
    text: extract('a'),
    texts: extract(['a']),
    pooled: extract(['a'], { pooling: 'mean' }),
    inspected: extract(['a'], { output_attentions: true }),
    labels: classify('a', { output_hidden_states: true, top_k: null }),
    held: classify('a', held),
    perhaps: classify('a', perhaps),
    perhapsMany: extract(['a'], perhaps),
    one: zeroShot('a', 'b, c'),
    many: zeroShot(['a'], ['b', 'c'], { multi_label: true }),
    // @ts-expect-error labels are needed
    bare: () => zeroShot('a'),
    // @ts-expect-error there is no such pooling
    wrong: () => extract('a', { pooling: 'sum' }),
  });
  type Calls = ReturnType<typeof calls>;
  expectTypeOf<Calls['text']>().resolves.toEqualTypeOf<Tensor>();
  expectTypeOf<Calls['texts']>().resolves.toEqualTypeOf<Tensor[]>();
  expectTypeOf<Calls['pooled']>().resolves.toEqualTypeOf<Tensor>();
  expectTypeOf<Calls['inspected']>().resolves.toEqualTypeOf<InspectedFeatures[]>();
  expectTypeOf<Calls['labels']>().resolves.toEqualTypeOf<InspectedClassification>();
  expectTypeOf<Calls['held']>().resolves.toEqualTypeOf<InspectedClassification>();
  expectTypeOf<Calls['perhaps']>().resolves.toEqualTypeOf<
    Classification[] | InspectedClassification
  >();
  expectTypeOf<Calls['perhapsMany']>().resolves.toEqualTypeOf<
    Tensor | Tensor[] | InspectedFeatures[]
  >();
  expectTypeOf<Calls['one']>().resolves.toEqualTypeOf<ZeroShotClassification>();
  expectTypeOf<Calls['many']>().resolves.toEqualTypeOf<ZeroShotClassification[]>();
});

it('models are given by name, as files or as a folder, and listed with their sizes', () => {
  type Model = NonNullable<Parameters<typeof pipeline>[1]>;
  expectTypeOf<File[]>().toExtend<Model>();
  expectTypeOf<FileList>().toExtend<Model>();
  expectTypeOf<FileSystemDirectoryHandle>().toExtend<Model>();
  expectTypeOf<number>().not.toExtend<Model>();
  expectTypeOf(models.list).returns.resolves.toEqualTypeOf<StoredModel[]>();
  expectTypeOf<StoredModel['bytes']>().toEqualTypeOf<number>();
});

it('codes of errors are a closed list', () => {
  expectTypeOf<DragomanError['code']>().toEqualTypeOf<ErrorCode>();
  expectTypeOf<'network'>().toMatchTypeOf<ErrorCode>();
  expectTypeOf<'typo'>().not.toMatchTypeOf<ErrorCode>();
});
