import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import { adaptExternalTool } from '#src/features/tools/adapt-external-tool.ts';
import type { ToolNews } from '#src/features/tools/external-tool.ts';
import type { McpServerOptions } from '#src/ports/tool-servers.ts';
import { adaptServerTools, toModelToolName } from './adapt-server-tools.ts';
import { type McpConnection, openMcpConnection } from './mcp-connection.ts';

import { type OfferedTool, ToolCheck } from './tool-changes.ts';

export type McpServersOptions = {
  /** File with hashes of the tools from the last start. */
  readonly hashesPath: string;
  readonly servers: readonly McpServerOptions[];
  readonly clock: Clock;
  readonly report: ToolNews;
};

/**
 * Opens MCP servers, and keeps them open until the object is disposed. Import this file
 * dynamically, since it loads the SDK.
 */
export class McpServers implements AsyncDisposable {
  readonly #over = new AbortController();
  readonly #servers: readonly McpServer[];
  readonly #running: Promise<unknown>;

  constructor({ hashesPath, servers, clock, report }: McpServersOptions) {
    const toolCheck = new ToolCheck(hashesPath, report);
    const deps = { clock, open: openMcpConnection, toolCheck, report };
    this.#servers = servers.map((options) => new McpServer(options, deps));
    this.#running = Promise.all(
      this.#servers.map((server) => server.runUntilAborted(this.#over.signal)),
    );
  }

  /** Lists the tools that may be used now, of all servers that are connected. */
  listTools(): readonly ToolEntry[] {
    return this.#servers.flatMap(({ tools }) => tools);
  }

  /** Ends all servers, and waits for their ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error('the bot ends'));
    await this.#running;
  }
}

export type McpServerDeps = {
  readonly clock: Clock;
  readonly open: typeof openMcpConnection;
  readonly toolCheck: ToolCheck;
  readonly report: ToolNews;
};

/** Keeps one server connected, and knows its tools. */
export class McpServer {
  readonly #options: McpServerOptions;
  readonly #deps: McpServerDeps;
  #tools: readonly ToolEntry[] = [];
  #lastNews = '';
  #failures = 0;

  constructor(options: McpServerOptions, deps: McpServerDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Tools that may be used now. Empty while the server is not connected. */
  get tools(): readonly ToolEntry[] {
    return this.#tools;
  }

  /**
   * Connects again and again until `signal` is aborted. Failures are reported, not
   * thrown. Called once.
   */
  async runUntilAborted(signal: AbortSignal): Promise<void> {
    const { clock, report } = this.#deps;
    const task = {
      name: `MCP server ${this.#options.name}`,
      clock,
      everyMs: () => toRetryDelayMs(this.#failures),
      run: () => this.#runOnce(signal),
      report: ({ cause }: { readonly cause: string }) => report(cause),
    };
    await runPeriodically(task, signal);
  }

  async #runOnce(signal: AbortSignal) {
    const { clock } = this.#deps;
    const openedAtMs = clock.nowMs();
    try {
      const failure = await this.#runConnection(signal);
      const wasSteady = clock.nowMs() - openedAtMs >= steadyAfterMs;
      this.#failures = wasSteady ? 1 : this.#failures + 1;
      const retryNote = `it is tried again, first in ${toRetryDelayMs(this.#failures) / 1_000} s.`;
      if (!signal.aborted)
        this.#reportNews(`${failure} Its tools are off; ${retryNote}`);
    } finally {
      this.#tools = [];
    }
  }

  /** Returns the message of the failure that ended the connection. */
  async #runConnection(signal: AbortSignal) {
    let news = Promise.withResolvers<void>();
    try {
      const onToolsChanged = () => news.resolve();
      const { transport } = this.#options;
      await using connection = await this.#deps.open(
        transport,
        { onToolsChanged },
        signal,
      );
      const either = AbortSignal.any([signal, connection.ended]);
      for (;;) {
        news = Promise.withResolvers();
        this.#updateTools(await connection.listTools(either), connection);
        await waitUnlessAborted(news.promise, either);
      }
    } catch (error) {
      if (signal.aborted) return '';
      if (error instanceof BotError) return error.message;
      throw error;
    }
  }

  #updateTools(offered: readonly OfferedTool[], connection: McpConnection) {
    const options = this.#options;
    const allowed = offered.filter((tool) => options.findRules(tool.name));
    const { off, changed } = this.#deps.toolCheck.checkTools(options.name, allowed);
    const on = allowed.filter((tool) => !off.includes(tool));
    const adapted = adaptServerTools(on, options, connection);
    this.#tools = adapted.tools.map(adaptExternalTool);
    const news = [
      `${this.#tools.length} tools are on${listNames(this.#tools)}.`,
      changed.length > 0 && `Changed since the last start${listNames(changed)}.`,
      off.length > 0 &&
        `New or changed, so off until the bot restarts${listNames(off)}.`,
      ...adapted.problems,
    ];
    this.#reportNews(news.filter(Boolean).join(' '));
  }

  #reportNews(message: string) {
    const { report } = this.#deps;
    if (message !== this.#lastNews) report(`${this.#options.name}: ${message}`);
    this.#lastNews = message;
  }
}

function listNames(tools: readonly { readonly name: string }[]) {
  return tools.length === 0 ? '' : `: ${tools.map(toModelToolName).join(', ')}`;
}

const steadyAfterMs = 60_000;
const firstRetryMs = 1_000;
const maxRetryMs = 300_000;

/** Computes a delay: 1 s, doubled after each failure, 5 minutes at most. */
function toRetryDelayMs(failures: number) {
  return Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(20, failures - 1));
}
