import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sortKeys, tryParseJson } from '#src/base/json.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import type { ToolNews } from '#src/features/tools/external-tool.ts';

/** Tool as a server describes it, as far as models are told. */
export type OfferedTool = {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
};

/**
 * Changes of tools: while the bot runs, and since its last start, of which a file holds the hashes. Models take descriptions for
 * instructions, so only those are used that the operator can read at the start, or at the server's first connection after it.
 */
export class ToolChanges {
  readonly #path;
  readonly #report;
  readonly #hashes: Map<string, unknown>;
  /** Servers whose tools were accepted since the bot started. */
  readonly #accepted = new Set<string>();

  constructor(path: string, report: ToolNews) {
    this.#path = path;
    this.#report = report;
    this.#hashes = new Map(Object.entries(readHashes(path)));
  }

  /** `off`: tools that came or changed while the bot runs. `changed`: tools that changed since its last start, told once. */
  checkTools(server: string, tools: readonly OfferedTool[]) {
    const off: OfferedTool[] = [];
    const changed: OfferedTool[] = [];
    const isFirst = !this.#accepted.has(server);
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
      this.#report(`${this.#path} cannot be written: the next start tells no change of a tool.`);
    }
  }
}

/** Hash of everything a model is told of a tool; the order of keys does not count. */
function hashTool({ name, description, inputSchema }: OfferedTool): string {
  const json = JSON.stringify(sortKeys({ name, description, inputSchema }));
  return createHash('sha256').update(json).digest('hex');
}

/** Empty where there is no such file, or one that cannot be read. */
function readHashes(path: string): object {
  try {
    return Object(tryParseJson(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}
