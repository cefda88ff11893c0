import type { SoundSource } from '#src/audio/sound-source.ts';
import { BotError } from '#src/base/errors.ts';
import type { TrackItem } from '#src/playback/tracks/track-item.ts';
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
    const place = this.band.tracks.findTrack(name)?.items.indexOf(item) ?? 0;
    if (place === 0) track.now = item;
    else track.waiting.splice(place - 1, 0, item);
    this.check();
  }

  cancel(how: 'skip' | 'stop', name: string) {
    const track = this.#of(name);
    const { now, waiting } = track;
    const all = [...(now ? [now] : []), ...waiting];
    this.#doomed = new Set(how === 'skip' ? all.slice(0, 1) : all);
    if (how === 'skip') {
      track.now = waiting.shift();
    } else {
      track.waiting = [];
      track.now = undefined;
    }
    this.band.tracks.findTrack(name)?.perform({ kind: how });
    this.check();
  }

  check() {
    expect(this.#doomed.size).toBe(0);
    for (const [name, { now, waiting }] of this.#tracks) {
      const track = this.band.tracks.findTrack(name);
      expect(track?.now).toBe(now);
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
      n < 2000 && !this.band.tracks.listTracks().every(({ now }) => !now);
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

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.tuple(fc.constantFrom('enqueue', 'enqueue', 'next'), name, source).map(
    ([how, on, what]): Act =>
      (model) =>
        model.put(how, on, what),
  ),
  fc.tuple(fc.constantFrom('skip', 'stop'), name).map(
    ([how, on]): Act =>
      (model) =>
        model.cancel(how, on),
  ),
  fc.tuple(fc.constantFrom('pause', 'resume', 'mute', 'unmute'), name).map(
    ([how, on]): Act =>
      (model) =>
        void model.band.tracks.findTrack(on)?.perform({ kind: how }),
  ),
  fc.tuple(name, fc.integer({ min: 0, max: 1000 })).map(
    ([on, ms]): Act =>
      (model) =>
        void model.band.tracks
          .findTrack(on)
          ?.perform({ kind: 'seek', to: { kind: 'at', ms } }),
  ),
  fc.tuple(name, fc.boolean()).map(
    ([on, isOn]): Act =>
      (model) =>
        void model.band.tracks.findTrack(on)?.perform({ kind: 'loop', on: isOn }),
  ),
  fc.tuple(name, fc.integer({ min: 0, max: 200 })).map(
    ([on, percent]): Act =>
      (model) =>
        void model.band.tracks
          .findTrack(on)
          ?.perform({ kind: 'volume', percent, overMs: percent }),
  ),
  fc.tuple(name, fc.constantFrom(0, 40, 1000)).map(
    ([on, ms]): Act =>
      (model) =>
        void model.band.tracks.findTrack(on)?.perform({ kind: 'crossfade', ms }),
  ),
  fc.integer({ min: 1, max: 30 }).map(
    (frames): Act =>
      async (model) => {
        await model.band.run(frames * 20);
        model.check();
      },
  ),
);

test('whatever several callers do: each item ends once, in its order, on its track', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60, size: 'max' }), async (acts) => {
      const model = new Model();
      for (const one of acts) await one(model);
      await model.finish();
    }),
    { numRuns: 150 },
  );
}, 60_000);
