import type { UtteranceFollower } from '#src/conversation/hearing/utterance-observer.ts';
import { CaptionMessages } from '#src/features/captions/caption-messages.ts';
import { transcriptFiles } from '#src/features/captions/files/transcript-file.ts';
import { CaptionLayout } from '#src/features/captions/live/caption-layout.ts';
import type { TranscriptLine, TranscriptSession } from '#src/features/captions/transcript-line.ts';
import { TranscriptRecorder } from '#src/features/captions/transcript-recorder.ts';
import { UtteranceLines } from '#src/features/captions/utterance-lines.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';
import { FakeCaptionChat } from '#test/fakes/caption-chats.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { type ReadCue, readSrt, readVtt } from '#test/features/captions/files/subtitle-readers.ts';
import { captionEvents, simulateTalk, type TalkUtterance } from './utterances.ts';

export const talkHead = ['read back from', 'utterances', 'wrong', 'twice', 'target'] as const;

const talkOfTen = {
  ...{ people: 10, overlapping: 0.3, lateMs: 5_000, failing: 0.02, wordless: 0.05, pauseMs: 700 },
};
const session: TranscriptSession = {
  id: 'talk',
  guildId: '10',
  channelId: '100',
  channelName: 'Lounge',
  placeId: '100',
  startedAtWallMs: Date.UTC(2026, 10, 1),
  catchUp: true,
};
const texts = { notUnderstood: '(not understood)', stopped: '(stopped)', unnamed: 'somebody' };
const exactMs = 100;
const calmMs = 60_000;

/** A line of whatever is read back. */
type ReadLine = {
  readonly speaker: string;
  readonly text: string;
  /** Where it tells: first and last instant, in ms of the session. */
  readonly times?: readonly [number, number];
};

/** Talk of ten people, through everything from the recogniser on, read back from messages, store and files. */
export async function talkRows(count = 1_000, seed = 7): Promise<readonly (readonly string[])[]> {
  const talk = simulateTalk({ ...talkOfTen, count, seed });
  const { messages, lines } = await writeDown(talk);
  const file = (format: 'srt' | 'vtt') =>
    transcriptFiles(format, { session, lines })[0]?.text ?? '';
  const stored = lines.map(({ speaker, text, startMs, endMs }): ReadLine => {
    return { speaker: speaker.name, text, times: [startMs, endMs] };
  });
  return [
    row('messages', talk, messages),
    row('transcript', talk, stored),
    row('srt, by a foreign parser', talk, joined(readSrt(file('srt')))),
    row('vtt, by a foreign parser', talk, joined(await readVtt(file('vtt')))),
  ];
}

async function writeDown(talk: readonly TalkUtterance[]) {
  const clock = new VirtualClock();
  const startedAtMs = clock.nowMs();
  await using store = await openLocalTranscripts(':memory:', { clock });
  const recorder = new TranscriptRecorder({
    session,
    startedAtMs,
    writer: store.writer,
    clock,
    onFailed: (error) => {
      throw error;
    },
    onSaved: () => undefined,
  });
  const chat = new FakeCaptionChat('100', clock);
  const live = new CaptionMessages({
    chat,
    layout: new CaptionLayout({ startedAtWallMs: 0, texts }),
    clock,
    onPlaced: () => undefined,
    onDeleted: () => undefined,
    onTrouble: () => undefined,
    onShown: () => undefined,
  });
  const written = new UtteranceLines({
    ...{ recorder, live, fromMs: startedAtMs, botName: 'Nova', confidential: '' },
    mayWrite: () => true,
    isBrief: () => false,
    onFinal: () => undefined,
  });
  for (const { atMs, run } of stepsOf(talk, written, startedAtMs)) {
    await clock.advance(Math.max(0, startedAtMs + atMs - clock.nowMs()));
    run();
  }
  await clock.advance(calmMs);
  await recorder.end();
  const audience = [{ personId: '9', openPlaceIds: ['100'] }] as const;
  const lines: readonly TranscriptLine[] = await store.reader.lines(session.id, audience);
  return { lines, messages: chat.lines.map(readLine) };
}

