import { expect, test } from 'vitest';
import { mayHear } from '#src/conversation/machine/questions.ts';
import { fc, runs } from '#test/properties.ts';
import { Invariants } from '#test/simulate/invariants.ts';
import { type ActKind, everybody } from '#test/simulate/script.ts';
import { Simulation } from '#test/simulate/world.ts';

/** Facts that each command changes, beside the machine. */
type Model = {
  readonly refusals: Set<string>;
  readonly absent: Set<string>;
  isPaused: boolean;
  isMuted: boolean;
};

type Real = { readonly world: Simulation; readonly judge: Invariants };

const texts = [
  'Nova, the bridge?',
  'Nova, look and set a timer',
  'Nova, wipe it',
  'and long?',
  'Ben, come here',
  '',
  'mhm',
  'stop',
  'yes',
] as const;

/** Changes of the model by each act; acts that are missing change none of its facts. */
const changes: Partial<Record<ActKind, (model: Model, by: string) => void>> = {
  no: ({ refusals }, by) => refusals.add(by),
  forget: ({ refusals }, by) => refusals.add(by),
  yes: ({ refusals }, by) => refusals.delete(by),
  go: ({ absent }, by) => absent.add(by),
  come: ({ absent }, by) => absent.delete(by),
  pause: (model) => {
    model.isPaused = true;
  },
  resume: (model) => {
    model.isPaused = false;
  },
  mute: (model) => {
    model.isMuted = true;
  },
  unmute: (model) => {
    model.isMuted = false;
  },
};

/** Acts that make sense only for a person who is there, or only after another act. */
const conditions: Partial<Record<ActKind, (model: Model, by: string) => boolean>> = {
  go: ({ absent }, by) => !absent.has(by),
  come: ({ absent }, by) => absent.has(by),
  yes: ({ refusals }, by) => refusals.has(by),
  resume: ({ isPaused }) => isPaused,
  unmute: ({ isMuted }) => isMuted,
};

/** One act, and the time that passes after it. */
class ActCommand implements fc.Command<Model, Real> {
  readonly #kind: ActKind;
  readonly #by: string;
  readonly #text: string;
  readonly #afterMs: number;

  constructor(kind: ActKind, by: string, text: string, afterMs: number) {
    this.#kind = kind;
    this.#by = by;
    this.#text = text;
    this.#afterMs = afterMs;
  }

  check(model: Readonly<Model>): boolean {
    return conditions[this.#kind]?.(model, this.#by) ?? true;
  }

  run(model: Model, { world }: Real): void {
    const { time } = world;
    world.act({ atMs: time.nowMs, kind: this.#kind, by: this.#by, text: this.#text });
    changes[this.#kind]?.(model, this.#by);
    time.advance(time.nowMs + this.#afterMs);
    expectLike(model, world);
  }

  toString(): string {
    return `${this.#by} ${this.#kind} "${this.#text}", ${this.#afterMs} ms`;
  }
}

/** People are heard, and turns are owned, as the model says. */
function expectLike({ absent, isMuted, isPaused, refusals }: Model, { state }: Simulation): void {
  const present = state.people.map(({ id }) => id);
  expect(present.toSorted()).toEqual(everybody.filter((id) => !absent.has(id)));
  for (const id of everybody) {
    expect(mayHear(state, id)).toBe(!isPaused && !refusals.has(id));
    const isOwner = state.turns.some(({ by }) => by === id);
    if (refusals.has(id)) expect(isOwner).toBe(false);
  }
  expect(state.isMuted).toBe(isMuted);
}

const afterMs = fc.oneof(fc.integer({ min: 0, max: 800 }), fc.integer({ min: 0, max: 15_000 }));
const by = fc.constantFrom(...everybody);

function acts(...kinds: readonly ActKind[]) {
  const kind = fc.constantFrom(...kinds);
  return fc
    .tuple(kind, by, fc.constantFrom(...texts), afterMs)
    .map((args) => new ActCommand(...args));
}

const talk = acts('say', 'breathe');
const requests = acts('typed', 'read', 'notify', 'take-back', 'stop', 'window', 'press');
const people = acts('no', 'yes', 'forget', 'go', 'come', 'pause', 'resume');
const place = acts('lose-link', 'mute', 'unmute', 'captions');

test('whatever people do in whatever order, the machine agrees with a model of consent and place', () => {
  const commands = fc.commands([talk, talk, talk, requests, people, place], { maxCommands: 30 });
  const property = fc.property(commands, fc.integer({ min: 1, max: 1_000 }), (all, seed) => {
    const judge = new Invariants();
    const onStep = (one: Simulation, taken: Parameters<Invariants['check']>[1]) =>
      judge.check(one, taken);
    const world = new Simulation({ seed, onStep });
    const model = { refusals: new Set<string>(), absent: new Set<string>() };
    const setup = () => ({
      model: { ...model, isPaused: false, isMuted: false },
      real: { world, judge },
    });
    fc.modelRun(setup, all);
    world.time.advance(world.time.nowMs + 420_000);
    if (!world.state.isOver) judge.checkRest(world);
  });
  fc.assert(property, { numRuns: runs(60) });
});

test('after a no no effect is for that person until their yes', () => {
  const script = fc.array(acts('say', 'typed', 'read', 'stop'), { minLength: 1, maxLength: 12 });
  const property = fc.property(script, fc.integer({ min: 1, max: 1_000 }), (all, seed) => {
    const people: (string | undefined)[] = [];
    const world = new Simulation({
      seed,
      onStep: (_world, { effects }) => {
        for (const one of effects) if ('by' in one) people.push(one.by);
      },
    });
    world.act({ atMs: 0, kind: 'no', by: 'ana', text: '' });
    people.length = 0;
    const refusals = new Set(['ana']);
    const model = { refusals, absent: new Set<string>(), isPaused: false, isMuted: false };
    for (const one of all) one.run(model, { world, judge: new Invariants() });
    expect(people).not.toContain('ana');
  });
  fc.assert(property, { numRuns: runs(60) });
});
