import type { Clock } from '#src/base/clock.ts';
import { adaptServerTools } from '#src/features/tools/mcp/adapt-server-tools.ts';
import { openMcpConnection } from '#src/features/tools/mcp/mcp-connection.ts';
import type { McpServerOptions } from '#src/ports/tool-servers.ts';

import {
  type Finding,
  toDifferingFinding,
  toOkFinding,
  tryProbe,
} from '#src/probes/probe.ts';
import type { Examination } from './doctor-probe.ts';

/** Lists the tools of every MCP server, or asks none with `--offline`. */
export async function* examineToolServers({
  config,
  isOffline,
  ...deadline
}: Examination): AsyncGenerator<string | Finding> {
  const { path, servers } = config.externalTools.mcp ?? { path: '', servers: [] };
  yield `MCP_SERVERS: ${path}`;
  const runs: Promise<Finding>[] = [];
  yield* await Promise.all(
    servers.map(async (server) => {
      const { name } = server;
      if (isOffline) return toOkFinding(name, 'not asked');
      const run: typeof examineToolServer = (...args) => {
        const examining = examineToolServer(...args);
        runs.push(examining);
        return examining;
      };
      return await tryProbe(
        { name, mend: 'correct its entry in the file, or the server itself', run },
        server,
        deadline,
      );
    }),
  );
  // Programs that did not answer are ended within 4 s. They would outlive the doctor.
  await Promise.allSettled(runs);
}

async function examineToolServer(
  server: McpServerOptions,
  _clock: Clock,
  signal: AbortSignal,
) {
  const { name, transport } = server;
  const options = { stderr: 'inherit', onToolsChanged: () => undefined } as const;
  await using connection = await openMcpConnection(transport, options, signal);
  const offered = await connection.listTools(signal);
  const { tools, problems } = adaptServerTools(offered, server, connection);
  const names = tools.map(({ title, rules }) =>
    rules.effect === 'read' ? `${title} reads` : title,
  );
  const reason = `${connection.era}, ${tools.length} of ${offered.length} tools are on: ${names.join(', ')}`;
  if (problems.length === 0) return toOkFinding(name, reason);
  return toDifferingFinding(
    name,
    `${reason}. ${problems.join(' ')}`,
    'allow others, or correct the server',
  );
}
