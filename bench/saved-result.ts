import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

/** Writes the figures of one run with its day, Node and cores, for readers of the absolute figures. */
export async function saveResult(file: URL, rows: object): Promise<void> {
  const day = new Date().toISOString().slice(0, 10);
  const made = `${day}, Node ${process.versions.node}, ${availableParallelism()} cores`;
  await writeFile(file, `${JSON.stringify({ made, rows }, undefined, 2)}\n`);
}
