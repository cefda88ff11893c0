import { detectFrames } from '#src/audio/formats/sniff-format.ts';
import { readWav, writeWav } from '#src/audio/formats/wav.ts';
import { countOpusSamples } from '#src/audio/opus/opus-codec.ts';
import { SpeechSoundReader } from '#src/speech/openai/speech-sound-reader.ts';
import { ignoreBotError } from '#test/fuzz/expected-errors.ts';
import { cutInPieces, makeBytes } from '#test/fuzz/fuzz-inputs.ts';
import { makeTarget } from '#test/fuzz/make-target.ts';
import { fc } from '#test/properties.ts';

const samples = Int16Array.from({ length: 30 }, (_, n) => n * 900);
const plain = writeWav({ samples, rateHz: 16_000, channels: 1 });
const stereo = writeWav({ samples, rateHz: 48_000, channels: 2 });
const listed = Buffer.concat([
  plain.subarray(0, 36),
  Buffer.from('LIST\x04\x00\x00\x00INFO', 'latin1'),
  plain.subarray(36),
]);
const endless = Buffer.from(plain).fill(0xff, 40, 44);
const wavs = [plain, stereo, listed, endless, Buffer.concat([plain, stereo])];
const packed = [
  Buffer.from('OggS\0\x02\0\0\0\0\0\0\0\0abcd', 'latin1'),
  Buffer.from('fLaC\0\0\0\x22aaaaaaaaaaaaa', 'latin1'),
  Buffer.from('ID3\x04\0\0\0\0\x02\x01aaaaaaaa', 'latin1'),
  Buffer.from('fffb9064000000000000000000000000fffb9064', 'hex'),
  Buffer.from('fff15080012ffc000000000000000000', 'hex'),
  Buffer.from('raw samples and no head at all'),
];

const types = [
  '',
  'audio/pcm',
  'audio/pcm; rate=16000',
  'audio/wav',
  'audio/L16;rate=0099999',
];

export const audioTargets = [
  makeTarget('opus-toc', fc.uint8Array({ maxLength: 20 }), (bytes) => {
    const samples = countOpusSamples(bytes);
    if (!(samples >= 0 && samples <= 5760)) throw new Error(`${samples} samples`);
  }),
  makeTarget('frame-headers', makeBytes([...packed, ...wavs]), (bytes) => {
    detectFrames(bytes);
  }),
  makeTarget('wav-whole', makeBytes(wavs), (bytes) => {
    ignoreBotError(() => readWav(bytes));
  }),
  makeTarget(
    'speech-bytes',
    fc.tuple(
      cutInPieces(makeBytes([...wavs, ...packed])),
      fc.constantFrom(...types),
      fc.boolean(),
    ),
    ([pieces, type, isPackedFine]) => {
      const stream = new SpeechSoundReader(type, isPackedFine);
      ignoreBotError(() => {
        for (const piece of pieces) if (!stream.packedSound) stream.push(piece);
        stream.end();
      });
    },
  ),
];
