/** Kinds of frames over `/room/sound`, by their first byte. */
const kinds = { pcm: 2, heardPcm: 4, end: 5 } as const;
/** Kind, sequence (u32), instant (f64, ms). All numbers are little-endian. */
const headBytes = 13;
/** 20 ms at 48 kHz mono. */
const frameSamples = 960;
/** A longer frame is none of 20 ms. */
const mostBytes = 4 * 1024;

/** Why a WebSocket of the room ends: a code of RFC 6455 or of ours, and one sentence. */
export type BrowserClose = { readonly code: number; readonly reason: string };

const closes = {
  text: { code: 1003, reason: 'Sound comes as binary frames.' },
  big: { code: 1009, reason: 'A frame of sound is at most 4 KiB.' },
  kind: { code: 1007, reason: 'A frame of sound is of kind 2 (PCM) or 5 (the end).' },
  pcm: { code: 1007, reason: 'A frame of kind 2 is 20 ms of 16 bit PCM at 48 kHz mono.' },
} as const;

export type SoundFrame =
  | { readonly kind: 'sound'; readonly sound: Int16Array }
  /** The microphone is spoken into no more, for now. */
  | { readonly kind: 'end' }
  | ({ readonly kind: 'malformed' } & BrowserClose);

/** Reads a frame of the page's microphone. Never throws. */
export function readSoundFrame(data: unknown): SoundFrame {
  if (!(data instanceof ArrayBuffer)) return malformed('text');
  if (data.byteLength > mostBytes) return malformed('big');
  const bytes = Buffer.from(data);
  if (data.byteLength === headBytes && bytes[0] === kinds.end) return { kind: 'end' };
  const payload = bytes.subarray(headBytes);
  if (bytes[0] !== kinds.pcm) return malformed('kind');
  if (payload.length !== frameSamples * 2) return malformed('pcm');
  return { kind: 'sound', sound: samplesOf(payload) };
}

/** 20 ms of 48 kHz mono that the page is to play. */
export function writeHeardFrame(
  sequence: number,
  atMs: number,
  samples: Int16Array,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(headBytes + samples.length * 2);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, kinds.heardPcm);
  view.setUint32(1, sequence >>> 0, true);
  view.setFloat64(5, atMs, true);
  for (const [n, sample] of samples.entries()) view.setInt16(headBytes + n * 2, sample, true);
  return bytes;
}

function samplesOf(payload: Buffer): Int16Array {
  const samples = new Int16Array(payload.length / 2);
  for (let n = 0; n < samples.length; n++) samples[n] = payload.readInt16LE(n * 2);
  return samples;
}

function malformed(what: keyof typeof closes): SoundFrame {
  return { kind: 'malformed', ...closes[what] };
}
