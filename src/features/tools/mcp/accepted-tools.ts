import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** Tool as a server describes it, as far as models are told. */
export type OfferedTool = {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
};

/** Hashes of the accepted tools, by server and tool. */
export type AcceptedTools = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Where a tool stands: as it was accepted, otherwise than it was, or never seen by the operator. */
export type Acceptance = 'accepted' | 'changed' | 'new';

/** Beside the file of the servers, so that it goes wherever that goes: `mcp.json` has `mcp.accepted.json`. */
export function acceptedPath(serversPath: string): string {
  return `${serversPath.replace(/\.json$/i, '')}.accepted.json`;
}

/** Hash of everything a model is told of a tool; the order of keys does not count. */
function hashOfTool({ name, description, inputSchema }: OfferedTool): string {
  const json = JSON.stringify(ordered({ name, description, inputSchema }));
  return createHash('sha256').update(json).digest('hex');
}

export function acceptanceOf(
  tool: OfferedTool,
  server: string,
  accepted: AcceptedTools,
): Acceptance {
  const hash = accepted.get(server)?.get(tool.name);
  if (hash === undefined) return 'new';
  return hash === hashOfTool(tool) ? 'accepted' : 'changed';
}

const file = z.record(z.string(), z.record(z.string(), z.string()));

/** Reads the accepted tools: none where there is no such file, or one that cannot be read. Never throws. */
export function readAccepted(path: string): AcceptedTools {
  try {
    const read = file.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    const servers = Object.entries(read.success ? read.data : {});
    return new Map(servers.map(([name, tools]) => [name, new Map(Object.entries(tools))]));
  } catch {
    return new Map();
  }
}

/** Accepted tools with the present offer of a server in place of its earlier one. */
export function withAccepted(
  accepted: AcceptedTools,
  server: string,
  tools: readonly OfferedTool[],
): AcceptedTools {
  const hashes = new Map(accepted.get(server));
  for (const tool of tools) hashes.set(tool.name, hashOfTool(tool));
  return new Map([...accepted, [server, hashes]]);
}

/** Replaces the file at once; the bot's own user may read it. Errors: of the file system. */
export async function writeAccepted(path: string, accepted: AcceptedTools): Promise<void> {
  const plain = Object.fromEntries(
    [...accepted].map(([server, tools]) => [server, Object.fromEntries(tools)]),
  );
  const fresh = `${path}.new`;
  await writeFile(fresh, `${JSON.stringify(plain, undefined, 2)}\n`);
  await chmod(fresh, 0o644);
  await rename(fresh, path);
}

/** Value with the keys of every object in order. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(keys.map(([key, inner]) => [key, ordered(inner)]));
}
