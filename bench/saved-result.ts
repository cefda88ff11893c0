import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

/** Writes the figures of one run as JSON, with its day, version of Node and number of cores: absolute figures depend on them. */
export async function saveResult(file: URL, rows: object): Promise<void> {
  const day = new Date().toISOString().slice(0, 10);
  const made = `${day}, Node ${process.versions.node}, ${availableParallelism()} cores`;
  await writeFile(file, `${JSON.stringify({ made, rows }, undefined, 2)}\n`);
}
