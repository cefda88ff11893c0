/** What can be decoded. */
export type Format = 'wav' | 'mp3' | 'ogg-opus';

export type Sniffed =
  | { readonly kind: 'format'; readonly format: Format }
  /** Something else; `what` for the operator, where it is known. */
  | { readonly kind: 'foreign'; readonly what: string }
  /** Too little to tell. */
  | { readonly kind: 'more' };

/** So much tells every format apart: an Ogg page names its codec at byte 28. */
const sniffBytes = 36;

/**
 * What a file is by its first bytes, whatever it is called: a decoder makes loud noise of what is not its own.
 *
 * Less than `sniffBytes` may be given where the file is shorter.
 */
export function sniff(head: Uint8Array, isWhole: boolean): Sniffed {
  if (head.length < sniffBytes && !isWhole) return { kind: 'more' };
  const text = Buffer.from(head.subarray(0, sniffBytes)).toString('latin1');
  if (/^(RIFF|RF64)/.test(text)) return { kind: 'format', format: 'wav' };
  if (text.startsWith('OggS')) return ogg(text);
  if (text.startsWith('ID3') || isMpegFrame(head)) return { kind: 'format', format: 'mp3' };
  return { kind: 'foreign', what: nameOf(text) };
}

function ogg(text: string): Sniffed {
  if (text.startsWith('OpusHead', 28)) return { kind: 'format', format: 'ogg-opus' };
  if (text.startsWith('\x01vorbis', 28)) return { kind: 'foreign', what: 'Ogg Vorbis' };
  if (text.startsWith('\x7fFLAC', 28)) return { kind: 'foreign', what: 'Ogg FLAC' };
  return { kind: 'foreign', what: 'an Ogg file of another kind' };
}

/** A header of layer I to III whose fields all mean something; AAC looks alike and is of no layer. */
function isMpegFrame([first = 0, second = 0, third = 0]: Uint8Array): boolean {
  const isSync = first === 0xff && (second & 0xe0) === 0xe0;
  const [version, layer] = [(second >> 3) & 3, (second >> 1) & 3];
  const [bitrate, rate] = [third >> 4, (third >> 2) & 3];
  return isSync && version !== 1 && layer !== 0 && bitrate !== 15 && rate !== 3;
}

function nameOf(text: string): string {
  if (text.startsWith('fLaC')) return 'FLAC';
  if (text.startsWith('ftyp', 4)) return 'MP4';
  if (text.startsWith('\x1a\x45\xdf\xa3')) return 'WebM';
  return text === '' ? 'an empty file' : 'no sound file';
}