/** Steps of hearing for each utterance, in order of time. */
function stepsOf(talk: readonly TalkUtterance[], written: UtteranceLines, startedAtMs: number) {
  const followers = new Map<number, UtteranceFollower | undefined>();
  const begins = talk.map(({ number, personId: speakerId, name, startMs }) => ({
    atMs: startMs,
    run: () => {
      const begun = { speakerId, name, fromMs: startedAtMs + startMs };
      followers.set(number, written.began(begun));
    },
  }));
  const byNumber = new Map(talk.map((one) => [one.number, one]));
  const reported = captionEvents(talk).map(({ atMs, line }) => ({
    atMs,
    run: () => {
      const [follower, one] = [followers.get(line.number), byNumber.get(line.number)];
      if (!follower || !one) throw new Error('An utterance was told of before it began.');
      if (line.state === 'partial') follower.partial(line.text);
      else if (line.state === 'whole') follower.whole(line.text);
      else follower.ended({ ...contentOf(one), ...spanOf(one, startedAtMs), meant: false });
    },
  }));
  return [...begins, ...reported].sort((a, b) => a.atMs - b.atMs);
}

function contentOf({ outcome, text }: TalkUtterance) {
  if (outcome === 'final') return { kind: 'text', transcript: { text } } as const;
  return { kind: outcome } as const;
}

function spanOf({ startMs, endMs }: TalkUtterance, startedAtMs: number) {
  return { fromMs: startedAtMs + startMs, toMs: startedAtMs + endMs };
}

function readLine(shown: string): ReadLine {
  const [, speaker = '', words = ''] = /^\*\*(.+?)\*\* (?:<t:\d+:T> )?(.*)$/.exec(shown) ?? [];
  return { speaker, text: words };
}

/** Cues of one utterance as one line: a long one is shown in several, of which the last has its last word. */
function joined(cues: readonly ReadCue[]): readonly ReadLine[] {
  const lines: ReadLine[] = [];
  const open = new Map<string, ReadCue>();
  for (const cue of cues) {
    const first = open.get(cue.speaker) ?? cue;
    open.set(cue.speaker, first);
    if (!lastWord.test(cue.text) && cue.text !== texts.notUnderstood) continue;
    lines.push({ speaker: cue.speaker, text: cue.text, times: [first.startMs, cue.endMs] });
    open.delete(cue.speaker);
  }
  return lines.sort((a, b) => (a.times?.[0] ?? 0) - (b.times?.[0] ?? 0));
}

const lastWord = /\bw(\d+)x\b/;

/** Utterances whose speaker, order or times are wrong, or that are missing, and those that are there twice. */
function row(what: string, talk: readonly TalkUtterance[], lines: readonly ReadLine[]) {
  const wanted = talk.filter(({ outcome }) => outcome === 'final');
  const found = lines.flatMap((line) =>
    [...line.text.matchAll(/\bw(\d+)x\b/g)].map(([, digits]) => ({ line, number: Number(digits) })),
  );
  const order = new Map(found.map(({ number }, at) => [number, at]));
  const wrong = wanted.filter((one, n) => {
    const at = order.get(one.number);
    const former = order.get(wanted[n - 1]?.number ?? 0) ?? -1;
    const line = at === undefined ? undefined : found[at]?.line;
    return !line || line.speaker !== one.name || (at ?? 0) < former || !isInTime(one, line);
  });
  const failed = talk.filter(({ outcome }) => outcome === 'not-understood').length;
  const reported = lines.filter(({ text }) => text === '' || text === texts.notUnderstood).length;
  const wrongCount = wrong.length + Math.abs(failed - reported);
  const twice = found.length - order.size;
  return [what, `${wanted.length + failed}`, `${wrongCount}`, `${twice}`, '0 wrong, 0 twice'];
}

function isInTime({ startMs, endMs }: TalkUtterance, { times }: ReadLine): boolean {
  if (!times) return true;
  const [fromMs, toMs] = times;
  return Math.abs(fromMs - startMs) <= exactMs && Math.abs(toMs - endMs) <= exactMs;
}
