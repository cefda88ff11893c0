import { expect } from 'vitest';
import { type TextId, text } from '#src/texts/texts.ts';
import { eventually, scenario } from '#test/scenarios/setup/scenario-setup.ts';
import { long, openPlaying, steer } from '#test/scenarios/setup/track-endings.ts';

scenario(
  'a person who waits reads how a text and a sound ended, in the reply to their command',
  async () => {
    await using playing = await openPlaying();
    const { adam, link, setup } = playing;
    const ends = async (
      line: string,
      words: Record<string, string | boolean>,
      id: TextId,
      reported: Record<string, string>,
      act?: () => Promise<void>,
    ) => {
      const asked = adam.command(line, { ...words, wait: true });
      await eventually(() => expect(asked.reply?.text).toBeDefined());
      await act?.();
      await eventually(() => expect(asked.reply?.text).toBe(text(id, reported)));
    };
    const short = { title: '“Hi there.”' };
    const title = `“${long.slice(0, 40).trim()}…”`;
    for (const [words, track] of [
      [{}, 'voice'],
      [{ track: 'news' }, 'news'],
    ] as const) {
      await ends('say', { text: 'Hi there.', ...words }, 'ended.completed', short);
      const skip = () => steer(adam, 'skip', track);
      await ends('say', { text: long, ...words }, 'ended.skipped', { title }, skip);
      const stop = () => steer(adam, 'stop', track);
      await ends('say', { text: long, ...words }, 'ended.asked', { title }, stop);
    }
    await ends('track play', { sound: 'bell' }, 'ended.completed', { title: 'bell' });
    const rain = { title: 'rain' };
    await ends('track play', { sound: 'rain' }, 'ended.skipped', rain, () =>
      steer(adam, 'skip', 'main'),
    );
    const looped = { sound: 'rain', loop: true };
    await ends('track play', looped, 'ended.asked', rain, () => steer(adam, 'stop', 'main'));
    await ends('track play', { sound: link }, 'ended.failed', {
      title: 'storm.wav',
      reason: text('track.bad.unreachable'),
    });
    setup.providers.set({ trouble: { speech: 'error-500' } });
    const reason = text('track.bad.voice');
    for (const words of [{}, { track: 'news' }])
      await ends('say', { text: 'Hi there.', ...words }, 'ended.failed', { ...short, reason });
  },
);
