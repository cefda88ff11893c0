import { expect, test } from 'vitest';
import type { Frame, FrameSource } from '#src/audio/frame.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import { isSilenceFrame } from '#src/audio/opus/opus-codec.ts';
import type { MayHear, VoiceLink } from '#src/ports/voice-link.ts';

/** An open link with exactly one person at its far end. */
export interface LinkSetup extends AsyncDisposable {
  readonly link: VoiceLink;
  readonly speakerId: string;
  /** Ten voiced frames or more; resolves when they have left. */
  speak(): Promise<void>;
  /** Lets `ms` of the link's time pass. */
  pass(ms: number): Promise<void>;
  /** Number of the bot's voiced frames that the person has received. */
  getHeard(): number;
  /** Takes the link away from outside. */
  lose(): void;
}

/** 20 ms of sound, as playback hands it over; `n` tells the frames apart. */
export type MakeFrame = (n: number) => Frame;

type OpenLinkSetup = (mayHear: MayHear) => Promise<LinkSetup>;

/** Contract of every VoiceLink, real or fake. */
export function testVoiceLink(name: string, open: OpenLinkSetup, frame: MakeFrame) {
  testHearing(name, open);
  testSpeaking(name, open, frame);
  testEnding(name, open, frame);
}

function testHearing(name: string, open: OpenLinkSetup) {
  test(`${name}: an aborted hear throws the caller's own reason`, async () => {
    await using setup = await open(() => true);
    const reason = new Error('left');
    const heard = setup.link
      .receivePackets(AbortSignal.abort(reason))
      [Symbol.asyncIterator]();
    await expect(heard.next()).rejects.toBe(reason);
  });

  test(`${name}: packets come from their speaker, in order of sequence`, async () => {
    await using setup = await open(() => true);
    const heardPackets = await collectPackets(setup, () => setup.speak());
    const voiced = heardPackets.filter(({ opus }) => !isSilenceFrame(opus));
    expect(voiced.length).toBeGreaterThanOrEqual(8);
    expect(new Set(heardPackets.map(({ speakerId }) => speakerId))).toEqual(
      new Set([setup.speakerId]),
    );
    const steps = heardPackets
      .slice(1)
      .map((packet, n) => measureStep(heardPackets[n], packet));
    expect(steps.every((each) => each > 0 && each < 10)).toBe(true);
  });

  test(`${name}: of people who may not be heard nothing comes but that they send`, async () => {
    await using setup = await open(() => false);
    const senders: string[] = [];
    setup.link.onUnheard((speakerId) => senders.push(speakerId));
    expect(await collectPackets(setup, () => setup.speak())).toEqual([]);
    expect(senders.length).toBeGreaterThanOrEqual(8);
    expect(new Set(senders)).toEqual(new Set([setup.speakerId]));
  });
}

function testSpeaking(name: string, open: OpenLinkSetup, frame: MakeFrame) {
  test(`${name}: frames that are played are heard, and reported as left, once each`, async () => {
    await using setup = await open(() => true);
    const source = new CountedFrames(10, frame);
    setup.link.playFrames(source).wake();
    await passUntil(setup, () => setup.getHeard() >= 10);
    expect(source.departed.map(({ frame }) => frame)).toEqual(source.all);
    expect(setup.getHeard()).toBe(10);
  });
}

function testEnding(name: string, open: OpenLinkSetup, frame: MakeFrame) {
  test(`${name}: closing it ends hearing, and nothing more is taken`, async () => {
    await using setup = await open(() => true);
    const source = new CountedFrames(100, frame);
    setup.link.playFrames(source).wake();
    const heard = setup.link
      .receivePackets(new AbortController().signal)
      [Symbol.asyncIterator]();
    const next = heard.next();
    await setup.link[Symbol.asyncDispose]();
    await expect(next).resolves.toMatchObject({ done: true });
    const taken = source.taken;
    await setup.pass(100);
    expect(source.taken).toBe(taken);
  });

  test(`${name}: hearing ends with link.lost when the link is taken away`, async () => {
    await using setup = await open(() => true);
    const heard = setup.link
      .receivePackets(new AbortController().signal)
      [Symbol.asyncIterator]();
    const next = heard.next();
    setup.lose();
    await expect(next).rejects.toMatchObject({ code: 'link.lost' });
  });
}

/** A source with so many frames, that notes what was taken and what left. */
class CountedFrames implements FrameSource {
  readonly isIdle = true;
  readonly all: readonly Frame[];
  readonly departed: Array<{ readonly frame: Frame; readonly atMs: number }> = [];
  taken = 0;

  constructor(count: number, frame: MakeFrame) {
    this.all = Array.from({ length: count }, (_, n) => frame(n));
  }

  pullFrame() {
    const frame = this.all[this.taken];
    if (frame) this.taken++;
    return frame;
  }

  markSent(frame: Frame, atMs: number) {
    this.departed.push({ frame, atMs });
  }
}

/** Everything heard until a little after `work` is done. */
async function collectPackets(setup: LinkSetup, work: () => Promise<void>) {
  const heardPackets: Packet[] = [];
  const stop = new AbortController();
  const hearing = (async () => {
    for await (const packet of setup.link.receivePackets(stop.signal))
      heardPackets.push(packet);
  })();
  await work();
  await setup.pass(100);
  stop.abort();
  await hearing.catch(() => {});
  return heardPackets;
}

/** From one RTP sequence to the next, over its wrap. */
function measureStep(
  before: Pick<Packet, 'sequence'> | undefined,
  after: Pick<Packet, 'sequence'>,
) {
  return (after.sequence - (before?.sequence ?? 0)) & 0xffff;
}

/** Lets time pass, three seconds at most. */
async function passUntil(setup: LinkSetup, condition: () => boolean) {
  for (let n = 0; n < 30 && !condition(); n++) await setup.pass(100);
}
