import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { ExternalToolsConfig } from '#src/config/external-tools.ts';
import { externalTools } from '#src/features/tools/mcp/adapt-server-tools.ts';
import { openMcpConnection } from '#src/features/tools/mcp/mcp-connection.ts';
import type { McpServerOptions } from '#src/features/tools/mcp/servers-file.ts';
import { differs, missing, ok, type ReportLine } from './finding.ts';
import type { Report } from './report.ts';

/** Starts or asks every server of tools. False: one of them is not there. With `isOffline` nothing is started or asked. */
export async function examineTools(
  { path, servers }: NonNullable<ExternalToolsConfig['mcp']>,
  isOffline: boolean,
  clock: Clock,
  report: Report,
): Promise<boolean> {
  report.section(`MCP_SERVERS: ${path}`);
  const findings = await Promise.all(
    servers.map((server) =>
      isOffline ? ok(server.name, 'not asked') : examineServer(server, clock),
    ),
  );
  report.findings(findings);
  return findings.every(({ verdict }) => verdict !== 'missing');
}

async function examineServer(server: McpServerOptions, clock: Clock): Promise<ReportLine> {
  const { name, transport } = server;
  const { signal } = new AbortController();
  const options = { nowMs: () => clock.nowMs(), onToolsChanged: () => undefined };
  try {
    const all = { ...options, stderr: 'inherit' } as const;
    await using connection = await openMcpConnection(transport, all, signal);
    const offered = await connection.listTools(signal);
    const { tools, problems } = externalTools(offered, server, connection.callTool);
    const names = tools.map(({ title, rules }) =>
      rules.effect === 'read' ? `${title} reads` : title,
    );
    const why = `${connection.era}, ${tools.length} of ${offered.length} tools are on: ${names.join(', ')}`;
    if (problems.length === 0) return ok(name, why);
    return differs(name, `${why}. ${problems.join(' ')}`, 'allow others, or correct the server');
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    return missing(name, error.message, 'correct its entry in the file, or start the server');
  }
}
