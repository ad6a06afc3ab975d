// Models the user hands over: files dropped on the page or chosen in a dialogue, or a folder.
import { DragomanError } from './common/errors.js';
import type { NamedFile, Source } from './common/protocol.js';

export type DroppedModel = readonly File[] | FileList | FileSystemDirectoryHandle;

function isDirectory(value: object): value is FileSystemDirectoryHandle {
  return (value as { kind?: unknown }).kind === 'directory' && 'getFileHandle' in value;
}

function isFile(value: unknown): value is File {
  return typeof Blob !== 'undefined' && value instanceof Blob && 'name' in value;
}

function filesOf(value: object): File[] | undefined {
  if (!('length' in value)) return undefined;
  const files = Array.from(value as ArrayLike<unknown>);
  return files.length > 0 && files.every(isFile) ? files : undefined;
}

/** Whether a value may be given in place of a model's name. */
export function isDropped(value: unknown): value is DroppedModel {
  if (typeof value !== 'object' || value === null) return false;
  return isDirectory(value) || filesOf(value) !== undefined;
}

// Files of a chosen or dropped folder carry their path, which begins with the folder's name.
const pathOf = (file: File) => file.webkitRelativePath || file.name;
const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);

/** The folder of the uppermost config.json, or in its absence of the uppermost GGUF file. */
function modelFolder(paths: readonly string[]): string {
  const configs = paths.filter((path) => /(^|\/)config\.json$/.test(path));
  const files = configs.length > 0 ? configs : paths.filter((path) => /\.gguf$/i.test(path));
  const folders = [...new Set(files.map(folderOf))];
  const depth = (folder: string) => folder.split('/').length;
  const [first, second] = folders.sort((a, b) => depth(a) - depth(b));
  if (first === undefined) {
    throw new DragomanError(
      'model-incomplete',
      `None of the ${paths.length} files given is a config.json or a GGUF file.`,
    );
  }
  if (second === undefined || depth(second) > depth(first)) return first;
  throw new DragomanError(
    'invalid-argument',
    `The files of several models were given: ${first}config.json and ${second}config.json.`,
  );
}

/** @throws model-incomplete without a config.json, invalid-argument for several models */
export function droppedSource(model: DroppedModel): { name: string; source: Source } {
  if (isDirectory(model)) {
    return { name: model.name, source: { kind: 'directory', handle: model } };
  }
  const all = filesOf(model) ?? [];
  const folder = modelFolder(all.map(pathOf));
  const files: NamedFile[] = all
    .filter((file) => pathOf(file).startsWith(folder))
    .map((file) => {
      const { lastModified } = file;
      return { name: pathOf(file).slice(folder.length), file, lastModified };
    });
  const label = folder.split('/').at(-2) ?? 'files';
  return { name: label, source: { kind: 'files', label, files } };
}
