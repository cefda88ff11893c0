import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { formatText } from '#src/texts/texts.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import {
  passSharedTime,
  retryUntilHeld,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';
import {
  type HeardTones,
  listHeardTones,
  listOrder,
  measureHeardMs,
  measureLargestStep,
  measureShare,
  type Tone,
  tonesHz,
} from './heard-tones.ts';
import type { Mission } from './mission-setup.ts';

/** Declares a line of the mission. */
export type Line = (text: string, prove: (mission: Mission) => unknown) => void;

/** A change of a track has been heard by then, with what waits in jitter buffers. */
export const settleMs = 700;
/** Loudness of a tone that sounds at its usual volume, as a share of that in its file. */
const minPlainShare = 0.3;

/** Tones that no voice of the mission has, which hums below 1 kHz. */
export const highTonesHz = tonesHz.filter((hz) => hz >= 1_000);

/** Waits until a change has been heard, then lists what a person hears for so long. */
export async function hearFor(person: SandboxPerson, ms: number) {
  await passSharedTime(settleMs);
  const sinceMs = realClock.nowMs();
  await passSharedTime(ms);
  return listHeardTones(person, sinceMs);
}

/** Waits until a person has heard this tone since then. */
export async function waitForTone(person: SandboxPerson, hz: Tone, sinceMs: number) {
  await retryUntilHeld(() =>
    expect(listOrder(listHeardTones(person, sinceMs), [hz])).toEqual([hz]),
  );
}

/** A long tone on a track of its own, which a change of another track must not touch. */
export async function playBeside(m: Mission, person: SandboxPerson) {
  const sinceMs = realClock.nowMs();
  await m.askProgram('/tracks', {
    sound: m.tones.formatAddress([2_600], 120_000),
    track: 'beside',
  });
  await waitForTone(person, 2_600, sinceMs);
  const isBeside = (rows: readonly HeardTones[]) =>
    measureShare(rows, 2_600) > minPlainShare;
  return { isBeside, stopTrack: () => m.askProgram('/tracks/beside/stop', {}) };
}

/** Declares the lines about queues, pauses and places, each by what a person hears. */
export function declareQueueLines(line: Line): void {
  line('with a queue for each named track', async (m) => {
    const { person } = await m.conversations.dictated;
    const sinceMs = realClock.nowMs();
    const queues = { music: [600, 800, 1_000], noise: [1_500, 1_800, 2_200] } as const;
    for (const [track, tones] of Object.entries(queues))
      for (const hz of tones)
        await m.askProgram('/tracks', {
          sound: m.tones.formatAddress([hz], 800),
          track,
        });
    for (const track of Object.keys(queues))
      await retryUntilHeld(async () =>
        expect(await m.findTrack(track)).not.toHaveProperty('current'),
      );
    const rows = listHeardTones(person, sinceMs);
    for (const tones of Object.values(queues))
      expect(listOrder(rows, tones)).toEqual(tones);
    const together = rows.filter(({ tones }) => tones.length > 1);
    expect(20 * together.length).toBeGreaterThan(800);
  });

  line('pause, resume and seek, for one track', async (m) => {
    const { person } = await m.conversations.dictated;
    const { isBeside, stopTrack } = await playBeside(m, person);
    const steps = [600, 800, 1_000, 1_200] as const;
    const steerTrack = (action: string, body = {}) =>
      m.askProgram(`/tracks/steps/${action}`, body);
    const beganMs = realClock.nowMs();
    await m.askProgram('/tracks', {
      sound: m.tones.formatAddress(steps, 2_000),
      track: 'steps',
    });
    await waitForTone(person, 600, beganMs);
    await passSharedTime(700);
    await steerTrack('pause');
    const paused = await hearFor(person, 1_500);
    expect([listOrder(paused, steps), isBeside(paused)]).toEqual([[], true]);
    const resumedMs = realClock.nowMs();
    await steerTrack('resume');
    await waitForTone(person, 800, resumedMs);
    // It went on where it was: the rest of the first tone, then the second.
    expect(listOrder(listHeardTones(person, resumedMs), steps)).toEqual([600, 800]);
    const firstMs = measureHeardMs(person, 600, beganMs);
    expect([firstMs > 1_700, firstMs < 2_300], `${firstMs} ms`).toEqual([true, true]);
    const soughtMs = realClock.nowMs();
    await steerTrack('seek', { atMs: 4_500 });
    await waitForTone(person, 1_200, soughtMs);
    const sought = listOrder(listHeardTones(person, soughtMs + settleMs), steps);
    expect(sought).toEqual([1_000, 1_200]);
    const movedMs = realClock.nowMs();
    await steerTrack('seek', { byMs: -4_000 });
    await waitForTone(person, 800, movedMs);
    expect(await m.findTrack('steps')).toMatchObject({
      current: { lengthMs: 8_000, title: '600-800-1000-1200x2000.wav' },
    });
    await steerTrack('stop');
    await stopTrack();
  });
}

