import type { SoundSource } from '#src/audio/sound-source.ts';
import { BotError } from '#src/base/errors.ts';
import type { TrackItem } from '#src/playback/tracks/track-item.ts';
import type { TrackCommand } from '#src/playback/tracks/track-outcomes.ts';
import { makeSourceFromPcm } from '#test/fakes/made-source.ts';
import { fc } from '#test/properties.ts';
import { Band, bandRateHz } from './band.ts';

/** Expected content of a track. */
type ExpectedTrack = { now: TrackItem | undefined; waiting: TrackItem[] };

/** Everything that is known of a run, by plain lists. */
class Model {
  readonly band = new Band();
  readonly #tracks = new Map<string, ExpectedTrack>();
  readonly #added = new Set<TrackItem>();
  readonly #ends: TrackItem[] = [];
  /** Items that an operation is about to cancel. */
  #doomed = new Set<TrackItem>();

  constructor() {
    this.band.tracks.listen((event) => {
      if (event.kind === 'began') return;
      const { item, track } = event;
      this.#ends.push(item);
      if (!this.#doomed.delete(item)) this.#passed(track, item);
    });
  }

  put(how: 'enqueue' | 'next', name: string, source: SoundSource) {
    const track = this.#of(name);
    const item = this.band.play(name, source, { isNext: how === 'next' });
    this.#added.add(item);
    const index = this.band.tracks.findTrack(name)?.items.indexOf(item) ?? 0;
    if (index === 0) track.now = item;
    else track.waiting.splice(index - 1, 0, item);
    this.check();
  }

  cancel(how: 'skip' | 'stop', name: string) {
    const track = this.#of(name);
    const { now, waiting } = track;
    const allTrackItems = [...(now ? [now] : []), ...waiting];
    this.#doomed = new Set(how === 'skip' ? allTrackItems.slice(0, 1) : allTrackItems);
    if (how === 'skip') {
      track.now = waiting.shift();
    } else {
      track.waiting = [];
      track.now = undefined;
    }
    this.band.perform({ kind: how }, name);
    this.check();
  }

  check() {
    expect(this.#doomed.size).toBe(0);
    for (const [name, { now, waiting }] of this.#tracks) {
      const track = this.band.tracks.findTrack(name);
      expect(track?.items[0]).toBe(now);
      expect(track?.items.slice(1) ?? []).toEqual(waiting);
    }
  }

  async finish() {
    for (const track of this.band.tracks.listTracks()) {
      track.perform({ kind: 'resume' });
      track.perform({ kind: 'loop', on: false });
    }
    for (
      let n = 0;
      n < 2000 &&
      !this.band.tracks.listTracks().every(({ items }) => items.length === 0);
      n++
    ) {
      await this.band.step();
    }
    this.check();
    expect(new Set(this.#ends)).toEqual(this.#added);
    expect(this.#ends).toHaveLength(this.#added.size);
  }

  #of(name: string) {
    const track = this.#tracks.get(name) ?? { now: undefined, waiting: [] };
    this.#tracks.set(name, track);
    return track;
  }

  #passed(name: string, item: TrackItem) {
    const track = this.#of(name);
    expect(item).toBe(track.now);
    track.now = track.waiting.shift();
  }
}

const name = fc.constantFrom('a', 'b', 'c');

const source: fc.Arbitrary<SoundSource> = fc
  .record({ ms: fc.constantFrom(0, 1, 19, 20, 21, 330, 900), isBroken: fc.boolean() })
  .map(({ ms, isBroken }) => {
    const samples = new Int16Array(96 * ms).fill(100);
    const whole = makeSourceFromPcm(`${ms}`, {
      samples,
      rateHz: bandRateHz,
      channels: 2,
    });
    if (!isBroken) return whole;
    return {
      ...whole,
      async *open(fromMs, signal) {
        yield* whole.open(fromMs, signal);
        throw new BotError('source.unreachable', true, 'gone');
      },
    };
  });

type Act = (model: Model) => void | Promise<void>;

/** Commands that leave every item in its place. */
const command: fc.Arbitrary<TrackCommand> = fc.oneof(
  fc.constantFrom('pause', 'resume', 'mute', 'unmute').map((kind) => ({ kind })),
  fc
    .integer({ min: 0, max: 1000 })
    .map((ms) => ({ kind: 'seek' as const, to: { kind: 'at' as const, ms } })),
  fc.record({ kind: fc.constant('loop' as const), on: fc.boolean() }),
  fc
    .integer({ min: 0, max: 200 })
    .map((percent) => ({ kind: 'volume' as const, percent, overMs: percent })),
  fc.record({
    kind: fc.constant('crossfade' as const),
    ms: fc.constantFrom(0, 40, 1000),
  }),
);

const act: fc.Arbitrary<Act> = fc.oneof(
  fc
    .tuple(fc.constantFrom('enqueue', 'enqueue', 'next'), name, source)
    .map((put) => (model: Model) => model.put(...put)),
  fc
    .tuple(fc.constantFrom('skip', 'stop'), name)
    .map((cancel) => (model: Model) => model.cancel(...cancel)),
  {
    weight: 5,
    arbitrary: fc
      .tuple(command, name)
      .map((args) => (model: Model) => void model.band.perform(...args)),
  },
  fc.integer({ min: 1, max: 30 }).map((frames) => async (model: Model) => {
    await model.band.run(frames * 20);
    model.check();
  }),
);

test(
  'whatever several callers do: each item ends once, in its order, on its track',
  () =>
    fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60, size: 'max' }), async (acts) => {
        const model = new Model();
        for (const one of acts) await one(model);
        await model.finish();
      }),
      { numRuns: 150 },
    ),
  60_000,
);
