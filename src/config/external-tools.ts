import {
  readServersFile,
  type VariableReader,
} from '#src/features/tools/mcp/servers-file.ts';
import { settings } from './settings.ts';

/**
 * Reads tool servers, without passing on settings of the bot. `mcp` is undefined if none is
 * asked.
 */
export function readExternalTools(
  path: string | undefined,
  environment: NodeJS.ProcessEnv,
) {
  if (path === undefined) return { kind: 'ok', tools: { mcp: undefined } } as const;
  const findVariable: VariableReader = (name) =>
    Object.hasOwn(settings.shape, name) ? undefined : environment[name];
  const read = readServersFile(path, findVariable);
  if (read.kind === 'ok')
    return { kind: 'ok', tools: { mcp: { path, servers: read.servers } } } as const;
  const mistakes = read.mistakes.map((why) => `MCP_SERVERS: ${path} ${why}`);
  return { kind: 'bad', mistakes } as const;
}
