/** Resident memory of one process in bytes, by what it belongs to. */
export type MemoryParts = {
  readonly resident: number;
  /** Shared pages counted by their share. */
  readonly proportional: number;
  /** The program file of Node: shared by all processes that run it. */
  readonly program: number;
  /** Libraries and native modules. */
  readonly libraries: number;
  /** Memory that `malloc` took from the system by growing its heap. */
  readonly mallocHeap: number;
  /** All other memory without a file: V8, buffers, stacks, larger allocations. */
  readonly mapped: number;
};

const mappingLine = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+\s*(.*)$/;

/** Sums `/proc/PID/smaps`. */
export function sumMemoryParts(smaps: string, programPath: string): MemoryParts {
  const parts = { program: 0, libraries: 0, mallocHeap: 0, mapped: 0, proportional: 0 };
  for (const { file, rss, pss, anonymous } of parseRegions(smaps)) {
    parts.proportional += pss;
    parts[file === '[heap]' ? 'mallocHeap' : 'mapped'] += anonymous;
    parts[file === programPath ? 'program' : 'libraries'] += rss - anonymous;
  }
  const { program, libraries, mallocHeap, mapped } = parts;
  return { ...parts, resident: program + libraries + mallocHeap + mapped };
}

/** Mappings of a process, each with the file behind it and its memory in bytes. */
function* parseRegions(smaps: string) {
  const lines = smaps.split('\n');
  const starts = lines.flatMap((line, n) => (mappingLine.test(line) ? [n] : []));
  for (const [n, start] of starts.entries()) {
    const [, file = ''] = mappingLine.exec(lines[start] ?? '') ?? [];
    const own = lines.slice(start + 1, starts[n + 1]).join('\n');
    const bytes = (name: string) =>
      1_024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(own)?.[1] ?? 0);
    yield { file, rss: bytes('Rss'), pss: bytes('Pss'), anonymous: bytes('Anonymous') };
  }
}
