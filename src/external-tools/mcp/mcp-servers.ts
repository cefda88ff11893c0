import type { Clock } from '#src/base/clock.ts';
import type { ExternalTool, ToolNews } from '#src/external-tools/external-tool.ts';
import { acceptedPath, readAccepted } from './accepted-tools.ts';
import { openMcpConnection } from './mcp-connection.ts';
import { McpServer } from './mcp-server.ts';
import type { McpServerOptions } from './servers-file.ts';

export type McpServersOptions = {
  /** Of the file that names the servers. */
  readonly path: string;
  readonly servers: readonly McpServerOptions[];
  readonly clock: Clock;
  readonly tell: ToolNews;
};

/** All MCP servers, each connected by itself, and again when it has gone. Closing it ends their programs. */
export class McpServers implements AsyncDisposable {
  readonly #servers: readonly McpServer[];
  readonly #over = new AbortController();
  readonly #running: Promise<unknown>;

  constructor({ path, servers, clock, tell }: McpServersOptions) {
    const accepted = () => readAccepted(acceptedPath(path));
    const parts = { clock, open: openMcpConnection, accepted, tell };
    this.#servers = servers.map((options) => new McpServer(options, parts));
    this.#running = Promise.all(this.#servers.map((server) => server.run(this.#over.signal)));
  }

  /** Those of servers that are connected now. */
  tools(): readonly ExternalTool[] {
    return this.#servers.flatMap(({ tools }) => tools);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error('the bot ends'));
    await this.#running;
  }
}
