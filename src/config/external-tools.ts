import {
  type McpServerOptions,
  readServersFile,
  type VariableReader,
} from '#src/features/tools/mcp/servers-file.ts';
import { type EnvironmentSettings, settings } from './settings.ts';

export type ExternalToolsConfig = {
  /** Absent if no MCP server is asked. */
  readonly mcp?: {
    readonly path: string;
    readonly servers: readonly McpServerOptions[];
  };
};

type ReadTools =
  | { readonly kind: 'ok'; readonly tools: ExternalToolsConfig }
  | { readonly kind: 'bad'; readonly mistakes: readonly string[] };

/** Reads tool servers, without passing on settings of the bot. */
export function readExternalTools(
  { MCP_SERVERS: path }: EnvironmentSettings,
  environment: NodeJS.ProcessEnv,
): ReadTools {
  if (path === undefined) return { kind: 'ok', tools: {} };
  const findVariable: VariableReader = (name) =>
    Object.hasOwn(settings.shape, name) ? undefined : environment[name];
  const read = readServersFile(path, findVariable);
  if (read.kind === 'ok') return { kind: 'ok', tools: { mcp: { path, ...read } } };
  return {
    kind: 'bad',
    mistakes: read.mistakes.map((why) => `MCP_SERVERS: ${path} ${why}`),
  };
}
