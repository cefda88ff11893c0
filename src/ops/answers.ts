import { isIP } from 'node:net';
import { longestDelayMs, type ReadinessReport } from './readiness.ts';

/** Facts about the bot for the status server, read at each request. */
export type StatusSources = {
  /** Whether the process can do its work, a line for each check. */
  readiness(): ReadinessReport;
  /** Longest recent delay of the event loop, in ms. */
  heldUpMs(): number;
  /** A page of metrics with its content type. */
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
};

export type StatusAnswer = {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Response to a request; nothing in it but method, path and host matters. */
export async function answerTo(
  { method, url, host }: { readonly method: string; readonly url: string; readonly host: string },
  sources: StatusSources,
): Promise<StatusAnswer> {
  if (!isOwnHost(host)) return { status: 403, text: 'not by this host name\n' };
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, text: 'only GET and HEAD\n', headers: { allow: 'GET, HEAD' } };
  }
  switch (url.split('?', 1)[0]) {
    case '/healthz':
      return health(sources.heldUpMs());
    case '/readyz': {
      const { isReady, lines } = sources.readiness();
      return { status: isReady ? 200 : 503, text: `${lines.join('\n')}\n` };
    }
    case '/metrics': {
      const { type, text } = await sources.metrics();
      return { status: 200, text, headers: { 'content-type': type } };
    }
    default:
      return { status: 404, text: 'there are /healthz, /readyz and /metrics\n' };
  }
}

/**
 * Addresses, and names that cannot be owned on the internet: a page in the owner's browser cannot read the figures by
 * pointing a name of its own here (DNS rebinding).
 */
function isOwnHost(host: string): boolean {
  const name = host.replace(/:\d*$/, '').toLowerCase();
  if (isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || !name.includes('.')) return true;
  return /\.(local|internal|localhost)$/.test(name);
}

function health(heldUpMs: number): StatusAnswer {
  if (heldUpMs <= longestDelayMs) return { status: 200, text: 'ok\n' };
  return {
    status: 503,
    text: `the main thread was blocked for ${Math.round(heldUpMs)} ms within the last minute\n`,
  };
}
