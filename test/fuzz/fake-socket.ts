import { EventEmitter } from 'node:events';
import { WebSocket } from 'ws';
import type { OpenSocket } from '#src/provider/json-socket.ts';
import type { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { anyCharacter, fc } from '#test/properties.ts';
import { makeJson } from './fuzz-inputs.ts';

/** Next step of a server: says something, ends the connection, or lets time pass. */
export type ServerStep =
  | { readonly kind: 'says'; readonly text: string; readonly isBinary: boolean }
  | { readonly kind: 'closes'; readonly code: number; readonly reason: string }
  | { readonly kind: 'waits'; readonly ms: number };

/** Reaction of a server to a connection: `greets` opens it, and confirms its configuration. */
export type SocketGreeting = 'greets' | 'opens' | 'refuses' | 'ignores';

const maxSteps = 14;
const usualWelcome = Array<SocketGreeting>(5).fill('greets');

/** A hostile server: how it takes connections, and what it does on them. */
export type ServerScript = {
  readonly welcomes: readonly SocketGreeting[];
  readonly steps: readonly ServerStep[];
};

/** Sequences of a server's events, good ones and others, with everything a connection does in between. */
export function makeServerScripts(
  ...events: readonly object[]
): fc.Arbitrary<ServerScript> {
  const json = makeJson(...events).map((event) => JSON.stringify(event) ?? '');
  const good = fc.constantFrom(...events).map((event) => JSON.stringify(event));
  const junk = fc.string({ unit: anyCharacter, maxLength: 12 });
  const step: fc.Arbitrary<ServerStep> = fc.oneof(
    { weight: 6, arbitrary: good.map((text) => toTextStep(text)) },
    { weight: 6, arbitrary: json.map((text) => toTextStep(text)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(junk, fc.boolean())
        .map(([text, flag]) => toTextStep(text, flag)),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('closes' as const),
        code: fc.constantFrom(1000, 1006, 1011, 4000),
        reason: junk,
      }),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(0, 2_000, 30_000)
        .map((ms) => ({ kind: 'waits' as const, ms })),
    },
  );
  const welcome = fc.constantFrom<SocketGreeting[]>(
    ...usualWelcome,
    'opens',
    'refuses',
    'ignores',
  );
  return fc.record({
    welcomes: fc.array(welcome, {
      minLength: 1,
      maxLength: 3,
    }),
    steps: fc.oneof(fc.array(step, { maxLength: maxSteps }), makeStories(events, step)),
  });
}

/** Events in their order, with others in between. */
function makeStories(events: readonly object[], step: fc.Arbitrary<ServerStep>) {
  const inOrder = fc.subarray([...events]);
  return fc
    .tuple(inOrder, fc.array(fc.tuple(fc.nat(maxSteps), step), { maxLength: 3 }))
    .map(([story, others]) => {
      const steps: ServerStep[] = story.map((event) =>
        toTextStep(JSON.stringify(event)),
      );
      for (const [at, other] of others) steps.splice(at, 0, other);
      return steps;
    });
}

function toTextStep(text: string, isBinary = false): ServerStep {
  return { kind: 'says', text, isBinary };
}

/** A WebSocket without a network, as far as ours are used. */
class FakeSocket extends EventEmitter {
  readonly bufferedAmount = 0;
  readonly greets: boolean;
  readonly #report;
  readyState: number = WebSocket.CONNECTING;

  constructor(greets: boolean, report: (error: unknown) => void) {
    super();
    this.greets = greets;
    this.#report = report;
  }

  open() {
    if (this.readyState !== WebSocket.CONNECTING) return;
    this.readyState = WebSocket.OPEN;
    this.emit('open');
    if (this.greets) this.#emit({ type: 'session.created' });
  }

  close(code: number, reason: string) {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.emit('close', code, Buffer.from(reason));
  }

  /** A server that greets confirms its configuration. */
  send(text: string) {
    if (this.greets && text.includes('session.update"'))
      this.#emit({ type: 'session.updated' });
  }

  ping() {}
  pause() {}
  resume() {}

  terminate() {
    queueMicrotask(() => this.close(1006, ''));
  }

  #emit(event: object) {
    queueMicrotask(() => {
      try {
        this.emit('message', Buffer.from(JSON.stringify(event)), false);
      } catch (error) {
        this.#report(error);
      }
    });
  }
}

/** A server at the other end of fake sockets. What our listeners throw comes out of `play` and `check`. */
export class FakeServer {
  readonly #clock;
  readonly #welcomes;
  readonly #thrown: unknown[] = [];
  #opened = 0;
  #socket: FakeSocket | undefined;

  constructor(clock: VirtualClock, welcomes: readonly SocketGreeting[]) {
    this.#clock = clock;
    this.#welcomes = welcomes;
  }

  readonly openSocket: OpenSocket = () => {
    const welcome = this.#welcomes[this.#opened++ % this.#welcomes.length];
    const socket = new FakeSocket(welcome === 'greets', (error) =>
      this.#thrown.push(error),
    );
    this.#socket = socket;
    if (welcome === 'opens' || welcome === 'greets')
      queueMicrotask(() => socket.open());
    if (welcome === 'refuses')
      queueMicrotask(() => socket.emit('error', new Error('refused')));
    return socket as unknown as WebSocket;
  };

  /** The newest connection is the one that is spoken over. */
  async play(step: ServerStep) {
    const socket = this.#socket;
    if (step.kind === 'waits') await this.#clock.advance(step.ms);
    else if (socket?.readyState !== WebSocket.OPEN) return;
    else if (step.kind === 'closes') socket.close(step.code, step.reason);
    else socket.emit('message', Buffer.from(step.text), step.isBinary);
  }

  /** Throws what a listener threw at a greeting. */
  check() {
    if (this.#thrown.length > 0) throw this.#thrown[0];
  }
}
