import { soundBytes, tone } from '#test/fakes/providers/sound.ts';

/** Sound of `text` from a server: whole sentences where it speaks one after the other. */
export function samplesOf(text: string, rateHz: number): Buffer {
  return soundBytes(tone(text, rateHz), rateHz, 'pcm');
}

/** The header that ffmpeg and PyAV write into a pipe: sizes nobody knows, a `LIST` chunk, samples from byte 78 on. */
export function pipedHeader(rateHz: number): Buffer {
  const plain = soundBytes(new Int16Array(0), rateHz, 'wav');
  const list = Buffer.alloc(34);
  list.write('LIST', 0, 'latin1');
  list.writeUInt32LE(26, 4);
  list.write('INFOISFT', 8, 'latin1');
  list.writeUInt32LE(14, 16);
  list.write('Lavf61.7.100', 20, 'latin1');
  return Buffer.concat([plain.subarray(0, 36), list, plain.subarray(36)]);
}
