import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import type { ExternalTool, ToolNews } from '#src/features/tools/external-tool.ts';
import { adaptServerTools, toPlainName } from './adapt-server-tools.ts';
import { type McpConnection, openMcpConnection } from './mcp-connection.ts';
import type { McpServerOptions } from './servers-file.ts';
import { type OfferedTool, ToolChanges } from './tool-changes.ts';

export type McpServersOptions = {
  /** File with hashes of the tools from the last start. */
  readonly hashesPath: string;
  readonly servers: readonly McpServerOptions[];
  readonly clock: Clock;
  readonly report: ToolNews;
};

/**
 * Each server has its own connection and retries. Import this file dynamically, since it loads the
 * SDK.
 */
export class McpServers implements AsyncDisposable {
  readonly #servers: readonly McpServer[];
  readonly #over = new AbortController();
  readonly #running: Promise<unknown>;

  constructor({ hashesPath, servers, clock, report }: McpServersOptions) {
    const changes = new ToolChanges(hashesPath, report);
    const deps = { clock, open: openMcpConnection, changes, report };
    this.#servers = servers.map((options) => new McpServer(options, deps));
    this.#running = Promise.all(
      this.#servers.map((server) => server.runUntilAborted(this.#over.signal)),
    );
  }

  listTools(): readonly ExternalTool[] {
    return this.#servers.flatMap(({ tools }) => tools);
  }

  async [Symbol.asyncDispose]() {
    this.#over.abort(new Error('the bot ends'));
    await this.#running;
  }
}

type McpServerDeps = {
  readonly clock: Clock;
  readonly open: typeof openMcpConnection;
  readonly changes: ToolChanges;
  readonly report: ToolNews;
};

/** One MCP server, connected again after each end. */
export class McpServer {
  readonly name: string;
  readonly #options;
  readonly #deps;
  #tools: readonly ExternalTool[] = [];
  #lastNews = '';

  constructor(options: McpServerOptions, deps: McpServerDeps) {
    this.name = options.name;
    this.#options = options;
    this.#deps = deps;
  }

  get tools(): readonly ExternalTool[] {
    return this.#tools;
  }

  async runUntilAborted(signal: AbortSignal) {
    const { clock } = this.#deps;
    let failures = 0;
    const run = async () => {
      const openedAtMs = clock.nowMs();
      try {
        const failure = await this.#runConnection(signal);
        const wasSteady = clock.nowMs() - openedAtMs >= steadyAfterMs;
        failures = wasSteady ? 1 : failures + 1;
        const waitMs = toRetryDelayMs(failures);
        const again = `it is tried again, first in ${waitMs / 1_000} s.`;
        if (!signal.aborted) this.#reportNews(`${failure} Its tools are off; ${again}`);
      } finally {
        this.#tools = [];
      }
    };
    await runPeriodically(
      {
        name: `MCP server ${this.name}`,
        clock,
        everyMs: () => toRetryDelayMs(failures),
        run,
        report: ({ cause }) => this.#deps.report(cause),
      },
      signal,
    );
  }

  async #runConnection(signal: AbortSignal) {
    let news = Promise.withResolvers<void>();
    const onToolsChanged = () => news.resolve();
    try {
      const { open } = this.#deps;
      const { transport } = this.#options;
      await using connection = await open(transport, { onToolsChanged }, signal);
      const either = AbortSignal.any([signal, connection.ended]);
      const over = Promise.withResolvers<void>();
      either.addEventListener('abort', () => over.resolve(), { once: true });
      while (!either.aborted) {
        news = Promise.withResolvers();
        this.#updateTools(await connection.listTools(either), connection);
        await Promise.race([news.promise, over.promise]);
      }
      either.throwIfAborted();
      return '';
    } catch (error) {
      if (signal.aborted) return '';
      if (error instanceof BotError) return error.message;
      throw error;
    }
  }

  #updateTools(offered: readonly OfferedTool[], connection: McpConnection) {
    const allowed = offered.filter(({ name }) => this.#options.rulesFor(name));
    const { off, changed } = this.#deps.changes.checkTools(this.name, allowed);
    const on = allowed.filter((tool) => !off.includes(tool));
    const call: McpConnection['callTool'] = (...given) => connection.callTool(...given);
    const { tools, problems } = adaptServerTools(on, this.#options, call);
    this.#tools = tools;
    const news = [
      `${tools.length} tools are on${toOfferedTools(tools)}.`,
      ...(changed.length === 0
        ? []
        : [`Changed since the last start${toOfferedTools(changed)}.`]),
      ...(off.length === 0
        ? []
        : [`New or changed, so off until the bot restarts${toOfferedTools(off)}.`]),
      ...problems,
    ];
    this.#reportNews(news.join(' '));
  }

  /** A repetition is not reported. */
  #reportNews(message: string) {
    if (message === this.#lastNews) return;
    this.#lastNews = message;
    this.#deps.report(`${this.name}: ${message}`);
  }
}

function toOfferedTools(tools: readonly { readonly name: string }[]) {
  return tools.length === 0 ? '' : `: ${tools.map(toPlainName).join(', ')}`;
}

const steadyAfterMs = 60_000;
const firstRetryMs = 1_000;
const maxRetryMs = 300_000;

/** 1 s, doubled after each failure, 5 minutes at most. */
function toRetryDelayMs(failures: number) {
  return Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(20, failures - 1));
}
