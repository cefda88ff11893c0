/** What the status server is told of the bot, each time it is asked. */
export type StatusSources = {
  /** Whether the gateway is connected and commands are answered. */
  ready(): boolean;
  /** How long the event loop stood still at most, of late. */
  heldUpMs(): number;
  /** A page of metrics with its content type. */
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
};

export type Answer = {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A loop that stood still for longer cut somebody's words: a supervisor that sees it again and again should act. */
const heldUpLimitMs = 2_000;

/** What a request is answered; nothing in it but method and path matters. */
export async function answerTo(
  method: string,
  url: string,
  sources: StatusSources,
): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, text: 'only GET and HEAD\n', headers: { allow: 'GET, HEAD' } };
  }
  switch (url.split('?', 1)[0]) {
    case '/healthz':
      return health(sources.heldUpMs());
    case '/readyz':
      return sources.ready()
        ? { status: 200, text: 'ready\n' }
        : { status: 503, text: 'the gateway is not connected\n' };
    case '/metrics': {
      const { type, text } = await sources.metrics();
      return { status: 200, text, headers: { 'content-type': type } };
    }
    default:
      return { status: 404, text: 'there are /healthz, /readyz and /metrics\n' };
  }
}

function health(heldUpMs: number): Answer {
  if (heldUpMs <= heldUpLimitMs) return { status: 200, text: 'ok\n' };
  return {
    status: 503,
    text: `stood still for ${Math.round(heldUpMs)} ms within the last minute\n`,
  };
}
