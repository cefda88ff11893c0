import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import {
  type Acceptance,
  type AcceptedTools,
  acceptanceOf,
  type OfferedTool,
} from './accepted-tools.ts';
import { openMcpConnection, type ProtocolEra } from './mcp-connection.ts';
import type { McpServerOptions } from './servers-file.ts';

/** Tools that a server offers now, or a sentence about why they are not known. */
export type ServerReview =
  | { readonly kind: 'offers'; readonly era: ProtocolEra; readonly tools: readonly OfferedTool[] }
  | { readonly kind: 'away'; readonly why: string };

/** Asks a server for its tools, and ends it again. Aborting `signal` throws `signal.reason`. */
export async function reviewServer(
  { transport }: McpServerOptions,
  clock: Pick<Clock, 'nowMs'>,
  signal: AbortSignal,
): Promise<ServerReview> {
  const options = { nowMs: () => clock.nowMs(), onToolsChanged: () => undefined };
  try {
    const all = { ...options, stderr: 'inherit' } as const;
    await using connection = await openMcpConnection(transport, all, signal);
    const tools = await connection.listTools(signal);
    return { kind: 'offers', era: connection.era, tools };
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    return { kind: 'away', why: error.message };
  }
}

const marks: Readonly<Record<Acceptance, string>> = {
  accepted: 'on     ',
  changed: 'CHANGED',
  new: 'new    ',
};

/** Lines for a terminal: what models are told of each tool, and by which rules it runs. */
export function linesOf(
  server: McpServerOptions,
  review: ServerReview,
  accepted: AcceptedTools,
): readonly string[] {
  const { name } = server;
  if (review.kind === 'away') return [`${name}: ${review.why}`];
  const era = review.era === 'modern' ? '2026-07-28' : '2025-11-25 or before';
  const lines = review.tools.map((tool) => {
    const rules = server.rulesFor(tool.name);
    const mark = rules ? marks[acceptanceOf(tool, name, accepted)] : 'off    ';
    const how = rules
      ? ` [who: ${rules.who}, confirm: ${rules.confirm}, ${rules.deadlineMs / 1_000} s]`
      : '';
    return `  ${mark}  ${visible(tool.name)}${how}: ${visible(tool.description)}`;
  });
  const schemas = review.tools.flatMap((tool) =>
    acceptanceOf(tool, name, accepted) === 'accepted'
      ? []
      : [`  ${visible(tool.name)} takes ${visible(JSON.stringify(tool.inputSchema))}`],
  );
  return [`${name} (protocol ${era})`, ...lines, ...schemas];
}

/** Words of a server as they can do no harm to a terminal, with everything in them shown. */
function visible(words: string): string {
  return words.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (one) =>
    one === '\n' ? ' / ' : `\\u{${one.codePointAt(0)?.toString(16)}}`,
  );
}
