import { readFile } from 'node:fs/promises';

/** Usage of the bot under one load. Its model process is counted beside it. */
export type LoadFigures = {
  /** CPU seconds a minute, of both processes. Undefined where only memory was read. */
  readonly cpu?: number;
  /** Resident memory, in MB. */
  readonly botMb: number;
  readonly modelsMb: number;
  /** Use of the machine by others, which makes CPU time longer. Undefined on a quiet machine. */
  readonly disturbance?: string;
};

/** Figures of the last accepted measurement, the one source of those in documents. */
export type AcceptedLoad = {
  /** Day, Node and cores, for readers of the absolute figures. */
  readonly made: string;
  readonly rows: Readonly<Record<string, LoadFigures>>;
};

/** File of the accepted figures, which `npm run bench -- cpu --save` writes. */
export const acceptedLoadUrl: URL = new URL('result.json', import.meta.url);

/** Reads the accepted figures. */
export async function readAcceptedLoad(): Promise<AcceptedLoad> {
  return JSON.parse(await readFile(acceptedLoadUrl, 'utf8'));
}

/** Formats the figures as the table that stands in docs/operations.md. */
export function formatLoadTable({ rows }: AcceptedLoad): string {
  const names = ['Load', 'CPU seconds a minute', 'bot, MB', 'model process, MB'];
  const cells = Object.entries(rows).map(
    ([name, { botMb, cpu, disturbance, modelsMb }]) => [
      disturbance === undefined ? name : `${name}, disturbed: ${disturbance}`,
      cpu?.toFixed(2) ?? '',
      botMb.toFixed(0),
      modelsMb.toFixed(0),
    ],
  );
  const rule = names.map(() => '---');
  return [names, rule, ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
