// The browser's processes, those that descend from this one, where the system tells of them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface Process {
  pid: number;
  parent: number;
  name: string;
}

function readProcess(pid: number): Process[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
    return [{ pid, parent: Number(field('PPid')), name: field('Name') }];
  } catch {
    return []; // ended meanwhile
  }
}

function descendants(): Process[] {
  if (!existsSync('/proc/self/status')) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const all = pids.flatMap((pid) => readProcess(Number(pid)));
  const below = (parent: number): Process[] => {
    const children = all.filter((process) => process.parent === parent);
    return children.flatMap((child) => [child, ...below(child.pid)]);
  };
  return below(process.pid);
}

function proportionalKilobytes({ pid }: Process): number {
  try {
    return Number(/^Pss:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
  } catch {
    return 0;
  }
}

/** Memory of all of them, what they share counted once; undefined where nothing tells. */
export function residentMegabytes(): number | undefined {
  const kilobytes = descendants().reduce((sum, child) => sum + proportionalKilobytes(child), 0);
  return kilobytes > 0 ? Math.round(kilobytes / 1024) : undefined;
}

/** Milliseconds of processor time of the main threads of processes that hold web pages. */
export function mainThreadTimes(): Map<number, number> {
  const times = new Map<number, number>();
  for (const { pid, name } of descendants()) {
    // Firefox's names: "Isolated Web Co", "Web Content".
    if (!/^(Isolated )?Web /.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8');
      times.set(pid, Number(text.split(' ')[0]) / 1e6);
    } catch {
      // ended meanwhile, or a system without these figures
    }
  }
  return times;
}
