import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sortKeys, tryParseJson } from '#src/base/json.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import type { ToolNews } from '#src/features/tools/external-tool.ts';

export type OfferedTool = {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
};

/**
 * Models take descriptions for instructions, so only tools count that the operator can read at the
 * start.
 */
export class ToolChanges {
  readonly #path;
  readonly #report;
  readonly #hashes: Map<string, unknown>;
  readonly #accepted = new Set<string>();

  constructor(path: string, report: ToolNews) {
    this.#path = path;
    this.#report = report;
    this.#hashes = new Map(Object.entries(readHashes(path)));
  }

  /** `off` tools came or changed while the bot runs. `changed` tools are reported once. */
  checkTools(server: string, tools: readonly OfferedTool[]) {
    const off: OfferedTool[] = [];
    const changed: OfferedTool[] = [];
    const isFirst = !this.#accepted.has(server);
    // Later changes count as changes while the bot runs.
    this.#accepted.add(server);
    for (const tool of tools) {
      const key = `${server}/${tool.name}`;
      const hash = hashTool(tool);
      const before = this.#hashes.get(key);
      if (before === hash) continue;
      if (!isFirst) {
        off.push(tool);
        continue;
      }
      if (before !== undefined) changed.push(tool);
      this.#hashes.set(key, hash);
    }
    if (isFirst) this.#writeHashes();
    return { off, changed };
  }

  #writeHashes() {
    try {
      makeFolder(dirname(this.#path));
      writeFileSync(this.#path, JSON.stringify(Object.fromEntries(this.#hashes)));
    } catch {
      this.#report(
        `${this.#path} cannot be written: the next start tells no change of a tool.`,
      );
    }
  }
}

function hashTool({ name, description, inputSchema }: OfferedTool) {
  const json = JSON.stringify(sortKeys({ name, description, inputSchema }));
  return createHash('sha256').update(json).digest('hex');
}

function readHashes(path: string) {
  try {
    return Object(tryParseJson(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}