/** Declares the lines about loudness and ends, each by what a person hears. */
export function declareSteeringLines(line: Line): void {
  line('volume, mute and fade, for one track', async (m) => {
    const { person } = await m.conversations.dictated;
    const { isBeside, stopTrack } = await playBeside(m, person);
    const steerTrack = (action: string, body = {}) =>
      m.askProgram(`/tracks/loud/${action}`, body);
    const hearShare = async () => {
      const rows = await hearFor(person, 600);
      expect(isBeside(rows)).toBe(true);
      return measureShare(rows, 1_000);
    };
    await m.askProgram('/tracks', {
      sound: m.tones.formatAddress([1_000], 120_000),
      track: 'loud',
    });
    const plain = await hearShare();
    expect(plain).toBeGreaterThan(minPlainShare);
    await steerTrack('volume', { percent: 40 });
    const soft = await hearShare();
    expect(soft / plain).toBeGreaterThan(0.3);
    expect(soft / plain).toBeLessThan(0.5);
    const mutedAtMs = await findPositionMs(m, 'loud');
    await steerTrack('mute');
    expect(await hearShare()).toBe(0);
    // A muted sound plays on.
    expect((await findPositionMs(m, 'loud')) - mutedAtMs).toBeGreaterThan(settleMs);
    await steerTrack('unmute');
    expect((await hearShare()) / soft).toBeCloseTo(1, 0.5);
    const sinceMs = realClock.nowMs();
    await steerTrack('volume', { percent: 150, overMs: 2_000 });
    await passSharedTime(2_000);
    const fading = listHeardTones(person, sinceMs);
    expect(measureFadeMs(fading, 1_000, plain, 1.3)).toBeGreaterThan(600);
    expect(measureLargestStep(fading, 1_000) / plain).toBeLessThan(0.25);
    expect((await hearShare()) / plain).toBeCloseTo(1.5, 0.5);
    await steerTrack('stop');
    await stopTrack();
  });

  line('loop and stop, for one track', async (m) => {
    const { person } = await m.conversations.dictated;
    const { isBeside, stopTrack } = await playBeside(m, person);
    const steerTrack = (action: string, body = {}) =>
      m.askProgram(`/tracks/round/${action}`, body);
    const tones = [600, 1_500] as const;
    const sinceMs = realClock.nowMs();
    await m.askProgram('/tracks', {
      sound: m.tones.formatAddress(tones, 400),
      track: 'round',
    });
    await steerTrack('loop', { on: true });
    const rounds = [...tones, ...tones, ...tones, ...tones];
    await retryUntilHeld(() =>
      expect(listOrder(listHeardTones(person, sinceMs), tones).slice(0, 8)).toEqual(
        rounds,
      ),
    );
    const endedMs = realClock.nowMs();
    await commandReply(person, 'track loop', { mode: 'off', track: 'round' });
    await retryUntilHeld(async () =>
      expect(await m.findTrack('round')).not.toHaveProperty('current'),
    );
    await m.askProgram('/tracks', {
      sound: m.tones.formatAddress([800], 60_000),
      track: 'round',
    });
    await m.askProgram('/tracks', {
      sound: m.tones.formatAddress([600], 60_000),
      track: 'round',
    });
    await waitForTone(person, 800, sinceMs);
    // The round that played went on to its end, and was the last. Its beginning may have been on its way.
    const lastRound = listOrder(listHeardTones(person, endedMs), tones);
    expect([lastRound.length < 4, lastRound.at(-1)], `${lastRound}`).toEqual([
      true,
      1_500,
    ]);
    await steerTrack('stop');
    const stopped = await hearFor(person, 800);
    expect([listOrder(stopped, [600, 800, 1_500]), isBeside(stopped)]).toEqual([
      [],
      true,
    ]);
    await stopTrack();
  });
}

/** Declares the line about commands to all tracks, by what a person hears of each. */
export function declareAllLines(line: Line): void {
  line('and all', async (m) => {
    const { person } = await m.conversations.audioModel;
    const tones = { left: 800, right: 1_800 } as const;
    for (const [track, hz] of Object.entries(tones) as readonly (readonly [
      string,
      Tone,
    ])[])
      await commandReply(person, 'track play', {
        sound: m.tones.formatAddress([hz], 120_000),
        track,
      });
    const steerTracks = (action: string, options = {}) =>
      commandReply(person, `track ${action}`, { track: 'all', ...options });
    let plainShare = 0;
    const hearTones = async () => {
      const rows = await hearFor(person, 600);
      plainShare ||= measureShare(rows, tones.left);
      return Object.values(tones).map((hz) => measureShare(rows, hz) > minPlainShare);
    };
    expect(await hearTones()).toEqual([true, true]);
    await steerTracks('pause');
    expect(await hearTones()).toEqual([false, false]);
    await steerTracks('resume');
    expect(await hearTones()).toEqual([true, true]);
    await steerTracks('mute');
    expect(await hearTones()).toEqual([false, false]);
    await steerTracks('unmute');
    expect(await hearTones()).toEqual([true, true]);
    const fadedMs = realClock.nowMs();
    await steerTracks('volume', { level: 20, seconds: 1 });
    await passSharedTime(500);
    expect(await hearTones()).toEqual([false, false]);
    const fading = listHeardTones(person, fadedMs);
    for (const hz of Object.values(tones))
      expect(measureFadeMs(fading, hz, plainShare, 0.9)).toBeGreaterThan(200);
    await steerTracks('volume', { level: 100 });
    expect(await hearTones()).toEqual([true, true]);
    await steerTracks('stop');
    expect(await hearTones()).toEqual([false, false]);
  });
}

