import type { Writable } from 'node:stream';

/** Of lines nobody has read; a whole day of a calm bot. */
const unreadLimitBytes = 1_000_000;

/**
 * Writes lines as fast as they are read, and never blocks the writer.
 *
 * While more than 1 MB is unread, lines are dropped; how many stands in a line of its own afterwards. A terminal that
 * was closed or a reader that ended is nobody's failure. On `process.stdout` only a terminal or a file is waited for.
 */
export function openOutlet(stream: Writable): { write(line: string): void } {
  let dropped = 0;
  stream.on('error', () => undefined);
  return {
    write(line) {
      if (stream.writableLength > unreadLimitBytes) {
        dropped++;
        return;
      }
      if (dropped > 0) stream.write(lost(dropped));
      dropped = 0;
      stream.write(line);
    },
  };
}

function lost(lines: number): string {
  const msg = `${lines} lines of the log were dropped: nobody read it`;
  return `${JSON.stringify({ level: 40, time: new Date().toISOString(), msg })}\n`;
}
