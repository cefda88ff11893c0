import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import type { FakeTool, ToolMischief } from './fake-tools.ts';
import { makeLegacyServer } from './legacy-server.ts';
import { makeModernServer } from './modern-server.ts';

export type FakeMcpServer = Awaited<ReturnType<typeof openFakeMcp>>;

export type FakeMcpOptions = {
  readonly era: 'legacy' | 'modern';
  /** Asked for each request, or session: the server may offer others later. */
  readonly more?: () => readonly FakeTool[];
};

type ServerAnswers = {
  fetch(request: Request): Promise<Response>;
  toolsChanged(): void;
};

/** An MCP server over streamable HTTP on 127.0.0.1. */
export async function openFakeMcp(options: FakeMcpOptions) {
  const headers: Headers[] = [];
  const answers: ServerAnswers = makeAnswers(options, () =>
    server.closeAllConnections(),
  );
  const fetchNoted = async (request: Request) => {
    headers.push(request.headers);
    return await answers.fetch(request);
  };
  const server = createServer(
    getRequestListener(fetchNoted, { overrideGlobalObjects: false }),
  );
  const served = await openListeningServer(server);
  return {
    ...served,
    url: new URL('/mcp', served.origin),
    /** Headers of each request so far. */
    headers,
    /** Says that its tools are others now; of the present generation only. */
    toolsChanged: () => answers.toolsChanged(),
  };
}

function makeAnswers({ era, more = () => [] }: FakeMcpOptions, crash: () => void) {
  const mischief: ToolMischief = { crash };
  if (era === 'legacy') return makeLegacyAnswers(mischief, more);
  const handler = createMcpHandler(() => makeModernServer(mischief, more()), {
    legacy: 'reject',
  });
  return { fetch: handler.fetch, toolsChanged: () => handler.notify.toolsChanged() };
}

/** With a session for each client, as servers of the former generation have them. */
function makeLegacyAnswers(
  mischief: ToolMischief,
  more: () => readonly FakeTool[],
): ServerAnswers {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  return {
    async fetch(request) {
      const id = request.headers.get('mcp-session-id');
      const knownTransport = id === null ? undefined : sessions.get(id);
      if (knownTransport) return await knownTransport.handleRequest(request);
      if (id !== null) return new Response('no such session', { status: 404 });
      const transport = new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (fresh) => void sessions.set(fresh, transport),
      });
      await makeLegacyServer(mischief, more()).connect(transport);
      return await transport.handleRequest(request);
    },
    toolsChanged: () => undefined,
  };
}
