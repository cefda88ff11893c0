import { clipFolders } from '#bench/human-clips.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { formatInterruptions, isDetected } from './interruption-report.ts';
import { type OverlapSound, readVoiceSounds } from './overlap-sounds.ts';
import { playOverlaps } from './play-overlaps.ts';

const sounds = await readVoiceSounds(clipFolders.people, await loadOpus(), ({ file }) =>
  file.includes('cmd-026'),
);

test('a sentence over the answer ends it, and a short voice with or without words does not', async () => {
  const played = await playOverlaps(sounds);
  expect(played.map(({ sound }) => sound.kind).sort()).toEqual([
    'backchannel',
    'interruption',
    'wordless voice',
  ]);
  for (const each of played)
    expect(isDetected(each)).toBe(each.sound.kind === 'interruption');
  for (const { backMs = 0 } of played) expect(backMs).toBeLessThanOrEqual(240);
  expect(formatInterruptions(played)).toContain('100 %');
});

test('an end of the answer counts up to 3 s after the sound began', () => {
  const sound = sounds[0] as OverlapSound;
  const played = { sound, saidAfterMs: 1_500, isDucked: true };
  expect(isDetected({ ...played, endedMs: 3_000 })).toBe(true);
  expect(isDetected({ ...played, endedMs: 3_020 })).toBe(false);
  expect(isDetected(played)).toBe(false);
});
