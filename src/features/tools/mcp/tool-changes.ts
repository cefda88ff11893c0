import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sortKeys, tryParseJson } from '#src/base/json.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import type { ToolNews } from '#src/features/tools/external-tool.ts';

/** A tool as its server describes it. */
export type OfferedTool = {
  readonly name: string;
  /** Its work in words for people. */
  readonly title?: string | undefined;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
};

/** Tools of one server that differ from those of the start, or of the last start. */
export type ToolChanges = {
  /** These came or changed while the bot runs, so they may not be used. */
  readonly off: readonly OfferedTool[];
  /** These changed since the last start. They may be used. */
  readonly changed: readonly OfferedTool[];
};

/** Finds new and changed tools, by hashes in a file. */
export class ToolCheck {
  readonly #path: string;
  readonly #report: ToolNews;
  // Models take descriptions for instructions, so only tools count that the operator
  // can read at the start.
  readonly #acceptedServers = new Set<string>();
  readonly #hashes: Map<string, unknown>;

  /** Reads the hashes of the last start from the file at `path`, which need not exist. */
  constructor(path: string, report: ToolNews) {
    this.#path = path;
    this.#report = report;
    this.#hashes = new Map(Object.entries(readHashes(path)));
  }

  /** Accepts the tools of a server at its first check, and compares them at each later check. */
  checkTools(server: string, tools: readonly OfferedTool[]): ToolChanges {
    const toKey = ({ name }: OfferedTool) => `${server}/${name}`;
    const fresh = tools.filter(
      (tool) => this.#hashes.get(toKey(tool)) !== hashTool(tool),
    );
    // Later changes count as changes while the bot runs.
    if (this.#acceptedServers.has(server)) return { off: fresh, changed: [] };
    this.#acceptedServers.add(server);
    const changed = fresh.filter((tool) => this.#hashes.has(toKey(tool)));
    for (const tool of fresh) this.#hashes.set(toKey(tool), hashTool(tool));
    this.#writeHashes();
    return { off: [], changed };
  }

  #writeHashes() {
    const path = this.#path;
    try {
      makeFolder(dirname(path));
      writeFileSync(path, JSON.stringify(Object.fromEntries(this.#hashes)));
    } catch {
      this.#report(
        `${path} cannot be written: the next start tells no change of a tool.`,
      );
    }
  }
}

function hashTool({ name, title, description, inputSchema }: OfferedTool) {
  const json = JSON.stringify(sortKeys({ name, title, description, inputSchema }));
  return createHash('sha256').update(json).digest('hex');
}

function readHashes(path: string) {
  try {
    return Object(tryParseJson(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}
