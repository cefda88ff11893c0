import type { Profiler } from 'node:inspector';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where the processor's time of the bot's main thread goes. The model process is measured beside it. */
export const partNames = [
  'HTTP',
  'codec',
  'crypto',
  'V8',
  'native code',
  'discord.js',
  'Parley',
  'rest',
] as const;
type PartName = (typeof partNames)[number];

/** Shares of the time that the main thread worked, which sum to 1, and its dearest functions. */
export type CostParts = {
  readonly shares: ReadonlyMap<PartName, number>;
  /** `name url` with their own share, dearest first. */
  readonly functions: readonly (readonly [name: string, share: number])[];
};

/** Microseconds between two looks at what runs. */
const intervalUs = 500;
const maxStartMs = 5_000;

/** Profiles the main thread of a process that was started with `--inspect-port=port`, for `ms`. Throws where it does not open its inspector. */
export async function profileParts(
  pid: number,
  port: number,
  ms: number,
): Promise<CostParts> {
  process.kill(pid, 'SIGUSR1');
  await using inspector = await Inspector.open(port);
  await inspector.send('Profiler.enable');
  await inspector.send('Profiler.setSamplingInterval', { interval: intervalUs });
  await inspector.send('Profiler.start');
  await sleep(ms);
  const { profile } = (await inspector.send(
    'Profiler.stop',
  )) as Profiler.StopReturnType;
  return measureParts(profile);
}

/** A connection to the inspector of another process. */
class Inspector implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result, error } = JSON.parse(data);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    });
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values())
        reject(new Error('The bot ended while it was profiled.'));
    });
  }

  /** Opens one as soon as the process listens. */
  static async open(port: number) {
    const socket = new WebSocket(await waitForAddress(port));
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', reject, { once: true });
    });
    return new Inspector(socket);
  }

  /** Sends a command and returns its result. */
  send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return waiting.promise;
  }

  [Symbol.asyncDispose]() {
    this.#socket.close();
    return Promise.resolve();
  }
}

async function waitForAddress(port: number) {
  const deadline = Date.now() + maxStartMs;
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`);
      const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
      if (target) return target.webSocketDebuggerUrl;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(50);
  }
}

/** Files of each part; the first that fits counts. */
const partPatterns: readonly (readonly [PartName, RegExp])[] = [
  ['codec', /@discordjs\/opus|opus-decoder|\/audio\/opus\/|^wasm:/],
  ['crypto', /internal\/crypto|sodium|davey|noble/],
  [
    'HTTP',
    /undici|internal\/webstreams|node:_http|node:internal\/http|\/openai\/|node:zlib|\/src\/provider\//,
  ],
  ['discord.js', /\/node_modules\/(?:@discordjs|discord\.js|discord-api-types|ws)\//],
  ['Parley', /\/src\//],
  ['rest', /^/],
];

/** What V8 names in place of a function. */
const ownParts: ReadonlyMap<string, PartName> = new Map([
  ['(garbage collector)', 'V8'],
  ['(program)', 'native code'],
]);

/** Sums the samples of a profile by part. A native function counts for the script that called it. */
export function measureParts({
  nodes,
  samples = [],
  timeDeltas = [],
}: Profiler.Profile): CostParts {
  const parents = new Map<number, number>();
  const nodeById = new Map(nodes.map((node) => [node.id, node]));
  for (const { id, children = [] } of nodes)
    for (const child of children) parents.set(child, id);
  const findPart = (id: number): PartName | undefined => {
    const { functionName = '', url = '' } = nodeById.get(id)?.callFrame ?? {};
    if (functionName === '(idle)') return undefined;
    const own = ownParts.get(functionName);
    if (own) return own;
    const parent = parents.get(id);
    if (url === '' && parent !== undefined) return findPart(parent);
    return partPatterns.find(([, pattern]) => pattern.test(url))?.[0];
  };
  const times = new Map<PartName, number>();
  const functionTimes = new Map<string, number>();
  let totalUs = 0;
  for (const [n, id] of samples.entries()) {
    const part = findPart(id);
    if (part === undefined) continue;
    const spentUs = timeDeltas[n + 1] ?? intervalUs;
    const { functionName = '', url = '' } = nodeById.get(id)?.callFrame ?? {};
    const name = `${functionName || '(anonymous)'} ${url.split('/').slice(-2).join('/')}`;
    totalUs += spentUs;
    times.set(part, (times.get(part) ?? 0) + spentUs);
    functionTimes.set(name, (functionTimes.get(name) ?? 0) + spentUs);
  }
  return {
    shares: new Map(partNames.map((name) => [name, (times.get(name) ?? 0) / totalUs])),
    functions: [...functionTimes]
      .map(([name, us]) => [name, us / totalUs] as const)
      .sort(([, a], [, b]) => b - a),
  };
}
