import {
  type McpServerOptions,
  readServersFile,
  type VariableReader,
} from '#src/features/tools/mcp/servers-file.ts';
import { settings } from './settings.ts';

/** `path` names the file that lists the servers. */
export type ExternalTools = {
  /** Undefined if no file is named. */
  readonly mcp:
    | { readonly path: string; readonly servers: readonly McpServerOptions[] }
    | undefined;
};

export type ExternalToolsResult =
  | { readonly kind: 'ok'; readonly tools: ExternalTools }
  | { readonly kind: 'bad'; readonly mistakes: readonly string[] };

/** Reads tool servers, without passing on settings of the bot. */
export function readExternalTools(
  path: string | undefined,
  environment: NodeJS.ProcessEnv,
): ExternalToolsResult {
  if (path === undefined) return { kind: 'ok', tools: { mcp: undefined } };
  const findVariable: VariableReader = (name) =>
    Object.hasOwn(settings.shape, name) ? undefined : environment[name];
  const read = readServersFile(path, findVariable);
  if (read.kind === 'ok')
    return { kind: 'ok', tools: { mcp: { path, servers: read.servers } } };
  const mistakes = read.mistakes.map((mistake) => `MCP_SERVERS: ${path} ${mistake}`);
  return { kind: 'bad', mistakes };
}
