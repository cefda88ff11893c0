import { join } from 'node:path';
import type { Clock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import { tools } from '#src/features/features.ts';
import {
  type Acceptance,
  type AcceptedTools,
  acceptanceOf,
  acceptedPath,
  readAccepted,
} from '#src/features/tools/mcp/accepted-tools.ts';
import { reviewServer, type ServerReview } from '#src/features/tools/mcp/review-server-tools.ts';
import type { McpServerOptions } from '#src/features/tools/mcp/servers-file.ts';
import { differs, missing, ok, type ReportLine } from './finding.ts';
import type { Report } from './report.ts';

type ConfiguredTools = Pick<Config, 'externalTools' | 'dataDir'>;

/** Names in one line; of more it tells how many there are. */
const namedTools = 5;

/**
 * Starts or asks every server of tools, which run with the next question if they are accepted, and reads the functions in files.
 * False: one of them is not there. With `isOffline` nothing is started or asked.
 */
export async function examineTools(
  { externalTools, dataDir }: ConfiguredTools,
  isOffline: boolean,
  clock: Clock,
  report: Report,
): Promise<boolean> {
  const { mcp, hasFiles } = externalTools;
  const findings: ReportLine[] = [];
  const emit = (more: readonly ReportLine[]) => {
    findings.push(...more);
    report.findings(more);
  };
  if (mcp) {
    report.section(`MCP_SERVERS: ${mcp.path}`);
    const accepted = readAccepted(acceptedPath(mcp.path));
    const lines = mcp.servers.map((server) =>
      isOffline ? ok(server.name, 'not asked') : examineServer(server, accepted, clock),
    );
    emit(await Promise.all(lines));
  }
  if (hasFiles) {
    const folder = join(dataDir, 'tools');
    report.section(`TOOL_FILES: ${folder}`);
    emit(isOffline ? [ok('functions', 'not run')] : await examineFiles(folder, clock));
  }
  return findings.every(({ verdict }) => verdict !== 'missing');
}

async function examineServer(
  server: McpServerOptions,
  accepted: AcceptedTools,
  clock: Clock,
): Promise<ReportLine> {
  const review = await reviewServer(server, clock, new AbortController().signal);
  if (review.kind === 'away')
    return missing(server.name, review.why, 'correct its entry in the file, or start the server');
  return reviewLine(server, review, accepted);
}

function reviewLine(
  { name, rulesFor }: McpServerOptions,
  { tools: offered, era }: Extract<ServerReview, { kind: 'offers' }>,
  accepted: AcceptedTools,
): ReportLine {
  const wanted = offered.filter((tool) => rulesFor(tool.name) !== undefined);
  const standing = (stands: Acceptance) =>
    wanted.filter((tool) => acceptanceOf(tool, name, accepted) === stands).map((tool) => tool.name);
  const [on, changed, fresh] = [standing('accepted'), standing('changed'), standing('new')];
  const why = [
    `${era}, ${on.length} of ${offered.length} tools are on`,
    ...(changed.length > 0 ? [`off because they changed: ${shown(changed)}`] : []),
    ...(fresh.length > 0 ? [`off until you accept them: ${shown(fresh)}`] : []),
  ].join('; ');
  if (changed.length + fresh.length === 0) return ok(name, why);
  const mend = `read them with npm run mcp, and accept them: npm run mcp -- accept ${name}`;
  return differs(name, why, mend);
}

function shown(names: readonly string[]): string {
  const more = names.length - namedTools;
  const named = names.slice(0, namedTools).map((name) => name.replace(/[^\w.-]/g, '?'));
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

async function examineFiles(folder: string, clock: Clock): Promise<readonly ReportLine[]> {
  const { openToolFiles } = await import('#src/features/tools/files/tool-files.ts');
  const faults: ReportLine[] = [];
  const report = (message: string) =>
    void faults.push(missing('function', message, 'correct the file, or remove it'));
  const taken = new Set(tools.map(({ name }) => name));
  const found = await openToolFiles({ folder, taken, clock, report }, new AbortController().signal);
  return [...found.map(({ name }) => ok(name, 'the model can call it')), ...faults];
}