/** Declares the lines about waits for the end of a sound, each by what a person has heard by then. */
export function declareWaitLines(line: Line): void {
  line('wait() for the end of a sound, from commands', async (m) => {
    const { person } = await m.conversations.chained;
    const end = 'completed';
    const title = '1500-2200x60000.wav';
    const sound = m.tones.formatAddress([1_500, 2_200], 60_000);
    const sinceMs = realClock.nowMs();
    const playing = commandReply(person, 'track play', { sound, wait: true });
    await waitForTone(person, 1_500, sinceMs);
    await commandReply(person, 'track seek', { to: '1:58' });
    const { text } = await playing;
    expect(text).toBe(formatText('track.ended', { title, end }));
    const heardMs = measureHeardMs(person, 2_200, sinceMs);
    expect(heardMs).toBeGreaterThan(1_800);
    await passSharedTime(settleMs);
    expect(measureHeardMs(person, 2_200, sinceMs) - heardMs).toBeLessThan(200);
    const sentence = 'A short sentence.';
    const spoken = await commandReply(person, 'say', { text: sentence, wait: true });
    expect(spoken.text).toBe(formatText('track.ended', { title: sentence, end }));
  });

  line('and over HTTP', async (m) => {
    const { person } = await m.conversations.dictated;
    const sinceMs = realClock.nowMs();
    const playAndWait = async (track: string, address: string) =>
      JSON.parse(
        await m.askProgram('/tracks', { sound: address, track, wait: true }),
      ) as object;
    const played = playAndWait('news', m.tones.formatAddress([1_800], 1_500));
    const skipped = playAndWait('skipped', m.tones.formatAddress([1_200], 60_000));
    const stopped = playAndWait('stopped', m.tones.formatAddress([2_200], 60_000));
    const broken = playAndWait('broken', m.tones.formatAddress([1_000], 2_000, 'half'));
    await waitForTone(person, 1_800, sinceMs);
    const text = 'A short sentence.';
    const spoken = m.askProgram('/say', { text, track: 'news', wait: true });
    expect(await played).toMatchObject({ track: 'news', ended: 'completed' });
    expect(measureHeardMs(person, 1_800, sinceMs)).toBeGreaterThan(1_300);
    for (const hz of [1_200, 2_200] as const) await waitForTone(person, hz, sinceMs);
    await m.askProgram('/tracks/skipped/skip', {});
    await m.askProgram('/tracks/stopped/stop', {});
    expect(await skipped).toMatchObject({ track: 'skipped', ended: 'skipped' });
    expect(await stopped).toMatchObject({ track: 'stopped', ended: 'stopped' });
    expect(await broken).toMatchObject({ track: 'broken', ended: 'failed' });
    // A text behind a sound ends by itself, later than the sound.
    expect(JSON.parse(await spoken)).toMatchObject({
      track: 'news',
      ended: 'completed',
    });
    const lastMs =
      listHeardTones(person, sinceMs).findLast(({ tones }) =>
        tones.some(({ hz }) => hz === 1_800),
      )?.atMs ?? Infinity;
    expect(countLoudMs(person, lastMs)).toBeGreaterThan(
      getDurationMs(toneOf([text])) - 200,
    );
  });
}

/** Place, in ms, in the sound that a track plays, as programs read it. */
async function findPositionMs(m: Mission, track: string) {
  const found = (await m.findTrack(track)) ?? expect.fail();
  return (found.current as { readonly positionMs: number }).positionMs;
}

/** Time, in ms, for which a tone was louder than at one end of its fade and softer than at the other. */
function measureFadeMs(
  rows: readonly HeardTones[],
  hz: Tone,
  plain: number,
  maxShare: number,
) {
  const isBetween = ({ tones }: HeardTones) => {
    const share = (tones.find((tone) => tone.hz === hz)?.share ?? 0) / plain;
    return share > 0.5 && share < maxShare;
  };
  return 20 * rows.filter(isBetween).length;
}

/** Time, in ms, for which a person has heard anything since then. */
function countLoudMs({ heard }: SandboxPerson, sinceMs: number) {
  return 20 * heard.frames.filter(({ atMs, loud }) => loud && atMs > sinceMs).length;
}
