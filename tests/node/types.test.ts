// The published types say what calls give; checked by tsc, which the build runs over the tests.
import { expectTypeOf, it } from 'vitest';
import { DragomanError, models, pipeline } from 'dragoman';
import type {
  Classification,
  ErrorCode,
  PipelineFor,
  StoredModel,
  TextClassificationPipeline,
  Translation,
  TranslationPipeline,
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
