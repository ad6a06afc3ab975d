// What a user may call a model, and where its files are then to be looked for.
import { absoluteUrl, folderUrl, packagedWorker } from './assets.js';
import { builtin, isNode } from './common/platform.js';
import { DragomanError } from './common/errors.js';
import { droppedSource, isDropped } from './dropped.js';
import { env } from './env.js';
import { defaultModels, shippedModels } from './tasks/table.js';
import type { DroppedModel } from './dropped.js';
import type { Source } from './common/protocol.js';

/**
 * A hub id such as `owner/name`, the path of a folder (in Node), the URL of one, the files of one
 * that the user chose or dropped, or its handle.
 */
export type ModelSource = string | URL | DroppedModel;

export interface ResolveOptions {
  revision?: string | undefined;
  /** Of a GGUF file, in the folder. */
  model_file_name?: string | undefined;
  local_files_only?: boolean | undefined;
}

export interface ResolvedModel {
  name: string;
  sources: Source[];
  /** The one file that is the model. */
  file?: string | undefined;
}

const idPattern = /^[\w.-]+(\/[\w.-]+)?$/;

interface UrlOptions {
  /** Only what is stored of it may be used. */
  offline?: boolean | undefined;
  revision?: string | undefined;
}

/** A folder served over http, or in pages also by other schemes that fetch knows. */
function urlSource(url: string, { offline = false, revision }: UrlOptions = {}): Source {
  if (isNode() && url.startsWith('file:')) {
    return { kind: 'folder', path: builtin('node:url').fileURLToPath(url) };
  }
  return { kind: 'http', url: folderUrl(url), revision, relay: env.fetch !== undefined, offline };
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(text);
}

function isPath(text: string): boolean {
  if (/^\.{0,2}[/\\]|^\.{1,2}$/.test(text)) return true;
  if (!isNode()) return false;
  return builtin('node:path').isAbsolute(text) || isFolder(text);
}

function isFolder(path: string): boolean {
  const stats = builtin('node:fs').statSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() ?? false;
}

/** The address of a path: of the file system in Node, relative to the page elsewhere. */
function pathSource(path: string): Source {
  if (isNode()) return { kind: 'folder', path: builtin('node:path').resolve(path) };
  return urlSource(absoluteUrl(path));
}

function localModelSource(name: string): Source {
  const folder = env.localModelPath;
  if (folder !== undefined && isUrl(folder))
    return urlSource(new URL(name, folderUrl(folder)).href);
  if (!isNode()) return urlSource(new URL(name, folderUrl(folder ?? '/models/')).href);
  if (folder !== undefined) return pathSource(builtin('node:path').join(folder, name));
  // Beside the package, whose files lie in its dist/.
  return urlSource(new URL(`../models/${name}`, packagedWorker()).href);
}

function hubSource(id: string, { revision = 'main', local_files_only }: ResolveOptions): Source {
  const path = env.remotePathTemplate
    .replaceAll('{model}', () => id)
    .replaceAll('{revision}', () => encodeURIComponent(revision));
  const url = new URL(path, folderUrl(env.remoteHost)).href;
  return urlSource(url, { offline: local_files_only, revision });
}

function defaultModel(task: string): ResolvedModel {
  const name = defaultModels[task];
  if (name === undefined) {
    throw new DragomanError(
      'unsupported-model',
      `There is no default model for ${task}; name one. Default models: ` +
        `${Object.keys(defaultModels).join(', ')}.`,
    );
  }
  return { name, sources: [localModelSource(name)] };
}

function hubModel(id: string, options: ResolveOptions): ResolvedModel {
  if (!idPattern.test(id)) {
    throw new DragomanError(
      'invalid-argument',
      `${JSON.stringify(id)} is neither the id of a model, nor a folder, nor a URL.`,
    );
  }
  const sources: Source[] = [];
  if (env.allowLocalModels ?? (isNode() || shippedModels.has(id)))
    sources.push(localModelSource(id));
  if (env.allowRemoteModels) sources.push(hubSource(id, options));
  if (sources.length > 0) return { name: id, sources };
  throw new DragomanError(
    'model-incomplete',
    `${id} may be looked for neither here nor on ${env.remoteHost}: see env.allowLocalModels ` +
      'and env.allowRemoteModels.',
  );
}

function checkModel(model: unknown): asserts model is string | URL {
  if (typeof model === 'string' && model.trim() !== '') return;
  if (model instanceof URL) return;
  throw new DragomanError(
    'invalid-argument',
    'A model is named by a string that is not empty or a URL, or given as the files of its ' +
      'folder or the handle of that.',
  );
}

/** The folder and the name of a GGUF file; undefined where none is named. */
function splitFile(model: string): { folder: string; file: string } | undefined {
  const text = isUrl(model) ? model.replace(/[?#].*$/s, '') : model;
  if (!/\.gguf$/i.test(text) || (isNode() && !isUrl(model) && isFolder(text))) return undefined;
  // Of the hub's ids the first two parts are the model's.
  const id = /^[\w.-]+\/[\w.-]+(?=\/)/.exec(text)?.[0];
  const isId = id !== undefined && !isUrl(text) && !isPath(text) && !isExisting(text);
  const end = isId ? id.length : Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\'));
  const file = text.slice(end + 1);
  return { folder: end < 0 ? '.' : text.slice(0, Math.max(end, 1)), file: decoded(file, text) };
}

function decoded(file: string, text: string): string {
  return isUrl(text) ? decodeURIComponent(file) : file;
}

function isExisting(path: string): boolean {
  return isNode() && builtin('node:fs').existsSync(path);
}

function checkFileName(file: string | undefined, model: string, named: boolean): void {
  if (file === undefined) return;
  if (named) {
    throw new DragomanError(
      'invalid-argument',
      `${model} is a file already; model_file_name is for files of a folder.`,
    );
  }
  if (/\.gguf$/i.test(file) && !file.includes('..')) return;
  throw new DragomanError(
    'unsupported-option',
    `model_file_name names a GGUF file, as "model.gguf"; got ${JSON.stringify(file)}.`,
  );
}

/**
 * Where to look for a model. Throws invalid-argument for what names none, unsupported-model for a
 * task without a default one, model-incomplete where the settings allow no place at all.
 */
export function resolveModel(
  task: string,
  model: ModelSource | null | undefined,
  options: ResolveOptions,
): ResolvedModel {
  if (model === null || model === undefined) {
    refuseRevision(options.revision, 'a default model');
    checkFileName(options.model_file_name, 'A default model', true);
    return defaultModel(task);
  }
  if (isDropped(model)) {
    const { name, source } = droppedSource(model);
    refuseRevision(options.revision, name);
    checkFileName(options.model_file_name, name, false);
    return { name, sources: [source], file: options.model_file_name };
  }
  checkModel(model);
  const text = String(model);
  const split = splitFile(text);
  checkFileName(options.model_file_name, text, split !== undefined);
  const file = split?.file ?? options.model_file_name;
  return { ...resolveFolder(split?.folder ?? text, options), name: text, file };
}

function resolveFolder(text: string, options: ResolveOptions): ResolvedModel {
  if (!isUrl(text) && !isPath(text)) return hubModel(text, options);
  refuseRevision(options.revision, text);
  // A path is local, also where it is one of the page's own server.
  const offline = options.local_files_only;
  return { name: text, sources: [isUrl(text) ? urlSource(text, { offline }) : pathSource(text)] };
}

function refuseRevision(revision: string | undefined, model: string): void {
  if (revision === undefined) return;
  throw new DragomanError(
    'unsupported-option',
    `revision is of use with ids of models only, not with ${model}.`,
  );
}
