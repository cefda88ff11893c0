import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import {
  closeServer,
  listenOnPort,
  type ServerOutcome,
} from '#src/base/loops/keep-server.ts';
import { findRequestHost } from '#src/base/request-host.ts';
import type { MetricsPage } from './metrics/metrics.ts';
import { maxLoopDelayMs, type ReadinessReport } from './readiness.ts';

/** Functions that report the state of the process, each called at each request. */
export type StatusDeps = {
  /** Returns whether the process is ready, with a line for each check. */
  reportReadiness(): ReadinessReport;
  /** Returns the longest delay of the event loop within the last minute. */
  getLoopDelayMs(): number;
  /** Renders the metrics for /metrics. A rejection is answered with 500. */
  renderMetrics(): Promise<MetricsPage>;
};

/** A server that listens. Disposing closes it, also open requests. */
export type StatusServer = AsyncDisposable & { readonly url: string };

/** Limits of a request, and of the pause between two. */
const [headMs, askMs] = [2_000, 5_000];
const checkMs = 1_000;
/** Silent connections end after `headMs`. */
const maxConnections = 64;

/** Serves /healthz, /readyz and /metrics. Port 0 takes any free port. */
export async function openStatusServer(
  address: { readonly host: string; readonly port: number },
  deps: StatusDeps,
): Promise<ServerOutcome<StatusServer>> {
  const server = createServer(
    {
      requestTimeout: askMs,
      headersTimeout: headMs,
      keepAliveTimeout: askMs,
      connectionsCheckingInterval: checkMs,
    },
    async (request, response) => {
      const { method = '', url = '' } = request;
      const hostName = findRequestHost(request);
      const { status, text, headers } = await answerStatusRequest(
        { method, url, hostName },
        deps,
      ).catch(() => failedAnswer);
      response.writeHead(status, { ...statusHeaders, ...headers }).end(text);
    },
  );
  server.maxConnections = maxConnections;
  const refusal = await listenOnPort(
    server,
    address,
    'No status server at',
    'STATUS_HOST or STATUS_PORT',
  );
  if (refusal) return refusal;
  return {
    kind: 'open',
    server: {
      url: toStatusUrl(server),
      [Symbol.asyncDispose]: () =>
        closeServer(server, () => server.closeAllConnections()),
    },
  };
}

const failedAnswer: StatusAnswer = { status: 500, text: 'failed\n' };
const statusHeaders = {
  'content-type': 'text/plain; charset=utf-8',
  'cache-control': 'no-store',
};

function toStatusUrl(server: Server) {
  const { address, family, port } = server.address() as AddressInfo; // listens on a port, not a pipe
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

type StatusAnswer = {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
};

type StatusRequest = {
  readonly method: string;
  readonly url: string;
  readonly hostName: string | undefined;
};

async function answerStatusRequest(
  { method, url, hostName }: StatusRequest,
  deps: StatusDeps,
): Promise<StatusAnswer> {
  if (hostName === undefined) return { status: 400, text: 'name one host\n' };
  if (!isOwnHost(hostName)) return { status: 403, text: 'not by this host name\n' };
  if (method !== 'GET' && method !== 'HEAD') {
    return {
      status: 405,
      text: 'only GET and HEAD\n',
      headers: { allow: 'GET, HEAD' },
    };
  }
  switch (url.split('?', 1)[0]) {
    case '/healthz':
      return toHealthAnswer(deps.getLoopDelayMs());
    case '/readyz': {
      const { isReady, lines } = deps.reportReadiness();
      return { status: isReady ? 200 : 503, text: `${lines.join('\n')}\n` };
    }
    case '/metrics': {
      const { type, text } = await deps.renderMetrics();
      return { status: 200, text, headers: { 'content-type': type } };
    }
    default:
      return { status: 404, text: 'there are /healthz, /readyz and /metrics\n' };
  }
}

/** Tests for addresses, and names that nobody can own on the internet. */
function isOwnHost(hostName: string) {
  // A page in the owner's browser could rebind DNS.
  const name = hostName.replace(/:\d*$/, '');
  if (isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || !name.includes('.')) return true;
  return /\.(local|internal|localhost)$/.test(name);
}

function toHealthAnswer(delayMs: number) {
  if (delayMs <= maxLoopDelayMs) return { status: 200, text: 'ok\n' };
  return {
    status: 503,
    text: `the main thread was blocked for ${Math.round(delayMs)} ms within the last minute\n`,
  };
}
