// From what was dropped on the page to something pipeline() takes: a folder's handle where the
// browser has such, its files otherwise.
import type { DroppedModel } from 'dragoman';

// Chromium only; the DOM library of TypeScript does not know it.
interface HandleItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

function readEntries(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

// Files that come this way do not know their folder, which the package looks for.
function withPath(file: File, path: string): File {
  return Object.defineProperty(file, 'webkitRelativePath', { value: path.replace(/^\//, '') });
}

async function filesBelow(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) return [withPath(await fileOf(entry as FileSystemFileEntry), entry.fullPath)];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  // A reader hands out a hundred at a time, and an empty list at the end.
  for (;;) {
    const entries = await readEntries(reader);
    if (entries.length === 0) return files;
    for (const child of entries) files.push(...(await filesBelow(child)));
  }
}

/**
 * The model in a drop. To be called in the event's own turn, after which the browser forgets.
 *
 * @returns undefined where nothing was dropped that could be one
 */
export async function droppedModel(transfer: DataTransfer): Promise<DroppedModel | undefined> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  // All of them are asked at once: after the first wait the list is empty.
  const entries = items.map((item) => item.webkitGetAsEntry());
  const handles = await Promise.all(
    items.map((item) => (item as HandleItem).getAsFileSystemHandle?.() ?? null),
  );
  const [handle, another] = handles;
  if (handle?.kind === 'directory' && another === undefined) {
    return handle as FileSystemDirectoryHandle;
  }
  const found = entries.filter((entry) => entry !== null);
  const files = (await Promise.all(found.map(filesBelow))).flat();
  return files.length > 0 ? files : undefined;
}

/** Whether files hang on the mouse, rather than text. */
export function hasFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') ?? false;
}
