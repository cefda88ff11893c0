import { expect } from 'vitest';
import { getDurationMs } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  expireSoon,
  passSharedTime,
  retryUntilHeld,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';
import {
  type HeardTones,
  listHeardTones,
  listOrder,
  measureShare,
  type Tone,
} from './heard-tones.ts';
import {
  hearFor,
  highTonesHz,
  type Line,
  playBeside,
  settleMs,
  waitForTone,
} from './track-lines.ts';

const isOf =
  (hz: Tone) =>
  ({ tones }: HeardTones) =>
    tones.some((tone) => tone.hz === hz);

/** Declares the lines about sounds in a queue and texts on it, each by what a person hears. */
export function declareSoundLines(line: Line): void {
  line(
    'a sound put first, left out, skipped, looped or soft from its beginning',
    async (m) => {
      const { person } = await m.conversations.dictated;
      const sinceMs = realClock.nowMs();
      const playTone = (hz: Tone, ms: number, more = {}) =>
        m.askProgram('/tracks', {
          sound: m.tones.formatAddress([hz], ms),
          track: 'order',
          ...more,
        });
      await playTone(1_000, 120_000);
      await playTone(1_200, 700);
      await playTone(1_500, 700);
      await playTone(1_800, 700, { next: true });
      await waitForTone(person, 1_000, sinceMs);
      await m.askProgram('/tracks/order/remove', { item: '1200x700.wav' });
      const listed = await m.findTrack('order');
      expect(listed?.waiting).toMatchObject([
        { title: '1800x700.wav' },
        { title: '1500x700.wav' },
      ]);
      await m.askProgram('/tracks/order/skip', {});
      await retryUntilHeld(async () =>
        expect(await m.findTrack('order')).not.toHaveProperty('current'),
      );
      await passSharedTime(settleMs);
      const heard = listOrder(listHeardTones(person, sinceMs), highTonesHz);
      expect(heard).toEqual([1_000, 1_800, 1_500]);
      const plain = measureShare(
        listHeardTones(person, sinceMs).filter(isOf(1_500)),
        1_500,
      );
      await playTone(2_200, 400, { percent: 40, loop: true });
      const rows = await hearFor(person, 2_000);
      const soft = measureShare(rows, 2_200) / plain;
      expect([soft > 0.3, soft < 0.5]).toEqual([true, true]);
      await m.askProgram('/tracks/order/stop', {});
      await m.askProgram('/tracks/order/volume', { percent: 100 });
    },
  );

  line('a text on a named track, at its speed and by its voice', async (m) => {
    const { person } = await m.conversations.dictated;
    const text = 'These words have a track of their own.';
    for (const speed of [1, 2]) {
      const sinceMs = realClock.nowMs();
      const request = { text, track: 'words', speed, voice: 'coral', wait: true };
      const placed = JSON.parse(await m.askProgram('/say', request));
      expect(placed).toMatchObject({ track: 'words', ended: 'completed' });
      await passSharedTime(settleMs);
      const { pcm } = await person.listen(
        { sinceMs, quietMs: settleMs, timeoutMs: 10_000 },
        expireSoon(),
      );
      const expected = toneOf([text]);
      expect((getDurationMs(pcm) * speed) / getDurationMs(expected)).toBeCloseTo(1, 0);
      if (speed === 1) await expectAlike(pcm, expected);
    }
    expect(m.voice.requests.at(-1)).toMatchObject({ input: text, voice: 'coral' });
  });

  line('softer while the bot speaks, and as loud as before after it', async (m) => {
    const { person } = await m.conversations.dictated;
    const { isBeside, stopTrack } = await playBeside(m, person);
    const plain = measureShare(await hearFor(person, 500), 2_600);
    const sinceMs = realClock.nowMs();
    const text = 'The music is soft as long as these words are said.';
    await m.askProgram('/say', { text, wait: true });
    const spoken = listHeardTones(person, sinceMs);
    const { length } = spoken.filter(({ tones }) => {
      const share = (tones.find(({ hz }) => hz === 2_600)?.share ?? 0) / plain;
      return share > 0.1 && share < 0.35;
    });
    expect(20 * length).toBeGreaterThan(1_000);
    expect(isBeside(await hearFor(person, 500))).toBe(true);
    await stopTrack();
  });
}
