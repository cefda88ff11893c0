import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import { adaptExternalTool } from '#src/features/tools/adapt-external-tool.ts';
import type { ToolNews } from '#src/features/tools/external-tool.ts';
import { adaptServerTools, toPlainName } from './adapt-server-tools.ts';
import { type McpConnection, openMcpConnection } from './mcp-connection.ts';
import type { McpServerOptions } from './servers-file.ts';
import { createToolCheck, type OfferedTool } from './tool-changes.ts';

export type McpServersOptions = {
  /** File with hashes of the tools from the last start. */
  readonly hashesPath: string;
  readonly servers: readonly McpServerOptions[];
  readonly clock: Clock;
  readonly report: ToolNews;
};

/** Opens MCP servers. Import this file dynamically, since it loads the SDK. */
export function openMcpServers({
  hashesPath,
  servers,
  clock,
  report,
}: McpServersOptions) {
  const over = new AbortController();
  const checkTools = createToolCheck(hashesPath, report);
  const deps = { clock, open: openMcpConnection, checkTools, report };
  const opened = servers.map((options) => createMcpServer(options, deps));
  const running = Promise.all(opened.map((one) => one.runUntilAborted(over.signal)));
  return {
    all: (): readonly ToolEntry[] => opened.flatMap(({ tools }) => tools),
    async [Symbol.asyncDispose]() {
      over.abort(new Error('the bot ends'));
      await running;
    },
  };
}

type McpServerDeps = {
  readonly clock: Clock;
  readonly open: typeof openMcpConnection;
  readonly checkTools: ReturnType<typeof createToolCheck>;
  readonly report: ToolNews;
};

export function createMcpServer(
  options: McpServerOptions,
  { checkTools, clock, open, report }: McpServerDeps,
) {
  const { name, rulesFor, transport } = options;
  let tools: readonly ToolEntry[] = [];
  let lastNews = '';

  async function runConnection(signal: AbortSignal) {
    let news = Promise.withResolvers<void>();
    try {
      const onToolsChanged = () => news.resolve();
      await using connection = await open(transport, { onToolsChanged }, signal);
      const either = AbortSignal.any([signal, connection.ended]);
      for (;;) {
        news = Promise.withResolvers();
        updateTools(await connection.listTools(either), connection);
        await waitUnlessAborted(news.promise, either);
      }
    } catch (error) {
      if (signal.aborted) return '';
      if (error instanceof BotError) return error.message;
      throw error;
    }
  }

  function updateTools(offered: readonly OfferedTool[], { callTool }: McpConnection) {
    const allowed = offered.filter((tool) => rulesFor(tool.name));
    const { off, changed } = checkTools(name, allowed);
    const on = allowed.filter((tool) => !off.includes(tool));
    const adapted = adaptServerTools(on, options, callTool);
    tools = adapted.tools.map(adaptExternalTool);
    const news = [
      `${tools.length} tools are on${listNames(tools)}.`,
      changed.length > 0 && `Changed since the last start${listNames(changed)}.`,
      off.length > 0 &&
        `New or changed, so off until the bot restarts${listNames(off)}.`,
      ...adapted.problems,
    ];
    reportNews(news.filter(Boolean).join(' '));
  }

  function reportNews(message: string) {
    if (message !== lastNews) report(`${name}: ${message}`);
    lastNews = message;
  }

  return {
    get tools(): readonly ToolEntry[] {
      return tools;
    },
    async runUntilAborted(signal: AbortSignal) {
      let failures = 0;
      const run = async () => {
        const openedAtMs = clock.nowMs();
        try {
          const failure = await runConnection(signal);
          const wasSteady = clock.nowMs() - openedAtMs >= steadyAfterMs;
          failures = wasSteady ? 1 : failures + 1;
          const again = `it is tried again, first in ${toRetryDelayMs(failures) / 1_000} s.`;
          if (!signal.aborted) reportNews(`${failure} Its tools are off; ${again}`);
        } finally {
          tools = [];
        }
      };
      const task = {
        name: `MCP server ${name}`,
        clock,
        everyMs: () => toRetryDelayMs(failures),
        run,
        report: ({ cause }: { readonly cause: string }) => report(cause),
      };
      await runPeriodically(task, signal);
    },
  };
}

function listNames(tools: readonly { readonly name: string }[]) {
  return tools.length === 0 ? '' : `: ${tools.map(toPlainName).join(', ')}`;
}

const steadyAfterMs = 60_000;
const firstRetryMs = 1_000;
const maxRetryMs = 300_000;

/** Computes a delay: 1 s, doubled after each failure, 5 minutes at most. */
function toRetryDelayMs(failures: number) {
  return Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(20, failures - 1));
}
