import { join } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import type { ExternalTool, ToolNews } from '#src/external-tools/external-tool.ts';
import type { RoomTool } from '#src/session/ports/tool.ts';
import { tools } from '#tools/tools.ts';

/** Tools of the operator: those of MCP servers that are connected, and functions in files. */
export type OperatorTools = { all(): readonly RoomTool[] } & AsyncDisposable;

/**
 * Opens what is configured, and loads nothing where nothing is. Servers are connected meanwhile: the bot does not wait for
 * them. Aborting `signal` throws `signal.reason`.
 */
export async function openOperatorTools(
  { externalTools, dataDir }: Pick<Config, 'externalTools' | 'dataDir'>,
  tell: ToolNews,
  signal: AbortSignal,
): Promise<OperatorTools> {
  await using stack = new AsyncDisposableStack();
  const { mcp, hasFiles } = externalTools;
  const sources: (() => readonly ExternalTool[])[] = [];
  if (mcp) {
    const { McpServers } = await import('#src/external-tools/mcp/mcp-servers.ts');
    const servers = stack.use(new McpServers({ ...mcp, clock: realClock, tell }));
    sources.push(() => servers.tools());
  }
  if (hasFiles) {
    const { openToolFiles } = await import('#src/external-tools/files/tool-files.ts');
    const taken = new Set(tools.map(({ name }) => name));
    const folder = join(dataDir, 'tools');
    const files = await openToolFiles({ folder, taken, clock: realClock, tell }, signal);
    sources.push(() => files);
  }
  if (sources.length === 0) return { all: () => [], [Symbol.asyncDispose]: async () => undefined };
  const { externalTool } = await import('#tools/external-tool.ts');
  const known = new WeakMap<ExternalTool, RoomTool>();
  const adapted = (tool: ExternalTool): RoomTool => {
    const found = known.get(tool) ?? externalTool(tool);
    known.set(tool, found);
    return found;
  };
  const closing = stack.move();
  return {
    all: () => sources.flatMap((source) => source().map(adapted)),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
