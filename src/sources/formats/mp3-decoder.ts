import { MPEGDecoder } from 'mpg123-decoder';
import { type Decoder, interleavePcm, type Skip } from '#src/sources/decode/decoder.ts';
import { createMp3Frames, type Mp3Frame } from './mp3-frames.ts';

/** A frame may use up to 511 bytes of the frames before it. */
const preRollMs = 300;

/** Opens MP3. Frames far before the wanted position are skipped. */
export async function openMp3(skip: Skip): Promise<Decoder> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const frames = createMp3Frames();
  let hasFirst = false;
  const isNear = ({ header, bytes }: Mp3Frame) => {
    const isFirst = !hasFirst;
    hasFirst = true;
    // This frame is silent, but tells the decoder the padding to cut.
    const isReport = ['Xing', 'Info'].some((mark) => bytes.includes(mark, 0, 'latin1'));
    if (isFirst && isReport) return true;
    return !skip.skipIfFar((header.samples / header.rateHz) * 1000, preRollMs);
  };
  const decodeFrames = (some: readonly Mp3Frame[]) => {
    const near = some.filter(isNear).map(({ bytes }) => bytes);
    if (near.length === 0) return [];
    const { channelData, sampleRate } = decoder.decode(Buffer.concat(near));
    return interleavePcm(channelData, sampleRate);
  };
  return {
    push: (bytes) => decodeFrames(frames.push(bytes)),
    end: () => decodeFrames(frames.end()),
    free: () => decoder.free(),
  };
}
