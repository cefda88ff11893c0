import { expect, test } from 'vitest';
import { loadOpus, openNative } from '#src/audio/opus/load-opus.ts';
import { opusCodecContract } from '#test/contracts/opus-codec.ts';

opusCodecContract('@discordjs/opus', openNative);

test('where @discordjs/opus is installed it is taken first', async () => {
  expect((await loadOpus()).name).toBe('@discordjs/opus');
});
