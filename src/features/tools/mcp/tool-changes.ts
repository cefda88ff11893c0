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

/** Creates a check that finds new and changed tools, by hashes in a file. */
export function createToolCheck(path: string, report: ToolNews) {
  // Models take descriptions for instructions, so only tools count that the operator
  // can read at the start.
  const accepted = new Set<string>();
  const hashes = new Map<string, unknown>(Object.entries(readHashes(path)));

  function writeHashes() {
    try {
      makeFolder(dirname(path));
      writeFileSync(path, JSON.stringify(Object.fromEntries(hashes)));
    } catch {
      report(`${path} cannot be written: the next start tells no change of a tool.`);
    }
  }

  /** `off` tools came or changed while the bot runs. `changed` tools are reported once. */
  return function checkTools(
    server: string,
    tools: readonly OfferedTool[],
  ): Record<'off' | 'changed', readonly OfferedTool[]> {
    const toKey = ({ name }: OfferedTool) => `${server}/${name}`;
    const fresh = tools.filter((tool) => hashes.get(toKey(tool)) !== hashTool(tool));
    // Later changes count as changes while the bot runs.
    if (accepted.has(server)) return { off: fresh, changed: [] };
    accepted.add(server);
    const changed = fresh.filter((tool) => hashes.has(toKey(tool)));
    for (const tool of fresh) hashes.set(toKey(tool), hashTool(tool));
    writeHashes();
    return { off: [], changed };
  };
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
