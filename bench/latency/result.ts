import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { TurnFigures } from './report.ts';

/** What was measured when the figures were last accepted. Only ratios hold on another machine. */
export type AcceptedResult = {
  /** Day, Node and cores, for readers of the absolute figures. */
  readonly made: string;
  readonly rows: Readonly<Record<string, TurnFigures>>;
};

const place = new URL('result.json', import.meta.url);
/** The ratio to the ideal bot may grow by so much. */
const slack = 1.15;

export async function readResult(): Promise<AcceptedResult> {
  return JSON.parse(await readFile(place, 'utf8'));
}

export async function saveResult(rows: AcceptedResult['rows']): Promise<void> {
  const day = new Date().toISOString().slice(0, 10);
  const made = `${day}, Node ${process.versions.node}, ${availableParallelism()} cores`;
  await writeFile(place, `${JSON.stringify({ made, rows }, undefined, 2)}\n`);
}

/** Whether a bot with `ratio` is slower than the accepted one, beyond chance. */
export function isWorse(ratio: number, accepted: number): boolean {
  return !(ratio <= accepted * slack);
}
