import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import {
  type AcceptedTools,
  acceptedPath,
  readAccepted,
  withAccepted,
  writeAccepted,
} from '#src/features/tools/mcp/accepted-tools.ts';
import {
  linesOf,
  reviewServer,
  type ServerReview,
} from '#src/features/tools/mcp/review-server-tools.ts';
import type { McpServerOptions } from '#src/features/tools/mcp/servers-file.ts';
import { runProgram } from './run-program.ts';

// npm run mcp: shows the tools of the MCP servers, and accepts what they say of themselves.

const usage = `npm run mcp
npm run mcp -- accept SERVER [TOOL ...]`;

/** Left out: they are only shown. */
type McpArguments = { readonly accept?: string; readonly tools: readonly string[] };

await runProgram(readArguments(process.argv.slice(2)), (args, config) => run(args, config));

function readArguments(args: readonly string[]): McpArguments | string {
  const [verb, accept, ...tools] = args;
  if (verb === undefined) return { tools };
  return verb === 'accept' && accept !== undefined ? { accept, tools } : usage;
}

async function run({ accept, tools }: McpArguments, { externalTools }: Config): Promise<number> {
  const { mcp } = externalTools;
  if (!mcp) {
    console.error('MCP_SERVERS is not set: it names a file of MCP servers (docs/tools.md).');
    return 1;
  }
  const path = acceptedPath(mcp.path);
  const accepted = readAccepted(path);
  const chosen = mcp.servers.filter(({ name }) => accept === undefined || name === accept);
  if (chosen.length === 0) {
    console.error(`${mcp.path} has no server ${accept ?? ''}.`);
    return 1;
  }
  const reviews = await Promise.all(chosen.map(reviewed));
  const after = accept === undefined ? accepted : newlyAccepted(reviews, tools, accepted);
  if (typeof after === 'string') {
    console.error(after);
    return 1;
  }
  if (accept !== undefined) await writeAccepted(path, after);
  for (const [server, review] of reviews)
    for (const line of linesOf(server, review, after)) console.log(line);
  if (accept !== undefined)
    console.error(`Saved in ${path}. It applies from the bot's next start.`);
  return reviews.every(([, { kind }]) => kind === 'offers') ? 0 : 1;
}

type ReviewResult = readonly [McpServerOptions, ServerReview];

async function reviewed(server: McpServerOptions): Promise<ReviewResult> {
  return [server, await reviewServer(server, realClock, new AbortController().signal)];
}

/** Accepted tools with the offers of these servers, or a sentence why none is accepted. */
function newlyAccepted(
  reviews: readonly ReviewResult[],
  names: readonly string[],
  accepted: AcceptedTools,
): AcceptedTools | string {
  let all = accepted;
  for (const [{ name }, review] of reviews) {
    if (review.kind === 'away') return `${name}: ${review.why}`;
    const wanted = review.tools.filter((tool) => names.length === 0 || names.includes(tool.name));
    const missing = names.find((one) => !wanted.some((tool) => tool.name === one));
    if (missing !== undefined) return `${name} offers no tool ${missing}.`;
    all = withAccepted(all, name, wanted);
  }
  return all;
}
